package gate

import "strings"

// query walks through a statement that may hold queries, and refuses what no
// query may do in this mode. The kind is Select or DML, or DDL for a verb of
// neither kind.
func (c *checker) query(tokens []token) (Kind, Change, *Refusal) {
	var verbs []int
	w := walk{checker: c, tokens: tokens, kind: Select, change: -1, verbs: &verbs} // stays on the stack, with the tokens
	r := w.all()
	if w.kind != DML || r != nil {
		return w.kind, Change{}, r
	}
	return w.kind, w.changed(), nil
}

func (w *walk) all() *Refusal {
	switch verb := verbOf(w.tokens).symbol; {
	case verb.opensDML():
		w.kind = DML
		if r := w.dml(0); r != nil {
			return r
		}
	case !verb.opensQuery():
		w.kind = DDL
	}
	w.open(0)
	for i, t := range w.tokens {
		if t.symbol <= kwReserved { // most are nothing to act upon
			w.name = false
			continue
		}
		if r := w.step(i); r != nil {
			return r
		}
	}
	return nil
}

// deepest is how deep parentheses may be nested.
const deepest = 1024

// walk is what is known at a token of a statement.
type walk struct {
	*checker
	tokens []token
	kind   Kind
	change int    // where the verb of the last DML stands
	verbs  *[]int // and those of all; apart, as what append makes would take all else off the stack
	depth  int
	lists  [deepest / 64]uint64 // a bit for each depth: in the list that WITH begins, up to the statement's own verb
	name   bool                 // this is where the name of a query in such a list stands
}

func (w *walk) list() bool { return w.lists[w.depth/64]>>(w.depth%64)&1 != 0 }

func (w *walk) setList(on bool) {
	bit := uint64(1) << (w.depth % 64)
	if w.lists[w.depth/64] &^= bit; on {
		w.lists[w.depth/64] |= bit
	}
}

// open begins what starts at tokens[i], at the present depth.
func (w *walk) open(i int) { w.setList(w.symbol(i) == kwWith) }

// symbol is that of tokens[i], or 0 outside.
func (w *walk) symbol(i int) symbol {
	if i < 0 || i >= len(w.tokens) {
		return 0
	}
	return w.tokens[i].symbol
}

func (w *walk) step(i int) *Refusal {
	t := w.tokens[i]
	if t.kind == Punct {
		return w.punctuation(i)
	}
	if w.name {
		w.name = false // whatever it is, it is a name
		return nil
	}
	if w.label(i) && !(w.kind == DDL && t.symbol == kwWith) { // CREATE TABLE t AS WITH …
		return nil
	}
	if w.list() {
		return w.listed(i)
	}
	switch t.symbol {
	case kwWith:
		w.setList(w.kind != Select && w.opensList(i))
		w.name = w.list() && !w.recursive(i)
	case kwInto:
		if i != w.change+1 { // not of INSERT INTO or MERGE INTO
			return w.refuse(t, RuleInto, "SELECT INTO makes a table",
				`leave INTO out to see the rows; a column of that name needs double quotes; where tables may be made, use CREATE TABLE … AS`)
		}
	case kwFor:
		if w.rules.Mode == ReadOnly && w.locks(i+1) {
			return w.refuse(t, RuleLock, "FOR "+w.text(w.tokens[i+1])+" locks rows, and this server is read-only", "leave the FOR clause out")
		}
	}
	return nil
}

// label tells whether a word is the name of a column or an alias, because of
// what stands before it.
func (w *walk) label(i int) bool {
	return i > 0 && (w.tokens[i-1].symbol == '.' || w.tokens[i-1].symbol == kwAs)
}

