package guard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Query is a statement of a model's, and the most it may bring.
type Query struct {
	SQL      string
	Params   []Param
	MaxRows  int           // 0: the database's; never more than that
	MaxBytes int           // likewise
	Timeout  time.Duration // likewise
	Cursor   string        // for Page: of the rows to go on with, instead of SQL
}

// Param is a parameter's value as text, or NULL.
type Param struct {
	Text string
	Null bool
}

// Column is one column of an answer.
type Column struct {
	Name string
	Type uint32 // the OID
}

// Rows takes an answer as it comes.
type Rows interface {
	Columns([]Column)
	// Row is given the values as the server writes them, nil for NULL; they are
	// its own until it returns.
	Row([][]byte)
}

// Answer is how an answer ended.
type Answer struct {
	Tag     string // the server's own word, such as "SELECT 3"
	Rows    int
	More    bool // than were handed on
	ByBytes bool // it was the bytes that were too many
}

// Query runs a statement, read-only, and rolls it back.
func (s *Source) Query(ctx context.Context, q Query, to Rows) (Answer, error) {
	in := s.intake(q, to)
	err := s.use(ctx, func(c *session) error { return s.query(ctx, c, q, in, atMost(q.Timeout, s.Timeout)) })
	return in.answer, err
}

// Export is Query with the limits for exports.
func (s *Source) Export(ctx context.Context, q Query, to Rows) (Answer, error) {
	in := &intake{to: to, maxRows: atMost(q.MaxRows, s.ExportRows), maxBytes: atMost(q.MaxBytes, s.ExportBytes)}
	err := s.use(ctx, func(c *session) error { return s.query(ctx, c, q, in, atMost(q.Timeout, s.ExportTimeout)) })
	return in.answer, err
}

func (s *Source) intake(q Query, to Rows) *intake {
	return &intake{to: to, maxRows: atMost(q.MaxRows, s.MaxRows), maxBytes: atMost(q.MaxBytes, s.MaxBytes)}
}

func (s *Source) query(ctx context.Context, c *session, q Query, in *intake, limit time.Duration) error {
	model, err := s.check(ctx, c, q.SQL, gate.ReadOnly)
	if err != nil {
		return err
	}
	st := statement{model: model, params: q.Params, rows: in.maxRows + 1}
	if in.hold = in.hold && model.Kind == gate.Select; in.hold {
		st.portal, st.rows = held, in.wanted()
	}
	before := s.begin(limit, c.about.Role)
	if s.looks() {
		return s.runLooked(ctx, c, st, before, in)
	}
	return c.run(ctx, st, before, in)
}

// check holds a statement against the rules of the text.
func (s *Source) check(ctx context.Context, c *session, sql string, mode gate.Mode) (*gate.Statement, error) {
	d, err := s.names(ctx, c)
	if err != nil {
		return nil, err
	}
	st, err := gate.Check(sql, gate.Rules{Mode: mode, Denied: func(name string) string { return d.why[name] }})
	if refused := refusedBy(err); refused != nil {
		if s.Mode > mode && mcpcore.RuleOf(refused) == gate.RuleMode {
			refused = mcpcore.Hint(refused, "call execute with it")
		}
		return nil, refused
	}
	if err == nil && st.Kind == gate.Explain && s.Ruled() { // the server looks at what is in it too late
		return nil, mcpcore.Hint(mcpcore.Refused("explain", errors.New("EXPLAIN is not possible by itself where tables or columns are hidden")), "call explain with the statement")
	}
	return st, err
}

// names are those that may not be mentioned, as of a short while ago.
func (s *Source) names(ctx context.Context, c *session) (*denied, error) {
	if d := s.denied.Load(); d != nil && time.Since(d.from) <= freshFor && d.from.UnixNano() > s.defined.Load() {
		return d, nil
	}
	d, err := s.loadDenied(ctx, c)
	if err == nil {
		s.denied.Store(d)
	}
	return d, err
}

// refusedBy is a refusal of the gate as a model reads it, or nil.
func refusedBy(err error) error {
	var refusal *gate.Refusal
	if !errors.As(err, &refusal) {
		return nil
	}
	text := fmt.Errorf("%s (at character %d)", refusal.Message, refusal.Position)
	return mcpcore.Hint(mcpcore.Refused(refusal.Rule, text), refusal.Hint)
}

// use lends a connection.
func (s *Source) use(ctx context.Context, do func(*session) error) error {
	r, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	whole := false
	defer func() {
		if !whole || r.Value().dead { // nobody knows what state one is in that a fault of this program cut short
			r.Destroy()
		} else {
			r.Release() // the sweep goes on at the server, and is waited for by whoever comes next
		}
	}()
	err = do(r.Value())
	whole = true
	return s.explain(err)
}

func atMost[T int | time.Duration](asked, most T) T {
	if asked <= 0 || asked > most {
		return most
	}
	return asked
}

// intake is the sink of a model's statement.
type intake struct {
	to                Rows
	maxRows, maxBytes int
	bytes             int
	masked            map[string]bool // "OID.number" of columns
	covered           []int           // of the result
	answer            Answer

	hold      bool       // rows beyond the limits are for another page
	shape     []Column   // of the result
	rest      [][][]byte // rows that came and are for another page
	restBytes int
	suspended bool // the server has more
}

func (in *intake) columns(fields []pgproto3.FieldDescription) error {
	columns := make([]Column, len(fields))
	for i, f := range fields {
		columns[i] = Column{Name: string(f.Name), Type: f.DataTypeOID}
		if in.masked[fmt.Sprintf("%d.%d", f.TableOID, f.TableAttributeNumber)] {
			in.covered = append(in.covered, i)
		}
	}
	for _, i := range in.covered {
		columns[i].Type = textOID
	}
	in.shape = columns
	in.to.Columns(columns)
	return nil
}

func (in *intake) row(values [][]byte) error {
	for _, i := range in.covered {
		values[i] = mask
	}
	return in.take(values)
}

// take hands a row on, or keeps it for another page.
func (in *intake) take(values [][]byte) error {
	size := 0
	for _, v := range values {
		size += len(v)
	}
	switch {
	case in.answer.More:
		return in.keep(values, size)
	case in.answer.Rows == in.maxRows: // was asked for to know that it is there
		in.answer.More = true
		return in.keep(values, size)
	case in.bytes+size > in.maxBytes:
		in.answer.More, in.answer.ByBytes = true, true
		if err := in.keep(values, size); err != nil || in.hold {
			return err
		}
		return errEnough
	}
	in.bytes += size
	in.answer.Rows++
	in.to.Row(values)
	return nil
}

// mask stands for a value that is hidden, and for NULL as well.
var mask = []byte("[masked]")

const textOID = 25

// shape is the sink of what a parsed statement will bring.
type shape struct{ fields []field }

type field struct {
	Name     string
	TableOID uint32
}

func (s *shape) columns(fields []pgproto3.FieldDescription) error {
	for _, f := range fields {
		s.fields = append(s.fields, field{string(f.Name), f.TableOID})
	}
	return nil
}

func (s *shape) row([][]byte) error { return nil }
func (s *shape) end(bool, string)   {}

func (in *intake) end(more bool, tag string) { in.answer.Tag, in.suspended = tag, more && tag == "" }

// Quoted is a name as it stands in a statement.
func Quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
