package guard

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Write is a statement of a model's that changes something.
type Write struct {
	SQL     string
	Params  []Param
	Timeout time.Duration // 0: the database's; never more than that
}

// Effect is what a statement that changes something comes to.
type Effect struct {
	Tag        string    // the server's own word, such as "DELETE 3"
	Rows       int64     // that the statement says it affected; -1 where it says nothing
	Tables     []Changed // in which rows were changed, also by triggers and foreign keys
	Unseen     int64     // rows that were changed in tables which may not be seen
	Everywhere []string  // parts of the statement that change every row of a table
	Locked     []Locked  // by a change of the schema, beside what it has made
	Sample     *Sample   // of the rows as they would be; nil where there is none
}

// Changed is how many rows of a table were changed.
type Changed struct {
	Schema, Table              string
	Inserted, Updated, Deleted int64
}

// Locked is a table, or what is like one, that nobody else can use while the
// schema is being changed.
type Locked struct {
	Schema, Name string
	Rows         int64 // as the server estimates; -1 where it does not
	Bytes        int64
}

// Same reports whether two effects are the same, as far as counts tell.
func (e *Effect) Same(other *Effect) bool { return e.Sum() == other.Sum() }

// Sum is a text that is the same for effects that are the same.
func (e *Effect) Sum() string {
	return fmt.Sprintf("%s %v %d", e.Tag, e.Tables, e.Unseen)
}

