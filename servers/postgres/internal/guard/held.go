package guard

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/puddle/v2"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// held is the name of the portal from which the pages of an answer come.
const held = "pages"

// Page runs a statement as Query does. Where there are more rows than its answer
// may have, they are held: the cursor is for another Page, and "" where nothing is.
func (s *Source) Page(ctx context.Context, q Query, to Rows) (Answer, string, error) {
	if q.Cursor != "" {
		return s.nextPage(ctx, q, to)
	}
	r, err := s.acquire(ctx)
	if err != nil {
		return Answer{}, "", s.explain(err)
	}
	c := r.Value()
	p := &pages{source: s, owner: ownerOf(ctx), from: r, began: time.Now()}
	p.in = s.intake(q, to)
	p.in.hold = s.held.idle > 0
	if err = s.query(ctx, c, q, p.in, atMost(q.Timeout, s.Timeout)); err == nil && p.in.hold {
		err = p.fill(ctx)
	}
	if err == nil && p.lasts() {
		if cursor := s.held.keep(p, s.Pooled()); cursor != "" {
			return p.in.answer, cursor, nil
		}
	}
	p.end(ctx)
	return p.in.answer, "", s.explain(err)
}

// nextPage hands on the rows that follow those of an earlier page, as one moment
// of the database had them. The cursor is of no use to anybody else, nor twice.
func (s *Source) nextPage(ctx context.Context, q Query, to Rows) (Answer, string, error) {
	p := s.held.take(q.Cursor, s, ownerOf(ctx))
	if p == nil {
		return Answer{}, "", mcpcore.Hint(errors.New("this cursor is none that is held: it was used before, or its rows were let go"),
			"run the query again, from its start; a cursor lasts for "+s.held.idle.String()+", and each page brings a new one")
	}
	rest := p.in.rest
	p.in = &intake{to: to, maxRows: atMost(q.MaxRows, s.MaxRows), maxBytes: atMost(q.MaxBytes, s.MaxBytes), covered: p.in.covered,
		shape: p.in.shape, hold: true, suspended: p.in.suspended, answer: Answer{Tag: p.in.answer.Tag}}
	to.Columns(p.in.shape)
	for _, row := range rest {
		if p.in.take(row) != nil { // more than is kept
			break
		}
	}
	err := p.fill(ctx)
	if err == nil && p.lasts() {
		if cursor := s.held.keep(p, s.Pooled()); cursor != "" {
			return p.in.answer, cursor, nil
		}
	}
	p.end(ctx)
	return p.in.answer, "", s.explain(err)
}

// pages are the rows of a statement that are to come.
type pages struct {
	source *Source
	owner  string
	from   *puddle.Resource[*session]
	in     *intake // of the last page
	began  time.Time

	cursor string
	idle   *time.Timer
}

// lasts reports whether there are more rows, and they can be had.
func (p *pages) lasts() bool {
	in := p.in
	return in.hold && in.answer.More && in.answer.Rows > 0 && !p.from.Value().dead && time.Since(p.began) < longestHeld
}

// longestHeld is how long rows are held however often a page is read: meanwhile
// the server cannot clear away what has been deleted.
const longestHeld = 10 * time.Minute

