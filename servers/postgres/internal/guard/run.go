package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
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
	rows      int // most that the server is to send; 0: all
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
// Several statements travel in it at once, so nothing of a model's may.
type script string

// begin is what goes before a statement in its transaction: it is read-only,
// sees one moment, and stops by itself.
func (s *Source) begin(limit time.Duration, role string) script {
	return s.opening("ISOLATION LEVEL REPEATABLE READ READ ONLY", limit, role)
}

// opening begins a transaction of any kind.
func (s *Source) opening(kind string, limit time.Duration, role string) script {
	b := "BEGIN " + kind + "; SET LOCAL statement_timeout = " +
		strconv.FormatInt(max(limit.Milliseconds(), 1), 10)
	for _, setting := range s.Session {
		name, value, _ := strings.Cut(setting, "=")
		b += "; SET LOCAL " + name + " = '" + strings.ReplaceAll(value, "'", "''") + "'"
	}
	if role != "" {
		b += "; SET LOCAL ROLE " + Quoted(role)
	}
	return script(b)
}

// run is the way of a statement that need not be looked at first (runLooked is
// the other). It sends, in one go, what goes before it, the statement, and a
// rollback; nobody else gets the session before the rollback is done. A
// cancelled ctx stops the server's work.
func (c *session) run(ctx context.Context, st statement, before script, to sink) (err error) {
	c.sweep()
	stop := c.watch(ctx)
	defer stop()
	c.tell(before)
	c.send(st)
	c.finish(st.model != nil)
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	if err := c.read(ctx, nil); err != nil { // what came after was refused, or ran without the role
		c.dead = true
		return err
	}
	return c.conclude(ctx, to)
}

// finish buffers what goes behind a statement. That it has been done is read
// by sweep, so that the answer need not wait for it.
func (c *session) finish(sweep bool) {
	c.tell("ROLLBACK")
	c.owed++
	if sweep {
		c.tell("DISCARD ALL")
		c.owed++
	}
}

// conclude takes what a statement brings.
func (c *session) conclude(ctx context.Context, to sink) error {
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	return c.read(ctx, to)
}

// abandon ends the transaction of a statement that is not to run, and gives
// back why.
func (c *session) abandon(ctx context.Context, why error) error {
	if c.dead {
		return why
	}
	c.finish(true)
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
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

// tell buffers a script of the guard's own.
func (c *session) tell(s script) { c.front.SendQuery(&pgproto3.Query{String: string(s)}) }

// sweep waits until the transaction is over, and the server has forgotten what a
// model's statement may have left in the session, such as a lock.
func (c *session) sweep() {
	if c.owed == 0 || c.dead {
		return
	}
	_ = c.wire.Conn.SetReadDeadline(time.Now().Add(sweepTime)) // an error shows with the read
	for ; c.owed > 0 && !c.dead; c.owed-- {
		if c.read(context.Background(), nil) != nil {
			c.dead = true // the transaction may be open
		}
	}
	_ = c.wire.Conn.SetReadDeadline(time.Time{}) // an error shows with the next use
}

const sweepTime = 5 * time.Second

// send buffers the messages of one statement.
func (c *session) send(st statement) {
	c.put("", st)
	c.bind("", st)
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
func (c *session) execute(st statement) { c.bind(looked, st) }

// looked is the name of a statement that was parsed. It is of use in one
// transaction alone, and swept away after it.
const looked = "m"

func (c *session) bind(name string, st statement) {
	bind := &pgproto3.Bind{PreparedStatement: name}
	for _, p := range st.params {
		value := []byte(p.Text)
		if p.Null {
			value = nil
		}
		bind.Parameters = append(bind.Parameters, value)
	}
	c.front.SendBind(bind)
	c.front.SendDescribe(&pgproto3.Describe{ObjectType: 'P'})
	c.front.SendExecute(&pgproto3.Execute{MaxRows: uint32(st.rows)})
	c.front.SendSync(&pgproto3.Sync{})
}

// read takes the server's messages up to its next readiness. What comes is for
// to, unless that is nil.
func (c *session) read(ctx context.Context, to sink) error {
	r := reading{c: c, to: to}
	for {
		m, err := c.front.Receive()
		if err != nil {
			return c.lost(ctx, err)
		}
		if done, err := r.take(m); done {
			return err
		}
	}
}

// reading is the state of a read.
type reading struct {
	c    *session
	to   sink
	full error // the sink wants no more
	err  error // of the server
}

func (r *reading) take(m pgproto3.BackendMessage) (done bool, err error) {
	switch m := m.(type) {
	case *pgproto3.ReadyForQuery:
		return true, r.result()
	case *pgproto3.ErrorResponse:
		if m.Severity == "FATAL" || m.Severity == "PANIC" {
			r.c.dead = true
			return true, pgconn.ErrorResponseToPgError(m)
		}
		if r.full == nil { // or it is of our own cancel request
			r.err = pgconn.ErrorResponseToPgError(m)
		}
	case *pgproto3.CopyInResponse, *pgproto3.CopyOutResponse, *pgproto3.CopyBothResponse:
		r.c.dead = true // this protocol within the protocol is not spoken here
		return true, errors.New("COPY is not possible here")
	}
	if r.to == nil {
		return false, nil
	}
	switch m := m.(type) {
	case *pgproto3.CommandComplete:
		r.to.end(r.full != nil, string(m.CommandTag))
	case *pgproto3.PortalSuspended:
		r.to.end(true, "")
	case *pgproto3.EmptyQueryResponse:
		r.to.end(false, "")
	case *pgproto3.RowDescription:
		r.took(r.to.columns(m.Fields))
	case *pgproto3.DataRow:
		if r.full == nil {
			r.took(r.to.row(m.Values))
		}
	}
	return false, nil
}

func (r *reading) result() error {
	switch {
	case r.err != nil:
		return r.err
	case errors.Is(r.full, errEnough):
		return nil
	}
	return r.full
}

// took notes that the sink wants no more, and tells the server.
func (r *reading) took(err error) {
	if err == nil || r.full != nil {
		return
	}
	r.full = err
	if fault := r.c.cancel(); fault != nil {
		r.c.dead = true
	}
}

// watch stops the server's work when ctx is done, and the connection when that
// does not help.
func (c *session) watch(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	undo := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = c.cancel() // or the deadline ends it
		_ = c.wire.Conn.SetDeadline(time.Now().Add(2 * time.Second))
	})
	return func() {
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
