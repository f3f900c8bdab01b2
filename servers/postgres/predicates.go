package postgres

import (
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// needs are the columns of a table by which a query looks for rows of it.
type needs struct {
	schema, table string
	equal         []string // compared with a value
	ranges        []string // compared with <, > and the like
	joins         []string // compared with a column of another table
	apart         []string // in an OR, where each needs an index of its own
	order         []string // the order of the result, if it is all of this table's
	descending    []bool   // of order
}

// column is a column as a plan names it.
type column struct {
	of   *needs
	name string
}

// predicates reads from a plan what its query needs, by table. A plan with
// VERBOSE names each column with the alias of its table.
func predicates(p *plan) []*needs {
	r := reader{tables: map[string]*needs{}}
	p.Top.walk(func(n *planNode) {
		if n.Relation == "" || n.Schema == "" || n.Schema == "pg_catalog" {
			return
		}
		same := slices.IndexFunc(r.all, func(x *needs) bool { return x.schema == n.Schema && x.table == n.Relation })
		if same < 0 {
			same = len(r.all)
			r.all = append(r.all, &needs{schema: n.Schema, table: n.Relation})
		}
		r.tables[n.Alias] = r.all[same]
	})
	p.Top.walk(func(n *planNode) {
		for _, text := range []string{n.Filter, n.IndexCond, n.RecheckCond, n.HashCond, n.MergeCond, n.JoinFilter} {
			r.condition(text)
		}
		r.sorted(n.SortKey)
	})
	return r.all
}

// reader reads the conditions of a plan.
type reader struct {
	tables map[string]*needs // by alias
	all    []*needs
	sql    string
	tokens []gate.Token
}

func (r *reader) read(text string) bool {
	r.sql, r.tokens = text, r.tokens[:0]
	for t, err := range gate.Lex(text) {
		if err != nil {
			return false
		}
		r.tokens = append(r.tokens, t)
	}
	return true
}

// at is the text of a token, or "" where there is none.
func (r *reader) at(i int) string {
	if i < 0 || i >= len(r.tokens) {
		return ""
	}
	return r.sql[r.tokens[i].Start:r.tokens[i].End]
}

func (r *reader) named(i int) bool { return i >= 0 && i < len(r.tokens) && r.tokens[i].Name != "" }

func (r *reader) operator(i int) bool {
	return i >= 0 && i < len(r.tokens) && r.tokens[i].Kind == gate.Operator
}

// condition notes the columns that are compared.
func (r *reader) condition(text string) {
	if text == "" || !r.read(text) {
		return
	}
	or := slices.ContainsFunc(r.tokens, func(t gate.Token) bool { return t.Kind == gate.Word && t.Name == "or" })
	for i := range r.tokens {
		if !r.operator(i) {
			continue
		}
		op := r.at(i)
		if !slices.Contains([]string{"=", "<", ">", "<=", ">="}, op) {
			continue
		}
		left, right := r.left(i-1), r.right(i+1)
		switch {
		case left.of != nil && right.of != nil && left.of != right.of:
			left.of.joins, right.of.joins = with(left.of.joins, left.name), with(right.of.joins, right.name)
		case left.of != nil && right.of != nil:
		case left.of != nil:
			left.note(op, or)
		case right.of != nil:
			right.note(op, or)
		}
	}
}

func (c column) note(op string, or bool) {
	switch {
	case or:
		c.of.apart = with(c.of.apart, c.name)
	case op == "=":
		c.of.equal = with(c.of.equal, c.name)
	default:
		c.of.ranges = with(c.of.ranges, c.name)
	}
}

// left is the column that ends at token i, if nothing is done to it but a cast.
func (r *reader) left(i int) column {
	for i >= 0 {
		switch {
		case r.at(i) == ")":
			if open := r.open(i); open > 0 && r.tokens[open-1].Kind == gate.Word && !slices.Contains([]string{"and", "or", "not"}, r.tokens[open-1].Name) {
				return column{} // the argument of a function
			}
			i--
		case r.named(i) && r.at(i-1) == "." && r.named(i-2):
			if r.operator(i - 3) {
				return column{}
			}
			return column{r.tables[r.tokens[i-2].Name], r.tokens[i].Name}
		case r.named(i): // the words of a type
			start := i
			for start > 0 && r.named(start-1) {
				start--
			}
			if r.at(start-1) != "::" {
				return column{}
			}
			i = start - 2
		default:
			return column{}
		}
	}
	return column{}
}

// open is where the parenthesis opens that closes at i.
func (r *reader) open(i int) int {
	for depth := 0; i >= 0; i-- {
		switch r.at(i) {
		case ")":
			depth++
		case "(":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// right is the column that begins at token i.
func (r *reader) right(i int) column {
	for r.at(i) == "(" {
		i++
	}
	if !r.named(i) || r.at(i+1) != "." || !r.named(i+2) || r.operator(i+3) {
		return column{}
	}
	return column{r.tables[r.tokens[i].Name], r.tokens[i+2].Name}
}

// sorted notes an order that an index of one table can bring.
func (r *reader) sorted(keys []string) {
	var of *needs
	var order []string
	var descending []bool
	for _, key := range keys {
		if !r.read(key) || len(r.tokens) < 3 || r.at(1) != "." {
			return
		}
		last := ""
		switch len(r.tokens) {
		case 3:
		case 4:
			last = strings.ToLower(r.at(3))
		default:
			return
		}
		table := r.tables[r.tokens[0].Name]
		if table == nil || of != nil && of != table || last != "" && last != "desc" {
			return
		}
		of, order, descending = table, append(order, r.tokens[2].Name), append(descending, last == "desc")
	}
	if of != nil && of.order == nil {
		of.order, of.descending = order, descending
	}
}

// with adds a name that is not there yet.
func with(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}
