package gate

import "strings"

// frame is what is known between two parentheses, or outside of all.
type frame struct {
	with bool // in the list that WITH begins: its queries, up to the statement's own verb
	name bool // the next token is the name of a query in that list
}

// query walks through a statement that may hold queries, and refuses what no
// query may do in this mode. The kind is DML, Select, or 0 for a verb of
// neither kind.
func (c *checker) query(tokens []Token) (Kind, *Refusal) {
	w := walk{checker: c, tokens: tokens, kind: Select}
	var room [16]frame
	w.frames = room[:0]
	verb := c.verb(tokens)
	switch {
	case opensDML(verb):
		if r := w.dml(0); r != nil {
			return DML, r
		}
	case !opensQuery(verb):
		w.kind = 0
	}
	w.push(0)
	for i := range tokens {
		if r := w.step(i); r != nil {
			return w.kind, r
		}
	}
	return w.kind, nil
}

type walk struct {
	*checker
	tokens []Token
	frames []frame
	kind   Kind
	change int // where the verb of the last DML stands, plus one
}

// push opens a frame whose first token is tokens[i].
func (w *walk) push(i int) {
	with := i < len(w.tokens) && w.tokens[i].is("with")
	w.frames = append(w.frames, frame{with: with})
}

func (w *walk) step(i int) *Refusal {
	t := w.tokens[i]
	f := &w.frames[len(w.frames)-1]
	switch {
	case t.Kind == Punct:
		return w.punctuation(i, f)
	case f.name:
		f.name = false // whatever it is, it is a name
		return nil
	case t.Kind != Word || w.label(i) && !(w.kind == 0 && t.is("with")): // CREATE TABLE t AS WITH …
		return nil
	case f.with:
		return w.listed(i, f)
	}
	switch t.Name {
	case "with":
		f.with = w.kind != Select && w.opensList(i)
		f.name = f.with && !w.recursive(i)
	case "into":
		if i != w.change { // not of INSERT INTO or MERGE INTO
			return w.refuse(t, RuleInto, "SELECT INTO makes a table",
				`leave INTO out to see the rows; a column of that name needs double quotes; where tables may be made, use CREATE TABLE … AS`)
		}
	case "for":
		if w.rules.Mode == ReadOnly && w.locks(i+1) {
			return w.refuse(t, RuleLock, "FOR "+w.text(w.tokens[i+1])+" locks rows, and this server is read-only", "leave the FOR clause out")
		}
	}
	return nil
}

// label tells whether a word is the name of a column or an alias, because of
// what stands before it.
func (w *walk) label(i int) bool {
	return i > 0 && (w.punct(w.tokens[i-1], '.') || w.tokens[i-1].is("as"))
}

func (w *walk) punctuation(i int, f *frame) *Refusal {
	t := w.tokens[i]
	switch w.sql[t.Start] {
	case '(', '[':
		if f.with && i > 0 && w.punct(w.tokens[i-1], ')') {
			f.with = false // the statement's own query, between parentheses
		}
		listed := f.with && w.body(i)
		w.push(i + 1)
		if listed && i+1 < len(w.tokens) && opensDML(w.tokens[i+1]) {
			return w.dml(i + 1)
		}
	case ')', ']':
		if len(w.frames) == 1 {
			return w.refuse(t, RuleSyntax, "nothing is open for "+w.shown(t)+" to close", "remove it")
		}
		w.frames = w.frames[:len(w.frames)-1]
	case ',':
		f.name = f.with
	}
	return nil
}

// body tells whether the parenthesis at i opens a query of a WITH list.
func (w *walk) body(i int) bool {
	return i > 0 && (w.tokens[i-1].is("as") || w.tokens[i-1].is("materialized"))
}

// listed looks at a word in a WITH list, outside of its queries.
func (w *walk) listed(i int, f *frame) *Refusal {
	switch t := w.tokens[i]; {
	case t.is("with"), t.is("recursive") && w.tokens[i-1].is("with"):
		f.name = !w.recursive(i)
	case opensQuery(t):
		f.with = false
	case opensDML(t):
		f.with = false
		return w.dml(i)
	}
	return nil
}

// recursive tells whether RECURSIVE stands between WITH and the first name.
func (w *walk) recursive(i int) bool {
	return i+2 < len(w.tokens) && w.tokens[i].is("with") && w.tokens[i+1].is("recursive") &&
		(w.tokens[i+2].Kind == Quoted || w.tokens[i+2].Kind == Word && !w.tokens[i+2].is("as"))
}

// opensList tells whether the WITH at i, which is not the first word of its
// query or statement, as in INSERT INTO t WITH …, begins a list of queries.
func (w *walk) opensList(i int) bool {
	if w.recursive(i) {
		return true
	}
	return i+2 < len(w.tokens) && (w.tokens[i+2].is("as") || w.punct(w.tokens[i+2], '('))
}

// locks tells whether what stands behind FOR asks for a row lock.
func (w *walk) locks(i int) bool {
	word := func(i int, keyword string) bool { return i < len(w.tokens) && w.tokens[i].is(keyword) }
	return word(i, "update") || word(i, "share") || word(i, "no") && word(i+1, "key") || word(i, "key") && word(i+1, "share")
}

// dml notes a statement that changes rows, whose verb is at i, and refuses it
// where none may, or where the rows are the server's own.
func (w *walk) dml(i int) *Refusal {
	t := w.tokens[i]
	if w.rules.Mode == ReadOnly {
		return w.refuse(t, RuleMode, w.text(t)+" changes rows, and this server is read-only", readOnlyHint)
	}
	w.kind, w.change = DML, i+1
	for i++; i < len(w.tokens); i++ {
		switch next := w.tokens[i]; {
		case next.is("into"), next.is("from"), next.is("only"), w.punct(next, '('):
			continue
		}
		break
	}
	return w.own(w.tokens[min(i, len(w.tokens)):])
}

// own refuses a change of the object named first in tokens, if the server
// itself keeps it.
func (c *checker) own(tokens []Token) *Refusal {
	var parts []Token // of a name such as schema.table
	for i := 0; i < len(tokens) && (tokens[i].Kind == Word || tokens[i].Kind == Quoted); i += 2 {
		parts = append(parts, tokens[i])
		if i+1 == len(tokens) || !c.punct(tokens[i+1], '.') {
			break
		}
	}
	if len(parts) == 0 {
		return nil
	}
	if !systemSchema(parts[max(0, len(parts)-2)].Name) {
		return nil
	}
	return c.refuse(parts[0], RuleCatalog, "the server keeps "+c.shown(parts[len(parts)-1])+" itself, and nobody else changes it",
		"use the statement made for such a change; a table of your own whose name starts with pg_ needs its schema before it")
}

// systemSchema tells whether a schema, or a table of no named schema, is the server's.
func systemSchema(name string) bool {
	return name == "information_schema" || strings.HasPrefix(name, "pg_") && name != "pg_temp"
}
