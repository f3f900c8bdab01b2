package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// statement is what is sent to the server. It always travels by the extended
// protocol, which takes one statement and no more.
type statement struct {
	sql    string
	params []Param
	rows   int // most that the server is to send; 0: all
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

// begin is the statements that go before a user's in its transaction: it is
// read-only, sees one moment, and stops by itself.
func begin(limit time.Duration, role string) []statement {
	b := []statement{{sql: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}}
	set := statement{
		sql: "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true)," +
			" set_config('idle_in_transaction_session_timeout', $1, true)",
		params: []Param{Text(strconv.FormatInt(max(limit.Milliseconds(), 1), 10))},
	}
	if role != "" {
		set.sql += ", set_config('role', $2, true)"
		set.params = append(set.params, Text(role))
	}
	return append(b, set)
}

// run is the one way of a statement to the server. It sends, in one go, what
// goes before it, the statement, and a rollback; whatever comes back, the
// transaction is over when run returns. A cancelled ctx stops the server's work.
func (c *session) run(ctx context.Context, st statement, before []statement, to sink) (err error) {
	stop := c.watch(ctx)
	defer stop()
	for _, b := range before {
		c.send(b, false)
	}
	c.send(st, true)
	c.front.SendSync(&pgproto3.Sync{})
	c.send(statement{sql: "ROLLBACK"}, false)
	c.front.SendSync(&pgproto3.Sync{})
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	r := reading{c: c, to: to, skip: len(before)}
	err = r.until(ctx) // of the statement
	if c.dead {
		return err
	}
	end := reading{c: c, skip: 1}
	if fault := end.until(ctx); fault != nil { // of the rollback
		c.dead = true
		return errors.Join(err, fault)
	}
	return err
}

// send buffers the messages of one statement.
func (c *session) send(st statement, describe bool) {
	c.front.SendParse(&pgproto3.Parse{Query: st.sql})
	bind := &pgproto3.Bind{}
	for _, p := range st.params {
		value := []byte(p.Text)
		if p.Null {
			value = nil
		}
		bind.Parameters = append(bind.Parameters, value)
	}
	c.front.SendBind(bind)
	if describe {
		c.front.SendDescribe(&pgproto3.Describe{ObjectType: 'P'})
	}
	c.front.SendExecute(&pgproto3.Execute{MaxRows: uint32(st.rows)})
}

// reading takes the server's messages up to its next readiness.
type reading struct {
	c    *session
	to   sink
	skip int // statements whose results are nobody's business
	full error
	err  error
}

func (r *reading) until(ctx context.Context) error {
	for {
		m, err := r.c.front.Receive()
		if err != nil {
			return r.c.lost(ctx, err)
		}
		switch m := m.(type) {
		case *pgproto3.ReadyForQuery:
			if r.err != nil {
				return r.err
			}
			if errors.Is(r.full, errEnough) {
				return nil
			}
			return r.full
		case *pgproto3.ErrorResponse:
			if m.Severity == "FATAL" || m.Severity == "PANIC" {
				r.c.dead = true
				return pgconn.ErrorResponseToPgError(m)
			}
			if r.full == nil { // or it is of our own cancel request
				r.err = pgconn.ErrorResponseToPgError(m)
			}
		case *pgproto3.CommandComplete:
			r.ended(false, string(m.CommandTag))
		case *pgproto3.PortalSuspended:
			r.ended(true, "")
		case *pgproto3.EmptyQueryResponse:
			r.ended(false, "")
		case *pgproto3.RowDescription:
			r.took(r.to.columns(m.Fields))
		case *pgproto3.DataRow:
			if r.skip == 0 && r.full == nil {
				r.took(r.to.row(m.Values))
			}
		case *pgproto3.CopyInResponse, *pgproto3.CopyOutResponse, *pgproto3.CopyBothResponse:
			r.c.dead = true // this protocol within the protocol is not spoken here
			return errors.New("COPY is not possible here")
		}
	}
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

func (r *reading) ended(more bool, tag string) {
	if r.skip > 0 {
		r.skip--
		return
	}
	if r.to != nil {
		r.to.end(more || r.full != nil, tag)
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
