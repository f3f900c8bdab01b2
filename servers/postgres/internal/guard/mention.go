package guard

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Mentions finds the definitions, such as those of views, that name what may
// not be seen. Nothing but names is looked at, and whatever may be one counts:
// a definition that is hidden without need does less harm than one that is
// shown.
type Mentions struct{ tables []mentionable }

// mentionable is a table that may not be seen, or that has columns which may not.
type mentionable struct {
	schema, name string
	needsSchema  bool // to be meant, as it is not on the search path
	columns      []string
}

// mentionsSQL lists the tables of some names, with the columns of some names.
const mentionsSQL Own = `SELECT n.nspname, c.relname, NOT n.nspname = ANY (pg_catalog.current_schemas(false)),
	(SELECT json_agg(a.attname) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attname = ANY ($1::text[])), ` + KinSQL + `
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL (SELECT c.oid) k
	WHERE c.relname = ANY ($1::text[]) AND c.relkind NOT IN ('i', 'I', 't') AND n.nspname NOT IN ('pg_catalog', 'information_schema')`

// Mentions looks at definitions at once; Hides then tells of each. of is the
// table that they are part of, as far as they are of one.
func (s *Source) Mentions(ctx context.Context, of Kin, definitions ...string) (*Mentions, error) {
	m := &Mentions{}
	if !s.Ruled() {
		return m, nil
	}
	words := wordsOf(strings.Join(definitions, "\n"))
	for _, t := range of {
		words[t[0]], words[t[1]] = true, true
	}
	records, err := s.Own(ctx, mentionsSQL, Texts(slices.Collect(maps.Keys(words))))
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		t := mentionable{schema: r.Text(0), name: r.Text(1), needsSchema: r.Bool(2)}
		kin := KinOf(r.Text(4))
		if s.Seen(kin) {
			for _, column := range TextsOf(r.Text(3)) {
				if !s.ColumnSeen(kin, column) {
					t.columns = append(t.columns, column)
				}
			}
			if len(t.columns) == 0 {
				continue
			}
		}
		m.tables = append(m.tables, t)
	}
	return m, nil
}

// Hides reports whether a definition has to be hidden; of is the table that it
// is part of.
func (m *Mentions) Hides(of Kin, definition string) bool {
	if len(m.tables) == 0 {
		return false
	}
	words := wordsOf(definition)
	for _, t := range of {
		words[t[0]], words[t[1]] = true, true
	}
	return slices.ContainsFunc(m.tables, func(t mentionable) bool {
		if !words[t.name] || t.needsSchema && !words[t.schema] {
			return false
		}
		return t.columns == nil || slices.ContainsFunc(t.columns, func(column string) bool { return words[column] })
	})
}

var word = regexp.MustCompile(`[\pL_][\pL\pN_$]*`)

// wordsOf is whatever may be a name in a text: every word, as it stands and in
// small letters, and what is between two quotes.
func wordsOf(text string) map[string]bool {
	words := map[string]bool{}
	for _, w := range word.FindAllString(text, -1) {
		words[w], words[strings.ToLower(w)] = true, true
	}
	for i := range len(text) {
		if text[i] == '"' {
			if name, ok := quotedAt(text[i+1:]); ok {
				words[name] = true
			}
		}
	}
	return words
}

// quotedAt reads a name up to the quote that ends it.
func quotedAt(text string) (name string, ok bool) {
	const longest = 2 * 63 // a name has at most 63 bytes
	for i := 0; i < len(text) && i <= longest; i++ {
		if text[i] != '"' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '"' {
			i++
			continue
		}
		return strings.ReplaceAll(text[:i], `""`, `"`), true
	}
	return "", false
}
