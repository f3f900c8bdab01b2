package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/render"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// sqlTool is a tool of the operator's own, ready to run.
type sqlTool struct {
	SQLTool
	name   string
	server *server
	sql    string   // with numbers for parameters
	lent   sync.Map // the sources with what the tool may use beside, by source
}

// sqlTools are those of the settings, which were validated.
func (s *server) sqlTools(c *Config) []*sqlTool {
	var out []*sqlTool
	for _, section := range c.SQLTools {
		q := &sqlTool{SQLTool: section.Settings, name: section.Name, server: s}
		names := make([]string, len(q.Parameters))
		for i, p := range q.Parameters {
			names[i] = p.Name
		}
		q.sql, _ = numbered(q.SQL, names) // it was validated
		if q.Database == "" {
			q.Database = s.guard.All()[0].Name
		}
		out = append(out, q)
	}
	return out
}

// tool is how clients see it.
func (q *sqlTool) tool() mcpcore.Tool {
	fields := make([]reflect.StructField, len(q.Parameters), len(q.Parameters)+1)
	for i, p := range q.Parameters {
		fields[i] = p.Settings.field(p.Name, i)
	}
	input := reflect.StructOf(fields)
	options := []mcpcore.ToolOption{mcpcore.Resume("ask for less"), mcpcore.OnlyFor(q.allowed)}
	if q.Title != "" {
		options = append(options, mcpcore.Title(q.Title))
	}
	return mcpcore.ReadAs(q.name, q.Description, input, q.run, options...)
}

// allowed reports whether a principal may use the database of the tool.
func (q *sqlTool) allowed(p *auth.Principal) bool {
	return slices.Contains(q.server.names(p), q.Database)
}

// source is the database of the tool, as whoever calls may use it, and with what
// the tool may use beside.
func (q *sqlTool) source(ctx context.Context) (*guard.Source, error) {
	source, err := q.server.guard.Source(ctx, q.Database)
	if err != nil || len(q.UseDeniedTables)+len(q.UseDeniedFunctions) == 0 {
		return source, err
	}
	lent, ok := q.lent.Load(source)
	if !ok {
		lent, _ = q.lent.LoadOrStore(source, source.Lending(q.UseDeniedTables, q.UseDeniedFunctions))
	}
	return lent.(*guard.Source), nil
}

// run runs the query with the arguments of a call.
func (q *sqlTool) run(ctx context.Context, in reflect.Value) (*mcpcore.Result, error) {
	source, err := q.source(ctx)
	if err != nil {
		return nil, err
	}
	values := make([]json.RawMessage, in.NumField())
	for i := range values {
		if values[i], err = json.Marshal(in.Field(i).Interface()); err != nil {
			return nil, err
		}
	}
	rows := &table{w: render.New(render.Format(cmp.Or(q.Format, "json")))}
	answer, err := source.Query(ctx, guard.Query{
		SQL: q.sql, Params: paramsOf(values), MaxRows: q.MaxRows, MaxBytes: q.MaxBytes, Timeout: q.StatementTimeout,
	}, rows)
	if err != nil {
		return nil, err
	}
	said := remark(answer, "")
	if answer.More {
		said = fmt.Sprintf("Cut after %d rows, as this tool gives no more. %s", answer.Rows, caution)
	}
	return &mcpcore.Result{Content: []mcpcore.Content{mcpcore.Text{Text: rows.w.String()}, mcpcore.Text{Text: said}}}, nil
}

// check finds out whether the query can run: the server plans it.
func (q *sqlTool) check(ctx context.Context) (string, error) {
	source, err := q.source(ctx)
	if err != nil {
		return "", err
	}
	if _, err := source.Explain(ctx, guard.Explain{SQL: q.sql}); err != nil {
		return "", err
	}
	return "can run in " + source.Name, nil
}

// checkTime is how long the tools' queries are looked at when the server starts.
const checkTime = 20 * time.Second

// checkAll looks at the tools' queries while the server serves, and tells the
// operator of those that cannot run. A database that cannot be reached says
// nothing of them. stop ends it.
func checkAll(tools []*sqlTool, log *slog.Logger) (stop func() error) {
	if len(tools) == 0 || log == nil {
		return func() error { return nil }
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, q := range tools {
			source, err := q.source(ctx)
			if err == nil && source.Ping(ctx) != nil {
				continue
			}
			if _, err := q.check(ctx); err != nil && ctx.Err() == nil {
				log.Error(fmt.Sprintf("sql-tools.%s cannot run", q.name), "error", err, "hint", mcpcore.HintOf(err))
			}
		}
	}()
	return func() error {
		cancel()
		<-done
		return nil
	}
}
