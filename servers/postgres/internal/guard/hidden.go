package guard

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Columns that may not be seen are kept by three rules, each of which looks at
// what the server makes of a statement:
//
//   - a result column that comes straight from a masked one is known by its
//     origin, or behind a view by the plan, whatever it is called, and its
//     values are replaced;
//   - a result column without an origin is an expression, and is refused where
//     the statement can have reached a hidden column by name, star or rename;
//   - the plan shows every expression with the columns' own names; none may hold
//     a hidden column, nor a row as a whole, and no part of the statement may
//     hand a hidden column on under a name of its own. For the sake of this it
//     is a plan without indexes, where whatever orders rows is an expression.

// uses is how a statement may have reached a hidden column.
type uses struct{ name, star, renames bool }

func (u uses) any() bool { return u.name || u.star || u.renames }

// text looks for hidden columns in the text of a statement.
func (h *hidden) text(sql string) (u uses, err error) {
	var tokens []gate.Token
	for t, err := range gate.Lex(sql) {
		if err != nil {
			return u, err
		}
		tokens = append(tokens, t)
	}
	at := func(i int) string {
		if i < 0 || i >= len(tokens) {
			return ""
		}
		return strings.ToLower(sql[tokens[i].Start:tokens[i].End])
	}
	clause := ""
	for i, t := range tokens {
		if t.Kind == gate.Word && slices.Contains(clauses, t.Name) {
			clause = t.Name
		}
		switch {
		case t.Name != "" && h.denied[t.Name]:
			return u, h.refused(t.Name, "the column may not be used")
		case t.Name != "" && h.names[t.Name] && clause != "select":
			return u, h.refused(t.Name, hiddenWhy)
		case t.Name != "" && h.names[t.Name]:
			u.name = true
		case t.Kind == gate.Operator && at(i) == "*" && star(tokens, i, at):
			u.star = true
		case t.Kind == gate.Word && (t.Name == "table" || t.Name == "natural"):
			u.star = true
		case at(i) == "(" && i > 0 && tokens[i-1].Name != "" && names(tokens, i, at) && !called(tokens, i-1, at):
			u.renames = true
		}
	}
	if len(h.denied) > 0 && u.renames {
		return u, h.refused("", "a column of what is used here may not be seen: new names for all columns would reach it")
	}
	return u, nil
}

const hiddenWhy = "the column's values are hidden: it can be selected as it is, and not computed with, searched, sorted or grouped by"

// clauses are the keywords after which something else begins than a list of
// results.
var clauses = []string{"select", "from", "where", "group", "having", "window", "order", "on", "using", "over", "filter", "limit", "offset"}

// star reports whether a * stands for all columns, and not for a product: what
// follows is no operand.
func star(tokens []gate.Token, i int, at func(int) string) bool {
	if at(i-1) == "." || i+1 == len(tokens) {
		return true
	}
	if at(i-1) == "(" && at(i+1) == ")" { // count(*)
		return false
	}
	next := tokens[i+1]
	switch next.Kind {
	case gate.Number, gate.String, gate.Param, gate.Quoted, gate.Operator, gate.Bits:
		return false
	case gate.Punct:
		return at(i+1) != "("
	}
	return slices.Contains([]string{"from", "where", "group", "having", "window", "union", "intersect", "except", "order", "limit",
		"offset", "fetch", "for", "into"}, next.Name)
}

// names reports whether a parenthesis holds nothing but names with commas
// between them, as a list of new names for columns does.
func names(tokens []gate.Token, i int, at func(int) string) bool {
	for i++; i+1 < len(tokens); i += 2 {
		if tokens[i].Name == "" {
			return false
		}
		if at(i+1) == ")" {
			return true
		}
		if at(i+1) != "," {
			return false
		}
	}
	return false
}

// called reports whether the name before a parenthesis can only be that of a
// function: a relation's alias follows AS, WITH, a comma after a parenthesis,
// or another name.
func called(tokens []gate.Token, i int, at func(int) string) bool {
	switch before := at(i - 1); {
	case i == 0, before == "as", before == "with", before == "recursive", before == ")":
		return false
	case before == ",":
		return at(i-2) != ")"
	case tokens[i-1].Kind == gate.Quoted:
		return false
	case tokens[i-1].Kind == gate.Word:
		return slices.Contains([]string{"select", "distinct", "all", "where", "and", "or", "not", "on", "by", "when", "then", "else", "case",
			"having", "in", "like", "ilike", "between", "limit", "offset", "is", "from", "join", "lateral", "using", "over", "filter"}, before)
	}
	return true
}

