package postgres

import (
	"context"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

const allTablesSQL = `SELECT n.nspname, c.relname, ` + guard.KinSQL + ` FROM pg_catalog.pg_class c
	JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL (SELECT c.oid) k
	WHERE c.relkind IN ('r', 'p', 'm', 'f', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'`

// visible tells which tables a caller may know of. No table at all, "", is
// visible.
type visible struct {
	source *guard.Source
	ruled  bool
	seen   map[[2]string]bool
}

func visibleIn(ctx context.Context, source *guard.Source) (*visible, error) {
	v := &visible{source: source, ruled: source.Ruled(), seen: map[[2]string]bool{}}
	if !v.ruled {
		return v, nil
	}
	records, err := source.Own(ctx, allTablesSQL)
	for _, r := range records {
		v.seen[[2]string{r.Text(0), r.Text(1)}] = source.Seen(guard.KinOf(r.Text(2)))
	}
	return v, err
}

func (v *visible) table(schema, table string) bool {
	if table == "" {
		return true
	}
	return v.source.Table(schema, table) && (!v.ruled || v.seen[[2]string{schema, table}])
}

// statements are those of texts that may be shown, in the form in which they
// may: without the values in them, or comments. Others are "", and so are all for
// a principal with a policy.
func (v *visible) statements(ctx context.Context, texts []string) ([]string, error) {
	out := make([]string, len(texts))
	if v.source.Apart() {
		return out, nil
	}
	mentions, err := v.source.Mentions(ctx, nil, texts...)
	if err != nil {
		return nil, err
	}
	for i, text := range texts {
		if !mentions.Hides(nil, text) {
			out[i] = withoutValues(text)
		}
	}
	return out, nil
}

// withoutValues is a statement with ? for the values in it, as other people's
// are not for everybody. Of one that is no query or change of rows only the
// first words are left: it may set a password. What cannot be read, such as the
// end of a text that was cut, is left out.
func withoutValues(sql string) string {
	if sql == "<insufficient privilege>" {
		return "(not for this login to see)"
	}
	var b strings.Builder
	end, words := 0, 0
	query := false
	for t, err := range gate.Lex(sql) {
		if err != nil || words == 2 && !query {
			b.WriteString(" …")
			break
		}
		if words == 0 && t.Kind == gate.Word {
			switch t.Name {
			case "select", "with", "values", "table", "insert", "update", "delete", "merge", "explain":
				query = true
			}
		}
		if t.Start > end && b.Len() > 0 {
			b.WriteByte(' ')
		}
		end = t.End
		switch t.Kind {
		case gate.String, gate.Bits, gate.Number:
			b.WriteByte('?')
		default:
			b.WriteString(sql[t.Start:t.End])
		}
		words++
	}
	return oneLine(b.String(), 0)
}
