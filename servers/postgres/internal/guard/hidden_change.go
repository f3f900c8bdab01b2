package guard

import (
	"context"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// What a statement writes can be read afterwards, under a name that no rule is
// for. So a column that may not be seen is, in a statement that changes rows,
// nothing but a place to write to, or a result of RETURNING as it is; and the
// plan holds none in what is written.

// admitsChange decides whether a parsed statement that changes rows may run, and
// returns the columns that are hidden in its result.
func (s *Source) admitsChange(ctx context.Context, c *session, st statement, touched []relation, shape *shape) (*hidden, error) {
	if err := s.barred(touched); err != nil {
		return nil, err
	}
	h := s.hiddenOf(touched)
	if h != nil {
		uses, err := h.changeText(st.model.SQL(), touched)
		if err != nil {
			return nil, err
		}
		if err := h.origins(shape, uses); err != nil {
			return nil, err
		}
	}
	plan, err := s.plans(ctx, c, st, h)
	if err != nil || h == nil {
		return nil, err
	}
	return h, h.changePlan(plan)
}

// changeText looks for hidden columns in the text of a statement that changes
// rows.
func (h *hidden) changeText(sql string, touched []relation) (u uses, err error) {
	r := reader{sql: sql, rows: map[string]bool{"excluded": true}}
	for _, t := range touched {
		r.rows[alike(t.name)] = true
	}
	for t, err := range gate.Lex(sql) {
		if err != nil {
			return u, err
		}
		r.tokens = append(r.tokens, t)
	}
	for i, t := range r.tokens {
		switch {
		case t.Name != "" && h.denied[t.Name]:
			return u, h.refused(t.Name, "the column may not be used")
		case t.Name != "" && h.names[t.Name] && r.returned():
			u.name = true
		case t.Name != "" && h.names[t.Name] && !r.written(i):
			return u, h.refused(t.Name, "the column's values are hidden: it can be written to, and not read, searched or compared with")
		case t.Kind == gate.Operator && r.at(i) == "*" && star(r.tokens, i, r.at), t.Kind == gate.Word && (t.Name == "table" || t.Name == "natural"):
			if !r.returned() || len(h.denied) > 0 {
				return u, h.refused("", "a column of what is used here may not be seen: all columns at once would reach it")
			}
			u.star = true
		case r.wholeRow(i):
			return u, h.refused("", "a row with hidden columns is used as a whole")
		case r.renames(i):
			return u, h.refused("", "a column of what is used here may not be seen: new names for all columns would reach it")
		}
		r.pass(i)
	}
	return u, nil
}

// reader walks through a statement that changes rows, and knows where it is.
type reader struct {
	sql    string
	tokens []gate.Token
	rows   map[string]bool // names that stand for a row where they stand alone
	apart  bool            // what follows is in no plan: what ON CONFLICT does, and the actions of a MERGE
	depth  int
	with   bool     // the statement begins with WITH
	into   int      // where a list of columns to insert into may begin; 0: nowhere
	list   int      // the depth of such a list, in which the reader is; 0: in none
	clause []string // of each depth: the last keyword that begins one
}

func (r *reader) at(i int) string {
	if i < 0 || i >= len(r.tokens) {
		return ""
	}
	return strings.ToLower(r.sql[r.tokens[i].Start:r.tokens[i].End])
}

func (r *reader) in() string {
	if r.depth < len(r.clause) {
		return r.clause[r.depth]
	}
	return ""
}

// changeClauses are the keywords after which something else begins than what SET
// or RETURNING have.
var changeClauses = append([]string{"set", "returning", "insert", "update", "delete", "values", "when", "then", "do", "union", "intersect", "except"}, clauses...)

// pass moves on behind the token at i.
func (r *reader) pass(i int) {
	t := r.tokens[i]
	switch word := r.at(i); {
	case i == 0 && word == "with":
		r.with = true
	case word == "(" || word == "[":
		if r.depth++; r.into == i {
			r.list = r.depth
		}
		r.clause = append(r.clause[:min(len(r.clause), r.depth)], make([]string, max(0, r.depth+1-len(r.clause)))...)
	case word == ")" || word == "]":
		if r.list == r.depth {
			r.list = 0
		}
		r.depth = max(0, r.depth-1)
	case t.Kind == gate.Word && slices.Contains(changeClauses, word) && r.at(i-1) != ".":
		for len(r.clause) <= r.depth {
			r.clause = append(r.clause, "")
		}
		r.clause[r.depth] = word
	}
	r.into = r.listAt(i)
	if t.Kind == gate.Word && (r.at(i) == "conflict" && r.at(i-1) == "on" || r.at(i) == "when" && r.depth == 0) {
		r.apart = true
	}
	if r.at(i) == "into" {
		r.alias(i + 1)
	}
}

// alias notes by what other name a table goes that is named at i.
func (r *reader) alias(i int) {
	for r.at(i+1) == "." {
		i += 2
	}
	if i++; r.at(i) == "as" {
		i++
	}
	if i < len(r.tokens) && r.tokens[i].Name != "" {
		r.rows[alike(r.tokens[i].Name)] = true
	}
}

// alike is the same for names that a server may take for the same: it keeps 63
// bytes of each, and in some encodings puts letters in lower case.
func alike(name string) string {
	name = strings.ToLower(name)
	return name[:min(len(name), 63)]
}

// wholeRow tells whether the name at i stands for a whole row, where no plan would
// show it.
func (r *reader) wholeRow(i int) bool {
	t := r.tokens[i]
	return r.apart && t.Name != "" && r.rows[alike(t.Name)] && r.at(i-1) != "." && r.at(i+1) != "." && !r.written(i)
}

// listAt is where, behind the token at i, a list of columns to insert into begins:
// behind the table, and behind the INSERT of a MERGE.
func (r *reader) listAt(i int) int {
	list := i + 1
	if r.at(list) != "(" {
		return 0
	}
	if r.at(i) == "insert" && r.tokens[i].Kind == gate.Word && r.at(i-1) == "then" {
		return list
	}
	for i >= 2 && r.at(i-1) == "." { // the first part of the table's name
		i -= 2
	}
	if r.at(i-1) == "as" { // the table's alias
		for i -= 2; i >= 2 && r.at(i-1) == "."; {
			i -= 2
		}
	}
	if r.tokens[max(i, 0)].Name != "" && r.at(i-1) == "into" && r.at(i-2) == "insert" {
		return list
	}
	return 0
}

// renames tells whether at i a list of new names for the columns of a relation
// begins. What is before it is a name then, and not that of a function.
func (r *reader) renames(i int) bool {
	if r.at(i) != "(" || i == 0 || i == r.into || !names(r.tokens, i, r.at) {
		return false
	}
	before := r.tokens[i-1]
	if before.Name == "" || before.Kind == gate.Word && slices.Contains(listKeywords, r.at(i-1)) {
		return false
	}
	return !called(r.tokens, i-1, r.at) && !slices.Contains([]string{"returning", "set", "then", "else", "values", "="}, r.at(i-2))
}

// listKeywords are those that a list of names can follow which renames nothing.
var listKeywords = []string{"set", "values", "using", "in", "on", "and", "or", "not", "when", "then", "else", "where", "select", "distinct", "by", "any",
	"all", "some", "conflict", "returning", "having", "row", "array", "limit", "offset"}

// returned tells whether the reader is in what the statement itself returns.
func (r *reader) returned() bool { return !r.with && r.depth == 0 && r.in() == "returning" }

// written tells whether the name at i is that of a column which is written to.
func (r *reader) written(i int) bool {
	switch before, behind := r.at(i-1), r.at(i+1); {
	case r.list > 0 && r.list == r.depth:
		return (before == "(" || before == ",") && (behind == "," || behind == ")")
	case r.in() == "set":
		return (before == "set" || before == ",") && behind == "="
	}
	return false
}

// changePlan looks for hidden columns in what a statement writes, and in what
// it depends on.
func (h *hidden) changePlan(plan map[string]any) error {
	if plan["Node Type"] == "ModifyTable" {
		results, _ := plan["Output"].([]any)
		for _, r := range results {
			if text, _ := r.(string); h.denied[h.mentioned(text)] {
				return h.refused(h.mentioned(text), "the column may not be used")
			}
		}
	}
	if err := h.sources(plan); err != nil {
		return err
	}
	return h.node(plan)
}

// sources refuses a hidden column in what goes into a table.
func (h *hidden) sources(node map[string]any) error {
	children, _ := node["Plans"].([]any)
	for _, child := range children {
		inner, _ := child.(map[string]any)
		if node["Node Type"] == "ModifyTable" && inner["Parent Relationship"] == "Outer" {
			results, _ := inner["Output"].([]any)
			for _, r := range results {
				text, _ := r.(string)
				if name := h.mentioned(text); name != "" {
					return h.refused(name, "the column's values are hidden, and would be written to where they are not")
				}
			}
		}
		if err := h.sources(inner); err != nil {
			return err
		}
	}
	return nil
}
