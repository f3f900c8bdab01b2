package postgres

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/config"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// SQLTool is a tool of the operator's own: one query with parameters. It runs as
// the query of a model does, read-only and rolled back, with the same rules and
// masks.
type SQLTool struct {
	Title, Description string
	SQL                string                      // with :name for each parameter, or $1 and so on in their order
	Parameters         []config.Section[Parameter] // in the order in which they are shown
	Database           string                      // its name; "" is the default one
	Format             string                      // of the rows; default json

	UseDeniedTables    []string // patterns of tables that it may use though the database denies them to models
	UseDeniedFunctions []string // likewise of functions

	StatementTimeout  time.Duration // where it is below that of the database, as what follows
	MaxRows, MaxBytes int
}

// Parameter is one argument of such a tool.
type Parameter struct {
	Type        string // string, integer, number or boolean, or a list of one of these: string[]
	Description string
	Optional    bool // it is NULL where it is not given
	Default     string
	Enum        []string
	Min, Max    string
	Pattern     string
}

// flags declares the settings of a tool.
func (q *SQLTool) flags(f *mcpcore.Flags) {
	q.Format = "json"
	f.String(&q.Title, "title", "name for people")
	f.String(&q.Description, "description", "what a model is told of it")
	f.Lines(&q.SQL, "sql", "one query, with :name for each parameter")
	f.String(&q.Database, "database", "name of the database, where it is not the default")
	f.Choice(&q.Format, "format", []string{"json", "csv", "markdown", "tsv"}, "form of the rows")
	f.Strings(&q.UseDeniedTables, "use-denied-tables", "tables that it may use though they are denied to models")
	f.Strings(&q.UseDeniedFunctions, "use-denied-functions", "functions that it may use though they are denied to models")
	f.Duration(&q.StatementTimeout, "statement-timeout", "longest time, where it is below that of the database")
	f.Int(&q.MaxRows, "max-rows", "most rows, likewise")
	f.Bytes(&q.MaxBytes, "max-bytes", "most bytes of the values, likewise")
	config.Sections(f, &q.Parameters, "parameters", "its arguments", func(p *Parameter, f *mcpcore.Flags) {
		p.Type = "string"
		f.Choice(&p.Type, "type", parameterTypes(), "of its values")
		f.String(&p.Description, "description", "what a model is told of it")
		f.Bool(&p.Optional, "optional", "it need not be given, and is then NULL")
		f.String(&p.Default, "default", "its value where it is not given")
		f.Strings(&p.Enum, "enum", "the only values")
		f.String(&p.Min, "min", "least number")
		f.String(&p.Max, "max", "greatest number")
		f.String(&p.Pattern, "pattern", "regular expression that a string has to match")
	})
}

// types are those of parameters, as JSON Schema calls them.
var types = []struct {
	name string
	of   reflect.Type
}{
	{"string", reflect.TypeFor[string]()}, {"integer", reflect.TypeFor[int64]()}, {"number", reflect.TypeFor[json.Number]()}, {"boolean", reflect.TypeFor[bool]()},
}

func parameterTypes() (names []string) {
	for _, t := range types {
		names = append(names, t.name)
	}
	for _, t := range types {
		names = append(names, t.name+"[]")
	}
	return names
}

var (
	toolName      = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)
	parameterName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)
)

