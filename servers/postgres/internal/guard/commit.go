package guard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// ErrUnknown is wrapped where the connection was lost while the server committed:
// it may have been done, or not.
var ErrUnknown = errors.New("it is not known whether this was committed")

// xact is how a transaction can be found again on another connection.
type xact struct {
	id       string // "" where it has changed nothing
	timeline string // of the server: another one may have used the same number
}

// xactSQL tells that of the transaction it is in.
const xactSQL script = `SELECT pg_catalog.pg_current_xact_id_if_assigned(), ` + timelineSQL

const timelineSQL = `CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) END`

func xactOf(rows []Record) xact {
	if len(rows) != 1 {
		return xact{}
	}
	return xact{rows[0].Text(0), rows[0].Text(1)}
}

// commitTime is how long the server may take to commit: long, as it may wait for
// replicas.
const commitTime = time.Minute

// commit commits. From here on a caller that gives up is not heard: what it would
// come to is less known than what the server says.
func (p *writing) commit(ctx context.Context, c *session) error {
	p.stop()
	if c.dead { // it gave up before
		return context.Cause(ctx)
	}
	ctx = context.WithoutCancel(ctx)
	done := &tag{}
	_ = c.wire.SetDeadline(time.Now().Add(commitTime)) // an error shows with the use
	c.command("COMMIT")
	c.command("DISCARD ALL")
	c.front.SendSync(&pgproto3.Sync{})
	r := reading{c: c, to: done, group: true}
	err := c.front.Flush()
	if err == nil {
		err = r.all(ctx)
	}
	_ = c.wire.SetDeadline(time.Time{})
	if r.failed && !c.dead {
		err = c.abandon(ctx, err)
	}
	var refused *pgconn.PgError
	switch {
	case done.text == "COMMIT":
		return nil
	case err == nil: // the server's word for a transaction that could not be
		return errors.New("the server has rolled it back")
	case errors.As(err, &refused) && !c.dead: // such as a constraint that is checked last
		return err
	}
	c.dead = true
	return errOpen
}

// errOpen is that a transaction has to be settled.
var errOpen = errors.New("what became of the transaction is open")

// tag is the sink of a statement of which nothing but the server's word counts.
type tag struct {
	records
	text string
}

func (t *tag) end(_ bool, text string) { t.text = text }

const statusSQL Own = `SELECT pg_catalog.pg_xact_status($1::xid8), ` + timelineSQL

// settle finds out on another connection what became of a transaction.
func (p *writing) settle(ctx context.Context) error {
	if p.xact.id == "" {
		return errLost // it had changed nothing
	}
	for wait := 100 * time.Millisecond; wait < 4*time.Second; wait *= 2 { // some 6 s in all
		<-time.After(wait)
		switch p.status(ctx) {
		case "committed":
			return nil
		case "aborted":
			return errLost
		}
	}
	return mcpcore.Hint(fmt.Errorf("%w: the connection to the server was lost in the midst of it", ErrUnknown),
		"do not run it again before this is clear: SELECT pg_xact_status('"+p.xact.id+"') says committed or aborted, unless another server has taken over; else look at the rows")
}

// status is the server's word on the transaction, or "" where it cannot be had.
func (p *writing) status(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	rows, err := p.s.Own(ctx, statusSQL, Text(p.xact.id))
	if err != nil || len(rows) != 1 || rows[0].Text(1) != p.xact.timeline {
		return ""
	}
	return rows[0].Text(0)
}
