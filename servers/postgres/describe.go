package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type describeIn struct {
	Object string `json:"object" jsonschema:"name, with its schema where that is not in search_path; a function may have its argument types" minLength:"1" audit:"target"`
	Detail string `json:"detail,omitzero" jsonschema:"full adds definitions, sizes, use of indexes, policies, triggers, partitions" enum:"summary,full" default:"summary"`
	where
}

func (s *server) describe(ctx context.Context, in describeIn) (string, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return "", err
	}
	found, err := resolve(ctx, source, in.Object)
	if err != nil {
		return "", err
	}
	full := in.Detail == "full"
	if i := slices.IndexFunc(found, func(o object) bool { return o.class != "f" }); i >= 0 {
		o := found[i]
		var p pageText
		switch {
		case o.class == "t":
			err = p.typ(ctx, source, &o)
		case o.kind == "index":
			err = p.index(ctx, source, &o)
		case o.kind == "sequence":
			err = p.sequence(ctx, source, &o)
		default:
			err = p.table(ctx, source, &o, full)
		}
		for _, also := range slices.Delete(found, i, i+1) {
			p.section("there is also " + also.kind + " " + also.label())
		}
		return p.String(), err
	}
	var p pageText
	for i := range found {
		if err := p.function(ctx, source, &found[i], full || len(found) == 1); err != nil {
			return "", err
		}
	}
	return p.String(), nil
}

// resolveSQL finds objects by name, and by schema where $2 is one. Visible are
// those for which no schema has to be named.
const resolveSQL = objectColumns + `, CASE o.class WHEN 'r' THEN pg_catalog.pg_table_is_visible(o.oid)
	WHEN 'f' THEN pg_catalog.pg_function_is_visible(o.oid) ELSE pg_catalog.pg_type_is_visible(o.oid) END,
	CASE o.class WHEN 'f' THEN (SELECT pg_catalog.oidvectortypes(p.proargtypes) FROM pg_catalog.pg_proc p WHERE p.oid = o.oid) END
	FROM ` + objectsSQL + ` WHERE` + notSystem + ` AND o.name = $1 AND ($2::text IS NULL OR o.nspname = $2)
	ORDER BY o.nspname, o.class DESC, 6, o.oid`

// resolve finds what a name means: one object, or the functions of one name in
// one schema.
func resolve(ctx context.Context, source *guard.Source, text string) ([]object, error) {
	bare, arguments, called := splitCall(text)
	_, _, database := source.Address()
	names, err := readings(bare, database)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		records, err := source.Own(ctx, resolveSQL, guard.Text(n.object), optional(n.schema))
		if err != nil {
			return nil, err
		}
		var all, visible []object
		for _, r := range records {
			o := objectOf(r)
			if !seen(source, &o) || called && (o.class != "f" || !takes(&o, r.Text(16), arguments)) {
				continue
			}
			all = append(all, o)
			if r.Bool(15) {
				visible = append(visible, o)
			}
		}
		if n.schema == "" && len(visible) > 0 {
			all = visible
		}
		if len(all) > 0 {
			return all, ambiguous(text, all)
		}
	}
	return nil, mcpcore.Hint(fmt.Errorf("there is no object %s here", oneLine(text, 200)), "search_schema finds names by a part of them")
}

// takes reports whether arguments are a function's, as types or as it is
// declared.
func takes(o *object, types, arguments string) bool {
	plain := func(text string) string { return strings.ToLower(strings.ReplaceAll(oneLine(text, 0), ", ", ",")) }
	return plain(arguments) == plain(types) || plain(arguments) == plain(o.arguments)
}

func ambiguous(text string, all []object) error {
	for _, o := range all[1:] {
		if o.schema == all[0].schema {
			continue
		}
		labels := make([]string, len(all))
		for i := range all {
			labels[i] = all[i].label()
		}
		return mcpcore.Hint(fmt.Errorf("%s may be any of %s", oneLine(text, 200), strings.Join(labels, ", ")), "name the schema")
	}
	return nil
}

// pageText is a description as it grows: a heading, and sections with a line
// for each entry.
type pageText struct{ strings.Builder }

// heading begins the description of an object.
func (p *pageText) heading(o *object, kind string, facts ...string) {
	if p.Len() > 0 {
		p.WriteByte('\n')
	}
	p.WriteString(kind + " " + o.label())
	for _, fact := range facts {
		if fact != "" {
			p.WriteString(", " + fact)
		}
	}
	if o.comment != "" {
		p.WriteString("\n-- " + oneLine(o.comment, 0))
	}
}

// section is left out where it has no lines, unless its title says all.
func (p *pageText) section(title string, lines ...string) {
	if len(lines) == 0 && strings.HasSuffix(title, ":") {
		return
	}
	p.WriteString("\n" + title)
	for _, line := range lines {
		p.WriteString("\n  " + line)
	}
}

// text is a section of lines that somebody else wrote.
func (p *pageText) text(title, body string) {
	p.section(title+":", strings.Split(strings.Trim(strings.ReplaceAll(body, "\r\n", "\n"), "\n"), "\n")...)
}

// hidden stands where a definition would.
const hidden = "not shown: it may name what may not be seen"
