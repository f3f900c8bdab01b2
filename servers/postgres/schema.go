package postgres

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// shortComment is how much of a comment a list shows, in characters.
const shortComment = 100

// where is the database that a call is about.
type where struct {
	Database string `json:"database,omitzero" jsonschema:"which one" audit:"target"`
}

const schemasSQL guard.Own = `SELECT n.nspname, pg_catalog.quote_ident(n.nspname), pg_catalog.obj_description(n.oid, 'pg_namespace'),
	n.nspname = ANY (pg_catalog.current_schemas(false)) FROM pg_catalog.pg_namespace n ORDER BY n.nspname`

// ownedSQL is what list_schemas counts: schema, name, class, kind and kin.
const ownedSQL = `SELECT o.nspname, o.name, o.class, o.kind, ` + objectKin + ` FROM ` + objectsSQL + ` WHERE NOT o.minor AND` + notSystem

func (s *server) listSchemas(ctx context.Context, in where) (string, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return "", err
	}
	schemas, err := source.Own(ctx, schemasSQL)
	if err != nil {
		return "", err
	}
	all, err := source.Own(ctx, ownedSQL)
	if err != nil {
		return "", err
	}
	counts := map[string]map[string]int{}
	for _, r := range all {
		o := object{schema: r.Text(0), name: r.Text(1), class: r.Text(2), kind: r.Text(3)}
		o.setKin(r, 4)
		if !seen(source, &o) {
			continue
		}
		if counts[o.schema] == nil {
			counts[o.schema] = map[string]int{}
		}
		counts[o.schema][o.kind]++
	}
	var lines []string
	for _, r := range schemas {
		if !source.Schema(r.Text(0)) {
			continue
		}
		line := plain(r.Text(1)) + counted(counts[r.Text(0)])
		if r.Bool(3) {
			line += " (in search_path)"
		}
		lines = append(lines, line+remarkOf(r.Text(2), shortComment))
	}
	if len(lines) == 0 {
		return "no schemas", nil
	}
	return strings.Join(lines, "\n"), nil
}

// counted says how many there are of each kind.
func counted(counts map[string]int) string {
	var parts []string
	for _, kind := range kinds {
		if n := counts[kind]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", kind, n))
		}
	}
	if len(parts) == 0 {
		return ": empty"
	}
	return ": " + strings.Join(parts, ", ")
}

// kinds are those of objectsSQL, in the order in which they are counted.
var kinds = []string{"table", "partitioned_table", "partition", "view", "materialized_view", "foreign_table", "index", "sequence", "function", "type"}

// remarkOf is a comment at the end of a line.
func remarkOf(comment string, most int) string {
	if comment == "" {
		return ""
	}
	return " -- " + oneLine(comment, most)
}

type listObjectsIn struct {
	Schema  string `json:"schema,omitzero" jsonschema:"only of this schema" audit:"target"`
	Kind    string `json:"kind,omitzero" jsonschema:"only of this kind; without it, all but partitions, indexes and what belongs to columns or extensions" enum:"table,partitioned_table,partition,view,materialized_view,foreign_table,index,sequence,function,type"`
	Pattern string `json:"pattern,omitzero" jsonschema:"part of the name; * stands for any text"`
	Limit   int    `json:"limit,omitzero" jsonschema:"most to list" min:"1" max:"1000" default:"100"`
	Cursor  string `json:"cursor,omitzero" jsonschema:"where the last list ended"`
	where
}

// listSQL is a page of objects behind a place: $1 schema, $2 kind, $3 pattern,
// $4 to $6 the place, $7 most.
const listSQL = objectColumns + ` FROM ` + objectsSQL + ` WHERE` + notSystem + `
	AND ($1::text IS NULL OR o.nspname = $1) AND CASE WHEN $2::text IS NULL THEN NOT o.minor ELSE o.kind = $2 END
	AND ($3::text IS NULL OR o.name ILIKE $3)
	AND ($4::text IS NULL OR (o.nspname::text COLLATE "C", o.name::text COLLATE "C", o.oid) > ($4::text, $5::text, $6::oid))
	ORDER BY o.nspname::text COLLATE "C", o.name::text COLLATE "C", o.oid LIMIT $7::int`

