package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// statement is what is sent to the server. It always travels by the extended
// protocol, which takes one statement and no more.
type statement struct {
	own       Own             // the whole of it, or what stands before a model's
	model     *gate.Statement // a model's, which the gate has let through, or nil; what it may have left is swept away afterwards
	returning bool            // the model's, with RETURNING
	params    []Param
	rows      int    // most that the server is to send; 0: all
	portal    string // "", or the name under which more rows can be had: the transaction then stays open
}

func (st *statement) text() string {
	switch {
	case st.model == nil:
		return string(st.own)
	case st.returning:
		return st.model.Returning()
	case st.own != "":
		return string(st.own) + st.model.Bare()
	}
	return st.model.SQL()
}

// sink takes what a statement brings.
type sink interface {
	// columns comes first, for statements that bring rows.
	columns(fields []pgproto3.FieldDescription) error
	// row is called for each row; the values are the sink's until it returns.
	// errEnough ends the statement.
	row(values [][]byte) error
	// end is called at last: more rows were there, and the server's own word.
	end(more bool, tag string)
}

// errEnough is a sink's wish for no more rows.
var errEnough = errors.New("enough")

// script is a text of the guard's own: constants, numbers and quoted names.
// Several statements may travel in it at once, so nothing of a model's may.
type script string

// opening is what begins a transaction, a command each.
type opening []script

// script is the opening as one.
func (o opening) script() script {
	all := o[0]
	for _, command := range o[1:] {
		all += "; " + command
	}
	return all
}

// begin is what goes before a statement in its transaction: it is read-only,
// sees one moment, and stops by itself.
func (s *Source) begin(limit time.Duration, role string) opening {
	return s.opening("ISOLATION LEVEL REPEATABLE READ READ ONLY", limit, role)
}

// opening begins a transaction of any kind.
func (s *Source) opening(kind string, limit time.Duration, role string) opening {
	o := append(make(opening, 0, 4), "BEGIN "+script(kind), script("SET LOCAL statement_timeout = "+strconv.FormatInt(max(limit.Milliseconds(), 1), 10)))
	for _, setting := range s.Session {
		name, value, _ := strings.Cut(setting, "=")
		o = append(o, script("SET LOCAL "+name+" = '"+strings.ReplaceAll(value, "'", "''")+"'"))
	}
	if role != "" {
		o = append(o, script("SET LOCAL ROLE "+Quoted(role)))
	}
	return o
}

// run is the way of a statement that need not be looked at first (runLooked is
// the other). It sends, in one go, what goes before it, the statement, and a
// rollback, in one group: where one of them goes wrong, the server passes over
// the others, and answers once. A cancelled ctx stops the server's work.
func (c *session) run(ctx context.Context, st statement, before opening, to sink) (err error) {
	c.sweep()
	stop := c.watch(ctx)
	defer stop()
	for _, command := range before {
		c.command(command)
	}
	c.put("", st)
	c.bind("", st)
	return c.conclude(ctx, st, len(before), to)
}

// conclude sends what is buffered, of a group of which the statement is the
// last, behind so many commands, with the end of the transaction, and takes what
// the statement brings.
func (c *session) conclude(ctx context.Context, st statement, behind int, to sink) error {
	if c.open = st.portal != ""; c.open {
		c.front.SendSync(&pgproto3.Sync{})
	} else {
		c.finish(st.model != nil)
	}
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	r := reading{c: c, to: to, skip: behind, group: !c.open}
	err := r.all(ctx)
	if r.failed && !c.dead { // so the server has passed over the end as well
		return c.abandon(ctx, err)
	}
	return err
}

// finish buffers the end of a transaction, and of a group: what it may have left
// in the session, such as a lock, is forgotten with it. Through a pooler the
// session is somebody else's when the group has ended, and not before.
func (c *session) finish(sweep bool) {
	c.open = false
	c.command("ROLLBACK")
	if sweep {
		c.command("DISCARD ALL")
	}
	c.front.SendSync(&pgproto3.Sync{})
}

// abandon ends the transaction of a statement that is not to run, or has gone
// wrong, and gives back why. Nobody gets the session before it is done.
func (c *session) abandon(ctx context.Context, why error) error {
	if c.dead {
		return why
	}
	c.finish(true)
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	c.owed++
	return why
}