// fill gets as many rows as the page takes.
func (p *pages) fill(ctx context.Context) error {
	in, c := p.in, p.from.Value()
	if !in.suspended || in.answer.More {
		return nil
	}
	stop := c.watch(ctx)
	defer stop()
	for in.suspended && in.hold && !in.answer.More {
		c.fetch(held, in.wanted())
		c.front.SendSync(&pgproto3.Sync{})
		if err := c.front.Flush(); err != nil {
			return c.lost(ctx, err)
		}
		if err := c.read(ctx, in); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// wanted is how many rows to ask for: those that are missing, and one to know
// whether there are more; but, as rows can be large, not many more than those so
// far let expect to be handed on.
func (in *intake) wanted() int {
	missing := in.maxRows + 1 - in.answer.Rows
	if in.answer.Rows == 0 {
		return min(missing, fewRows)
	}
	average := max(1, in.bytes/in.answer.Rows)
	return max(1, min(missing, (in.maxBytes-in.bytes)/average+fewRows))
}

// fewRows are asked for while nothing is known of their size.
const fewRows = 64

// keep keeps a row for another page, if there is to be one.
func (in *intake) keep(values [][]byte, size int) error {
	if !in.hold {
		return nil
	}
	if in.restBytes += size; in.restBytes > restTimes*in.maxBytes {
		in.hold, in.rest = false, nil
		return errEnough
	}
	row := make([][]byte, len(values))
	for i, v := range values {
		if v != nil {
			row[i] = append([]byte{}, v...)
		}
	}
	in.rest = append(in.rest, row)
	return nil
}

// restTimes bounds what is kept for another page: so many times what one holds.
const restTimes = 4

// end ends the transaction and gives the connection back.
func (p *pages) end(ctx context.Context) {
	c := p.from.Value()
	if c.open {
		_ = c.abandon(ctx, nil) // or it is lost, and the session with it
	}
	if c.dead {
		p.from.Destroy()
	} else {
		p.from.Release()
	}
}

// cursors are the pages that are held of a database, by cursor.
type cursors struct {
	idle time.Duration // for which they are held; 0: not at all
	most int           // at once

	mu   sync.Mutex
	open map[string]*pages
	shut bool
}

// heldFor is beside the time after which rows are let go here: this process may
// be gone by then.
const heldFor = 10 * time.Second

// heldPooled is how long rows are held by a connection of a pooler.
const heldPooled = 20 * time.Second

// keep holds pages and returns their cursor, or "" where no more can be held. Of
// a pooler's few connections one is held and no more, and not for long.
func (h *cursors) keep(p *pages, pooled bool) string {
	idle, most := h.idle, h.most
	if pooled {
		idle, most = min(idle, heldPooled), 1
	}
	c := p.from.Value()
	c.tell(holdSQL(idle + heldFor))
	if c.step(context.Background()) != nil {
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shut || !h.room(p.owner, most) {
		return ""
	}
	if h.open == nil {
		h.open = map[string]*pages{}
	}
	p.cursor = rand.Text()
	h.open[p.cursor] = p
	p.idle = time.AfterFunc(idle, func() { h.expire(p) })
	return p.cursor
}

// room makes room for one more of an owner, where so many may be held: nobody has
// more than half, and who has some gives up the oldest.
func (h *cursors) room(owner string, most int) bool {
	var own []*pages
	for _, p := range h.open {
		if p.owner == owner {
			own = append(own, p)
		}
	}
	mine := most
	if owner != "" {
		mine = (most + 1) / 2
	}
	if len(h.open) < most && len(own) < mine {
		return true
	}
	if len(own) == 0 {
		return false
	}
	oldest := slices.MinFunc(own, func(a, b *pages) int { return a.began.Compare(b.began) })
	h.drop(oldest)
	return true
}

// drop lets pages go; the lock is held.
func (h *cursors) drop(p *pages) {
	delete(h.open, p.cursor)
	p.idle.Stop()
	p.end(context.Background())
}

func (h *cursors) expire(p *pages) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open[p.cursor] == p {
		h.drop(p)
	}
}

// take takes pages out, for one who is to read on; nil where there are none for
// them.
func (h *cursors) take(cursor string, s *Source, owner string) *pages {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.open[cursor]
	if p == nil || p.source != s || p.owner != owner || !p.idle.Stop() {
		return nil
	}
	delete(h.open, cursor)
	return p
}

// close lets all go.
func (h *cursors) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shut = true
	for _, p := range h.open {
		h.drop(p)
	}
}

// ownerOf is whose the pages of a call are.
func ownerOf(ctx context.Context) string {
	p := caller(ctx)
	if p == nil {
		return ""
	}
	return strconv.Itoa(len(p.ID)) + p.ID
}

// holdSQL has the server end a transaction of which nobody is heard for so long.
func holdSQL(idle time.Duration) script {
	return script(fmt.Sprintf("SET LOCAL idle_in_transaction_session_timeout = %d", idle.Milliseconds()))
}
