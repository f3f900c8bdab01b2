package guard

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// read takes the server's messages up to its next readiness. What comes is for
// to, unless that is nil.
func (c *session) read(ctx context.Context, to sink) error {
	r := reading{c: c, to: to}
	return r.all(ctx)
}

// reading is the state of a read.
type reading struct {
	c     *session
	to    sink
	skip  int  // commands of a group that are still to be done before what is read
	group bool // commands follow
	done  bool // what is read has ended

	full   error // the sink wants no more
	err    error // of the server
	failed bool  // the server has passed over the rest of the group
}

func (r *reading) all(ctx context.Context) error {
	for {
		m, err := r.c.front.Receive()
		if err != nil {
			return r.c.lost(ctx, err)
		}
		if done, err := r.take(m); done {
			return err
		}
	}
}

func (r *reading) take(m pgproto3.BackendMessage) (done bool, err error) {
	switch m := m.(type) {
	case *pgproto3.ReadyForQuery:
		return true, r.result()
	case *pgproto3.ErrorResponse:
		return r.fault(m)
	case *pgproto3.CopyInResponse, *pgproto3.CopyOutResponse, *pgproto3.CopyBothResponse:
		r.c.dead = true // this protocol within the protocol is not spoken here
		return true, errors.New("COPY is not possible here")
	case *pgproto3.CommandComplete:
		if r.skip > 0 {
			r.skip--
		} else {
			r.end(r.full != nil, string(m.CommandTag))
		}
	case *pgproto3.PortalSuspended:
		r.end(true, "")
	case *pgproto3.EmptyQueryResponse:
		r.end(false, "")
	case *pgproto3.RowDescription:
		if r.to != nil {
			r.took(r.to.columns(m.Fields))
		}
	case *pgproto3.DataRow:
		if r.to != nil && r.full == nil {
			r.took(r.to.row(m.Values))
		}
	}
	return false, nil
}

// end notes that what is read has ended; in a group more follows.
func (r *reading) end(more bool, tag string) {
	if r.to != nil && !r.done {
		r.to.end(more, tag)
	}
	r.done = r.group
}

func (r *reading) fault(m *pgproto3.ErrorResponse) (done bool, err error) {
	if m.Severity == "FATAL" || m.Severity == "PANIC" {
		r.c.dead = true
		return true, pgconn.ErrorResponseToPgError(m)
	}
	r.failed = true
	switch {
	case r.done: // the answer is whole, and only the end of the transaction is not
	case r.full == nil: // or it is of our own cancel request
		r.err = pgconn.ErrorResponseToPgError(m)
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