// validate finds what is wrong with a tool; taken are the names of the others.
func (q *SQLTool) validate(name string, databases []guard.Database, taken []string) error {
	var errs []error
	fault := func(err error, cure string) {
		errs = append(errs, mcpcore.Hint(fmt.Errorf("sql-tools.%s: %w", name, err), cure))
	}
	switch {
	case !toolName.MatchString(name):
		fault(errors.New("this is no name of a tool"), "write a to z, 0 to 9 and _, 40 at most")
	case slices.Contains(taken, name):
		fault(errors.New("the server has a tool of this name"), "choose another")
	}
	if strings.TrimSpace(q.Description) == "" || len(q.Description) > 1000 {
		fault(errors.New("a model is told nothing of it, or too much"), "write a description of up to 1000 bytes")
	}
	if q.Database != "" && !slices.ContainsFunc(databases, func(d guard.Database) bool { return d.Name == q.Database }) {
		fault(fmt.Errorf("there is no database %q", q.Database), "name one of those that are set")
	}
	if q.StatementTimeout < 0 || q.MaxRows < 0 || q.MaxBytes < 0 {
		fault(errors.New("a limit is below 0"), "leave it out for that of the database")
	}
	names := make([]string, len(q.Parameters))
	for i, p := range q.Parameters {
		if names[i] = p.Name; !parameterName.MatchString(p.Name) {
			fault(fmt.Errorf("parameter %q is no name", p.Name), "write a to z, 0 to 9 and _, a letter first")
		} else if err := p.Settings.fault(p.Name); err != nil {
			fault(fmt.Errorf("parameter %s: %w", p.Name, err), "its type is "+p.Settings.Type)
		}
	}
	sql, err := numbered(q.SQL, names)
	if err == nil {
		err = reads(sql)
	}
	if err != nil {
		fault(err, cmp.Or(mcpcore.HintOf(err), "write one query that reads, with :name for each parameter"))
	}
	access := guard.Access{DenyTables: q.UseDeniedTables}
	if err := access.Validate(); err != nil {
		fault(errors.New("use-denied-tables has a pattern that would match nothing"), "write table or schema.table")
	}
	return errors.Join(errs...)
}

// reads refuses what is no query. The names in it are looked at when it runs.
func reads(sql string) error {
	st, err := gate.Check(sql, gate.Rules{})
	var refusal *gate.Refusal
	switch {
	case errors.As(err, &refusal):
		return mcpcore.Hint(fmt.Errorf("%s (at character %d)", refusal.Message, refusal.Position), refusal.Hint)
	case err != nil:
		return err
	case st.Kind != gate.Select:
		return errors.New("this is no query")
	}
	return nil
}

// fault is what is wrong with a parameter.
func (p *Parameter) fault(name string) error {
	element, list := strings.CutSuffix(p.Type, "[]")
	number := element == "integer" || element == "number"
	switch {
	case p.Optional && p.Default != "":
		return errors.New("what has a default need not be optional")
	case list && p.Default != "":
		return errors.New("a list has no default")
	case !number && (p.Min != "" || p.Max != ""):
		return errors.New("only a number has min and max")
	case element != "string" && p.Pattern != "":
		return errors.New("only a string has a pattern")
	case element == "boolean" && len(p.Enum) > 0:
		return errors.New("a boolean has no enum")
	case slices.ContainsFunc(p.Enum, func(v string) bool { return strings.Contains(v, ",") }):
		return errors.New("a value of an enum has no comma")
	}
	_, err := schema.For(reflect.StructOf([]reflect.StructField{p.field(name, 0)}))
	return err
}

// field is the parameter as a field of what a call is decoded into.
func (p *Parameter) field(name string, i int) reflect.StructField {
	element, list := strings.CutSuffix(p.Type, "[]")
	f := reflect.StructField{Name: fmt.Sprintf("P%d", i)}
	for _, t := range types {
		if t.name == element {
			f.Type = t.of
		}
	}
	if list {
		f.Type = reflect.SliceOf(f.Type)
	}
	tag := func(key, value string) {
		if value != "" {
			f.Tag += reflect.StructTag(fmt.Sprintf("%s:%q ", key, value))
		}
	}
	option := ""
	if p.Optional {
		f.Type, option = reflect.PointerTo(f.Type), ",omitzero"
	}
	tag("json", name+option)
	tag("jsonschema", p.Description)
	tag("default", p.Default)
	tag("enum", strings.Join(p.Enum, ","))
	tag("min", p.Min)
	tag("max", p.Max)
	tag("pattern", p.Pattern)
	return f
}