// origins holds the columns of the result to their origins.
func (h *hidden) origins(shape *shape, u uses) error {
	if !u.any() {
		return nil
	}
	for _, f := range shape.fields {
		if f.TableOID == 0 {
			return h.refused("", fmt.Sprintf("the result %q is an expression, and the statement mentions a column whose values are hidden", f.Name))
		}
	}
	return nil
}

// plan holds the expressions of a plan to what they may mention. So many of its
// columns are the result's; what is behind them is for an order alone.
func (h *hidden) plan(plan map[string]any, in *intake, columns int) error {
	results, _ := plan["Output"].([]any)
	for i, r := range results {
		text, _ := r.(string)
		switch name := h.mentioned(text); {
		case name != "" && h.denied[name]:
			return h.refused(name, "the column may not be used")
		case name != "" && i >= columns:
			return h.refused(name, hiddenWhy)
		case name != "":
			in.covered = append(in.covered, i)
		}
	}
	return h.node(plan)
}

// mentioned is a hidden column that an expression of a plan mentions, or "".
func (h *hidden) mentioned(text string) string {
	for t, err := range gate.Lex(text) {
		if err == nil && t.Name != "" && h.names[t.Name] {
			return t.Name
		}
	}
	return ""
}

func (h *hidden) node(node map[string]any) error {
	if node["Subplan Name"] != nil || node["Parent Relationship"] == "Subquery" {
		results, _ := node["Output"].([]any)
		for _, r := range results {
			if text, _ := r.(string); h.mentioned(text) != "" {
				return h.refused(h.mentioned(text), "the column's values are hidden, and the statement, or a view, hands it on under another name")
			}
		}
	}
	if err := h.compared(node); err != nil {
		return err
	}
	for key, value := range node {
		switch v := value.(type) {
		case string:
			if err := h.expression(key, v); err != nil {
				return err
			}
		case []any:
			for _, one := range v {
				if err := h.item(key, one); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// compared refuses a hidden column where whole rows are compared, as the plan
// does not tell of what is.
func (h *hidden) compared(node map[string]any) error {
	if node["Node Type"] != "SetOp" && node["Node Type"] != "Unique" && node["Node Type"] != "Recursive Union" {
		return nil
	}
	children, _ := node["Plans"].([]any)
	for _, child := range children {
		inner, _ := child.(map[string]any)
		results, _ := inner["Output"].([]any)
		for _, r := range results {
			text, _ := r.(string)
			if name := h.mentioned(text); name != "" {
				return h.refused(name, hiddenWhy)
			}
		}
	}
	return nil
}

func (h *hidden) item(key string, item any) error {
	switch v := item.(type) {
	case map[string]any:
		return h.node(v)
	case string:
		return h.expression(key, v)
	}
	return nil
}

// described are the members of a node that are no expressions.
var described = []string{"Node Type", "Parent Relationship", "Join Type", "Relation Name", "Schema", "Alias", "Index Name", "CTE Name",
	"Subplan Name", "Function Name", "Strategy", "Partial Mode", "Command", "Operation", "Scan Direction", "Custom Plan Provider", "Tuplestore Name"}

// expression refuses a hidden column, and a whole row, in an expression. A
// column that is handed on as it is comes under the rules for results.
func (h *hidden) expression(key, text string) error {
	if slices.Contains(described, key) {
		return nil
	}
	var tokens []gate.Token
	for t, err := range gate.Lex(text) {
		if err != nil {
			return errNoPlan
		}
		tokens = append(tokens, t)
	}
	plain := key == "Output" && (len(tokens) == 1 || len(tokens) == 3 && text[tokens[1].Start:tokens[1].End] == ".")
	for i, t := range tokens {
		raw := text[t.Start:t.End]
		if raw == "*" && i > 0 && text[tokens[i-1].Start:tokens[i-1].End] == "." || t.Kind == gate.Word && t.Name == "row" {
			return h.refused("", "a row with hidden columns is used as a whole")
		}
		if t.Name != "" && h.names[t.Name] && !plain {
			return h.refused(t.Name, hiddenWhy)
		}
	}
	return nil
}

func (h *hidden) refused(column, why string) error {
	rule, subject := "--mask, --deny-columns", ""
	if column != "" {
		subject = fmt.Sprintf("%s of %s: ", column, h.where[column])
	}
	return mcpcore.Hint(mcpcore.Refused(rule, errors.New(subject+why)),
		"name the columns that are needed, without the hidden ones; describe shows which those are")
}