// Preview runs a statement that changes something, says what came of it, and
// rolls it back.
func (s *Source) Preview(ctx context.Context, w Write) (*Effect, error) {
	p := &writing{s: s, Write: w, preview: true, rows: &harvest{most: sampleRows}}
	err := s.use(ctx, func(c *session) error {
		if err := p.run(ctx, c); err != nil {
			return p.failed(err)
		}
		err := c.abandon(ctx, nil)
		p.stop()
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.effect, nil
}

// Execute runs a statement that changes something, and commits it if allow, which
// is told what came of it, returns nil; else it is rolled back, and the error is
// that of allow. The rows of RETURNING go to to, no more than a query may bring.
// An error for which errors.Is says [ErrUnknown] leaves open whether it was done.
func (s *Source) Execute(ctx context.Context, w Write, allow func(*Effect) error, to Rows) (*Effect, Answer, error) {
	p := &writing{s: s, Write: w, rows: &harvest{most: s.MaxRows, bytes: s.MaxBytes, to: to}}
	err := s.use(ctx, func(c *session) error {
		if err := p.run(ctx, c); err != nil {
			return p.failed(err)
		}
		if err := allow(p.effect); err != nil {
			err = c.abandon(ctx, err)
			p.stop()
			return err
		}
		return p.failed(p.commit(ctx, c))
	})
	if errors.Is(err, errOpen) {
		err = s.explain(p.settle(context.WithoutCancel(ctx)))
	}
	if p.checked != nil && p.checked.Kind == gate.DDL {
		s.defined.Store(time.Now().UnixNano()) // there may be views now that lead to what is denied
	}
	return p.effect, p.rows.answer, err
}

// writing is a Write on its way.
type writing struct {
	Write
	s       *Source
	preview bool
	checked *gate.Statement
	st      statement
	rows    *harvest
	before  map[string]Changed // what the session counted before, by OID
	effect  *Effect
	xact    xact
	stop    func()
}

// run runs the statement in a transaction, which stays open if there is no
// error, and finds out what came of it.
func (p *writing) run(ctx context.Context, c *session) (err error) {
	if p.checked, err = p.s.checkWrite(ctx, c, p.SQL); err != nil {
		return err
	}
	p.st = statement{model: p.checked, params: p.Params}
	p.effect = &Effect{Rows: -1, Everywhere: p.checked.Change.Everywhere}
	if len(p.s.Session) > 0 {
		if err := p.secured(c, "there are settings for row-level security (--session-settings)"); err != nil {
			return err
		}
	}
	c.sweep()
	p.stop = sync.OnceFunc(c.watch(ctx))
	defer func() {
		if err != nil {
			err = c.abandon(ctx, err)
			p.stop()
		}
	}()
	limit := atMost(p.Timeout, p.s.Timeout)
	c.tell(append(p.s.opening(readWrite, limit, p.s.Role), idleLimit,
		script("SET LOCAL lock_timeout = "+strconv.FormatInt(min(limit, lockTime).Milliseconds(), 10))).script())
	if p.checked.Kind == gate.DDL {
		return p.define(ctx, c)
	}
	return p.modify(ctx, c)
}

// readWrite leaves it to the server whether a transaction may write: a role may
// have default_transaction_read_only.
const readWrite = "ISOLATION LEVEL READ COMMITTED"

// lockTime is how long a statement that changes something waits for others.
const lockTime = 5 * time.Second

// checkWrite holds a statement that is to change something against the rules of
// the text.
func (s *Source) checkWrite(ctx context.Context, c *session, sql string) (*gate.Statement, error) {
	if s.Mode == gate.ReadOnly {
		return nil, mcpcore.Hint(mcpcore.Refused(gate.RuleMode, errors.New("nothing can be changed in this database")), "only the operator can allow it, with --mode dml or --mode ddl")
	}
	d, err := s.names(ctx, c)
	if err != nil {
		return nil, err
	}
	st, err := gate.Check(sql, gate.Rules{Mode: s.Mode, Denied: func(name string) string { return d.writes[name] }})
	if refused := refusedBy(err); refused != nil {
		return nil, refused
	}
	if err == nil && st.Kind != gate.DML && st.Kind != gate.DDL {
		return nil, mcpcore.Hint(mcpcore.Refused(gate.RuleStatement, errors.New("this statement changes nothing")), "call query with it")
	}
	return st, err
}

// modify runs a statement that changes rows. It is looked at first, when the
// server has parsed it.
func (p *writing) modify(ctx context.Context, c *session) error {
	c.parse(p.st)
	c.tell(touchedSQL)
	c.tell(targetsSQL)
	c.tell(triggersSQL)
	c.tell(securedSQL)
	c.tell(countsSQL)
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	shape, touched, targets, triggers, secured, counts := &shape{}, &records{}, &records{}, &records{}, &records{}, &records{}
	if err := c.reads(ctx, nil, shape, touched, targets, triggers, secured, counts); err != nil {
		return err
	}
	if len(secured.rows) > 0 {
		if err := p.secured(c, "the table "+secured.rows[0].Text(0)+" has row-level security"); err != nil {
			return err
		}
	}
	p.before = countsOf(counts.rows)
	if err := p.s.bound(triggers.rows); err != nil {
		return err
	}
	h, err := p.s.admitsChange(ctx, c, p.st, relationsOf(touched.rows), shape)
	if err != nil {
		return err
	}
	if h != nil {
		p.rows.masked = h.masked
	}
	if p.preview && len(targets.rows) == 1 && (h == nil || len(h.denied) == 0) {
		if done, err := p.sample(ctx, c, targetOf(targets.rows[0])); done || err != nil {
			return err
		}
	}
	c.execute(p.st)
	if err := p.ran(ctx, c); err != nil {
		return err
	}
	p.effect.Sample = p.rows.sample()
	return nil
}

// securedSQL names a table with row-level security that a parsed statement uses.
const securedSQL script = `SELECT c.relname FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
	WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND l.granted AND c.relrowsecurity LIMIT 1`

// secured refuses what goes by row-level security, which a superuser passes by.
func (p *writing) secured(c *session, why string) error {
	if !c.about.Superuser || p.s.Role != "" {
		return nil
	}
	return mcpcore.Hint(mcpcore.Refused("--role", fmt.Errorf("%s, which means nothing to a superuser, and statements would run as one", why)),
		"the operator can name a role that is none, with --role")
}

// ran takes what a statement brings, and then what it has come to.
func (p *writing) ran(ctx context.Context, c *session) error { return p.ranInto(ctx, c, p.rows) }

func (p *writing) ranInto(ctx context.Context, c *session, rows sink) error {
	c.tell(countsSQL)
	c.tell(xactSQL)
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	counts, xact := &records{}, &records{}
	if err := c.reads(ctx, rows, counts, xact); err != nil {
		return err
	}
	p.xact = xactOf(xact.rows)
	p.effect.Tag = p.rows.answer.Tag
	if fields := strings.Fields(p.effect.Tag); p.checked.Kind == gate.DML && len(fields) > 1 && fields[0] != "SELECT" {
		p.effect.Rows, _ = strconv.ParseInt(fields[len(fields)-1], 10, 64) // the server's own
	}
	return p.count(counts.rows)
}

// failed is an error without what it tells of rows, where columns are hidden.
func (p *writing) failed(err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Detail == "" || !p.s.Ruled() {
		return err
	}
	bare := *e
	bare.Detail = ""
	return &bare
}
