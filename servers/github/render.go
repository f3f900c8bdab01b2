package github

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// pageIn is the part of a list that is asked for.
type pageIn struct {
	Limit  int    `json:"limit,omitzero" alias:"perPage,per_page"`
	Cursor string `json:"cursor,omitzero" alias:"page,after"`
}

func (p pageIn) window() guard.Window {
	if p.Limit <= 0 {
		p.Limit = 30
	}
	return guard.Window{Limit: p.Limit, Cursor: p.Cursor}
}

// list is a table of rows.
type list struct {
	from    string // whose text it holds; "" where it is nobody's
	columns []string
	rows    [][]any
	page    guard.Page
	format  string // table or json; "" is what the operator chose
}

func (l *list) add(cells ...any) { l.rows = append(l.rows, cells) }

// shown is a list as a result: a line for each row, or JSON.
func (s *server) shown(l *list) (*mcpcore.Result, error) {
	if s.json || l.format == "json" {
		return l.json()
	}
	if len(l.rows) == 0 {
		return texts("none" + more(l.page)), nil
	}
	var b strings.Builder
	b.WriteString(strings.Join(l.columns, "\t") + "\n")
	for _, row := range l.rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(line(fmt.Sprint(cell), 300))
		}
		b.WriteByte('\n')
	}
	text := b.String()
	if l.from != "" {
		text = s.fenced(l.from, text)
	}
	return texts(text + more(l.page)), nil
}

func more(p guard.Page) string {
	var parts []string
	if p.Total > 0 {
		parts = append(parts, fmt.Sprintf("%d in all", p.Total))
	}
	if p.Next != "" {
		parts = append(parts, "cursor for more: "+p.Next)
	}
	if len(parts) == 0 {
		return ""
	}
	return "\n[" + strings.Join(parts, "; ") + "]"
}

func (l *list) json() (*mcpcore.Result, error) {
	out := struct {
		Items []json.RawMessage `json:"items"`
		Total int               `json:"total,omitempty"`
		Next  string            `json:"cursor,omitempty"`
	}{Items: []json.RawMessage{}, Total: l.page.Total, Next: l.page.Next}
	for _, row := range l.rows {
		var b strings.Builder
		for i, cell := range row {
			if text, ok := cell.(string); ok {
				cell = line(text, 0)
			}
			value, err := schema.Marshal(cell)
			if err != nil {
				return nil, err
			}
			mark := ","
			if i == 0 {
				mark = "{"
			}
			fmt.Fprintf(&b, "%s%q:%s", mark, l.columns[i], value)
		}
		out.Items = append(out.Items, json.RawMessage(b.String()+"}"))
	}
	text, err := schema.Marshal(out)
	return texts(string(text)), err
}

// fenced is a text of others between marks; unlike in quoted it stands as it
// is but for what cannot be seen: a diff or a file must not be changed.
func (s *server) fenced(from, text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return "<" + s.fence + " " + line(from, 300) + ">\n" + strings.TrimRight(visible(text), "\n") + "\n</" + s.fence + ">"
}

// by is an author with the part they have in the repository.
func by(login, association string) string {
	switch association {
	case "", "NONE":
		return "@" + login
	}
	return "@" + login + " (" + strings.ToLower(association) + ")"
}

// budget is how many bytes an answer takes, of what may be taken.
func budget(asked, usual int) int {
	if asked <= 0 {
		return usual
	}
	return min(max(asked, 1000), 200_000)
}

// short is a SHA as people read it.
func short(sha string) string { return sha[:min(len(sha), 10)] }

// first is the first line of a text.
func first(text string) string {
	head, _, _ := strings.Cut(text, "\n")
	return head
}