func (s *server) listObjects(ctx context.Context, in listObjectsIn) (string, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return "", err
	}
	after, err := openPlace(in.Cursor)
	if err != nil {
		return "", err
	}
	found, err := page(ctx, source, in, after)
	if err != nil {
		return "", err
	}
	more := len(found) > in.Limit
	if more {
		found = found[:in.Limit]
	}
	var b strings.Builder
	for i := range found {
		b.WriteString(line(&found[i]) + "\n")
	}
	switch {
	case len(found) == 0 && in.Schema != "":
		return "no objects", known(ctx, source, schemaOf(in.Schema))
	case len(found) == 0:
		return "no objects", nil
	case more:
		fmt.Fprintf(&b, "more with cursor %q\n", placeOf(&found[in.Limit-1]))
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// schemaOf takes the quotes off that a name has in a statement.
func schemaOf(text string) string {
	if parts, quoted, err := splitName(text); err == nil && len(parts) == 1 && quoted[0] {
		return parts[0]
	}
	return text
}

// known is an error where there is no such schema, as far as may be known.
func known(ctx context.Context, source *guard.Source, schema string) error {
	schemas, err := source.Own(ctx, schemasSQL)
	if err != nil || source.Schema(schema) && slices.ContainsFunc(schemas, func(r guard.Record) bool { return r.Text(0) == schema }) {
		return err
	}
	return mcpcore.Hint(fmt.Errorf("there is no schema %q here", schema), "list_schemas lists the schemas")
}

// page finds one object more than the limit, where there are as many.
func page(ctx context.Context, source *guard.Source, in listObjectsIn, after []string) ([]object, error) {
	var found []object
	for {
		batch := in.Limit + 1
		params := []guard.Param{optional(schemaOf(in.Schema)), optional(in.Kind), guard.Null(), guard.Null(), guard.Null(), guard.Null(), guard.Text(strconv.Itoa(batch))}
		if in.Pattern != "" {
			params[2] = guard.Text(like(in.Pattern))
		}
		for i, part := range after {
			params[3+i] = guard.Text(part)
		}
		records, err := source.Own(ctx, listSQL, params...)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			o := objectOf(r)
			if seen(source, &o) {
				found = append(found, o)
			}
			after = []string{o.schema, o.name, o.oid}
		}
		if len(records) < batch || len(found) > in.Limit {
			return found, nil
		}
	}
}

func optional(text string) guard.Param {
	if text == "" {
		return guard.Null()
	}
	return guard.Text(text)
}

// line is an object in a list.
func line(o *object) string {
	text := o.label() + " " + o.kind
	switch {
	case o.class == "f":
		text = o.label() + " " + oneLine(o.result, 0)
	case o.result != "":
		text += " " + o.result
	case o.kind == "index":
		text += " of " + o.quotedOwner + ", " + size(o.bytes)
	case o.bytes > 0 && o.kind != "sequence":
		text += fmt.Sprintf(", ~%s rows, %s", count(max(o.tuples, 0)), size(o.bytes))
	}
	return text + remarkOf(o.comment, shortComment)
}

// placeOf is the place behind an object as a cursor, and openPlace reads one.
func placeOf(o *object) string {
	raw, _ := json.Marshal([]string{o.schema, o.name, o.oid}) // texts have a form in JSON
	return base64.RawURLEncoding.EncodeToString(raw)
}

func openPlace(cursor string) ([]string, error) {
	if cursor == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	var place []string
	if err == nil {
		err = json.Unmarshal(raw, &place)
	}
	if err == nil && len(place) == 3 {
		_, err = strconv.ParseUint(place[2], 10, 32)
	}
	if err != nil || len(place) != 3 {
		return nil, mcpcore.Hint(errors.New("the cursor is not of a list of objects"), "take it from the end of the last list, or leave it out")
	}
	return place, nil
}