// reads takes several answers, and returns the first error.
func (c *session) reads(ctx context.Context, each ...sink) (first error) {
	for _, to := range each {
		if err := c.read(ctx, to); err != nil && first == nil {
			first = err
		}
		if c.dead {
			return first
		}
	}
	return first
}

// command buffers one command of the guard's own, as a part of a group.
func (c *session) command(s script) {
	c.front.SendParse(&pgproto3.Parse{Query: string(s)})
	c.front.SendBind(&pgproto3.Bind{})
	c.front.SendExecute(&pgproto3.Execute{})
}

// tell buffers a script of the guard's own.
func (c *session) tell(s script) { c.front.SendQuery(&pgproto3.Query{String: string(s)}) }

// sweep waits until the transaction of a statement that went wrong is over.
func (c *session) sweep() {
	if c.owed == 0 || c.dead {
		return
	}
	_ = c.wire.SetReadDeadline(time.Now().Add(sweepTime)) // an error shows with the read
	for ; c.owed > 0 && !c.dead; c.owed-- {
		if c.read(context.Background(), nil) != nil {
			c.dead = true // the transaction may be open
		}
	}
	_ = c.wire.SetReadDeadline(time.Time{}) // an error shows with the next use
}

const sweepTime = 5 * time.Second

// send buffers the messages of one statement.
func (c *session) send(st statement) {
	c.put("", st)
	c.bind("", st)
	c.front.SendSync(&pgproto3.Sync{})
}

// parse buffers a statement that is to be looked at before it runs.
func (c *session) parse(st statement) {
	c.put(looked, st)
	c.front.SendDescribe(&pgproto3.Describe{ObjectType: 'S', Name: looked})
	c.front.SendSync(&pgproto3.Sync{})
}

// put is the way of all SQL of a model's to the server, and there is no other:
// in the protocol that takes one statement and no more, and no text but what the
// gate has let through. A test holds that.
func (c *session) put(name string, st statement) {
	c.front.SendParse(&pgproto3.Parse{Name: name, Query: st.text()})
}

// execute buffers the run of a statement that was parsed.
func (c *session) execute(st statement) {
	c.bind(looked, st)
	c.front.SendSync(&pgproto3.Sync{})
}

// looked is the name of a statement that was parsed. It is of use in one
// transaction alone, and swept away after it.
const looked = "m"

func (c *session) bind(name string, st statement) {
	bind := &pgproto3.Bind{PreparedStatement: name, DestinationPortal: st.portal}
	for _, p := range st.params {
		value := []byte(p.Text)
		if p.Null {
			value = nil
		}
		bind.Parameters = append(bind.Parameters, value)
	}
	c.front.SendBind(bind)
	c.front.SendDescribe(&pgproto3.Describe{ObjectType: 'P', Name: st.portal})
	c.fetch(st.portal, st.rows)
}

// fetch buffers the wish for rows of a portal.
func (c *session) fetch(portal string, rows int) {
	c.front.SendExecute(&pgproto3.Execute{Portal: portal, MaxRows: uint32(rows)})
}

// watch stops the server's work when ctx is done, and the connection when that
// does not help. A cancel request that comes between two commands is passed over
// by the server, so that it is told again until it has stopped.
func (c *session) watch(ctx context.Context) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	undo := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = c.wire.SetDeadline(time.Now().Add(2 * time.Second))
		for wait := 50 * time.Millisecond; wait < 2*time.Second; wait *= 2 {
			_ = c.cancel() // or the deadline ends it
			select {
			case <-stopped:
				return
			case <-time.After(wait):
			}
		}
	})
	return func() {
		close(stopped)
		if !undo() {
			<-done
			c.dead = true // a late cancel request must not hit the next statement
		}
	}
}

// lost gives the connection up.
func (c *session) lost(ctx context.Context, err error) error {
	c.dead = true
	var large *pgproto3.ExceededMaxBodyLenErr
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &large):
		_ = c.cancel() // the server may be at it for long
		return &tooLarge{large.ActualBodyLen, large.MaxExpectedBodyLen}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errLost
	}
	return fmt.Errorf("%w: %w", errLost, err)
}