func (w *walk) punctuation(i int) *Refusal {
	t := w.tokens[i]
	w.name = false
	switch t.symbol {
	case '(', '[':
		if w.list() && i > 0 && w.tokens[i-1].symbol == ')' {
			w.setList(false) // the statement's own query, between parentheses
		}
		body := w.list() && (w.symbol(i-1) == kwAs || w.symbol(i-1) == kwMaterialized) // of a query in the list
		if w.depth++; w.depth == deepest {
			return w.refuse(t, RuleSyntax, "parentheses are nested more than a thousand deep", "send lists as parameters, such as one array for = ANY ($1)")
		}
		w.open(i + 1)
		if body && w.symbol(i+1).opensDML() {
			return w.dml(i + 1)
		}
	case ')', ']':
		if w.depth--; w.depth < 0 {
			return w.refuse(t, RuleSyntax, "nothing is open for "+w.shown(t)+" to close", "remove it")
		}
	case ',':
		w.name = w.list()
	}
	return nil
}

// listed looks at a word in a WITH list, outside of its queries.
func (w *walk) listed(i int) *Refusal {
	switch word := w.symbol(i); {
	case word == kwWith, word == kwRecursive && w.symbol(i-1) == kwWith:
		w.name = !w.recursive(i)
	case word.opensQuery():
		w.setList(false)
	case word.opensDML():
		w.setList(false)
		return w.dml(i)
	}
	return nil
}

// recursive tells whether at i there is WITH, and RECURSIVE stands between it
// and the first name.
func (w *walk) recursive(i int) bool {
	return w.symbol(i) == kwWith && w.symbol(i+1) == kwRecursive &&
		i+2 < len(w.tokens) && w.tokens[i+2].named() && w.symbol(i+2) != kwAs
}

// opensList tells whether the WITH at i, which is not the first word of its
// query or statement, as in INSERT INTO t WITH …, begins a list of queries.
func (w *walk) opensList(i int) bool {
	return w.recursive(i) || w.symbol(i+2) == kwAs || i+2 < len(w.tokens) && w.tokens[i+2].symbol == '('
}

// locks tells whether what stands at i, behind FOR, asks for a row lock.
func (w *walk) locks(i int) bool {
	switch w.symbol(i) {
	case kwUpdate, kwShare:
		return true
	case kwNo:
		return w.symbol(i+1) == kwKey
	case kwKey:
		return w.symbol(i+1) == kwShare
	}
	return false
}

// dml notes a statement that changes rows, whose verb is at i, and refuses it
// where none may, or where the rows are the server's own.
func (w *walk) dml(i int) *Refusal {
	if w.rules.Mode == ReadOnly {
		t := w.tokens[i]
		return w.refuse(t, RuleMode, w.text(t)+" changes rows, and this server is read-only", readOnlyHint)
	}
	w.kind, w.change, *w.verbs = max(w.kind, DML), i, append(*w.verbs, i)
	for i++; i < len(w.tokens); i++ {
		switch word := w.symbol(i); {
		case word == kwInto, word == kwFrom, word == kwOnly, w.tokens[i].symbol == '(':
			continue
		}
		break
	}
	return w.own(w.tokens[min(i, len(w.tokens)):])
}

// own refuses a change of the object named first in tokens, if the server
// itself keeps it.
func (c *checker) own(tokens []token) *Refusal {
	last := -2 // where the last part of a name such as schema.table stands
	for i := 0; i < len(tokens) && tokens[i].named(); i += 2 {
		last = i
		if i+1 == len(tokens) || tokens[i+1].symbol != '.' {
			break
		}
	}
	if last < 0 || !systemSchema(c.name(tokens[max(0, last-2)])) {
		return nil
	}
	return c.refuse(tokens[0], RuleCatalog, "the server keeps "+c.shown(tokens[last])+" itself, and nobody else changes it",
		"use the statement made for such a change; a table of your own whose name starts with pg_ needs its schema before it")
}

// systemSchema tells whether a schema, or a table of no named schema, is the server's.
func systemSchema(name string) bool {
	return name == "information_schema" || strings.HasPrefix(name, "pg_") && name != "pg_temp"
}
