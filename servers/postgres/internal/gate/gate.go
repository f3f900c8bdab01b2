// Package gate decides from the text of a statement whether it may be sent to
// the server. It knows PostgreSQL's tokens and next to nothing of its grammar:
// what it lets through, the server parses, in a transaction that holds as well.
//
// It is one of several layers, and the one that names what it refuses. That a
// text is one statement, that a read-only one has no INTO and no row lock: the
// server would find these too. That no name is mentioned which is denied, in
// whatever spelling, is for the gate alone to find.
package gate

// Kind is what a statement does.
type Kind uint8

// The kinds that some mode lets through.
const (
	Select  Kind = iota + 1 // also VALUES, TABLE, and WITH before one of them
	Show                    // SHOW
	Explain                 // EXPLAIN of a Select, or of a DML where the mode allows one
	DML                     // INSERT, UPDATE, DELETE, MERGE, also inside WITH
	DDL                     // what changes the schema
)

// Mode is what statements may do.
type Mode uint8

// Each mode allows what those before it allow.
const (
	ReadOnly Mode = iota // Select, Show, Explain
	ModeDML              // and DML, and row locks
	ModeDDL              // and DDL of tables, views, indexes and the like
)

// Rules are what Check holds a statement to.
type Rules struct {
	Mode Mode
	// Denied returns why a name may not be mentioned, or "". It is asked for
	// every name in the statement, decoded as the server would: of a function, a
	// table, a column or an alias, quoted or not. Nil denies nothing.
	Denied func(name string) string
}

// Statement is what is known of a statement that may be sent.
type Statement struct {
	Kind    Kind
	Of      Kind     // of the statement that an Explain explains
	Analyze bool     // EXPLAIN ANALYZE, which runs the statement
	Names   []string // every name mentioned, decoded as the server would, each once
	Change  Change   // of a DML

	sql        string
	start, end uint32 // of the statement in it
}

// Check returns what is known of sql, or a [*Refusal].
func Check(sql string, rules Rules) (*Statement, error) {
	var room [384]token // most statements need no more, and so no memory
	c := checker{lexer: lexer{sql: sql}, rules: rules}
	tokens, r := c.all(room[:0])
	if r != nil {
		return nil, r
	}
	if tokens, r = c.single(tokens); r != nil {
		return nil, r
	}
	s := &Statement{sql: sql, start: tokens[0].start, end: tokens[len(tokens)-1].end}
	if r := c.statement(tokens, s); r != nil {
		return nil, r
	}
	if s.Names, r = c.names(tokens); r != nil {
		return nil, r
	}
	return s, nil
}

type checker struct {
	lexer
	rules Rules
}

// single returns the tokens of the one statement, without the semicolons round
// it, and refuses what is not exactly one.
func (c *checker) single(tokens []token) ([]token, *Refusal) {
	start, end := 0, 0 // of the statement
	for i, t := range tokens {
		switch {
		case t.symbol == ';':
			continue
		case end == 0:
			start = i
		case end < i:
			return nil, c.refuse(t, RuleOneStatement, "there is more than one statement", "send one statement in each call; text with a semicolon goes between quotes")
		}
		end = i + 1
	}
	if end == 0 {
		return nil, refuse(c.sql, 0, RuleOneStatement, "there is no statement", "send one that starts with SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN")
	}
	return tokens[start:end], nil
}

// statement tells by its first word what a statement is.
func (c *checker) statement(tokens []token, s *Statement) (r *Refusal) {
	verb := verbOf(tokens)
	switch {
	case verb.symbol == kwShow:
		s.Kind = Show
		return nil
	case verb.symbol == kwExplain:
		s.Kind = Explain
		return c.explain(tokens[1:], s)
	case !verb.symbol.opensQuery() && !verb.symbol.opensDML():
		if r := c.ddl(verb, tokens); r != nil {
			return r
		}
	}
	s.Kind, s.Change, r = c.query(tokens)
	return r
}

// verbOf is the first word of a statement, or whatever stands in its place.
// Parentheses before it are those of a query.
func verbOf(tokens []token) token {
	for i, t := range tokens {
		if t.symbol == '(' {
			continue
		}
		if i > 0 && !t.symbol.opensQuery() {
			break
		}
		return t
	}
	return tokens[0]
}

// explain looks at what EXPLAIN explains: tokens are what is behind the word.
func (c *checker) explain(tokens []token, s *Statement) *Refusal {
	inner := tokens
	if len(inner) > 1 && inner[0].symbol == '(' && !parenthesised(inner) {
		end := 1
		for end < len(inner) && inner[end].symbol != ')' {
			option := inner[end]
			if option.symbol == '(' {
				return c.refuse(option, RuleExplain, "an option of EXPLAIN has parentheses", "options look like EXPLAIN (FORMAT json, ANALYZE) SELECT 1")
			}
			s.Analyze = s.Analyze || c.analyze(option) && !c.off(inner[end+1:])
			end++
		}
		inner = inner[min(end+1, len(inner)):]
	} else {
		for len(inner) > 0 && (inner[0].symbol == kwAnalyze || c.is(inner[0], "verbose")) {
			s.Analyze = s.Analyze || inner[0].symbol == kwAnalyze
			inner = inner[1:]
		}
	}
	if len(inner) == 0 {
		return refuse(c.sql, 0, RuleExplain, "EXPLAIN of nothing", "put a query behind EXPLAIN")
	}
	if verb := verbOf(inner); !verb.symbol.opensQuery() && !verb.symbol.opensDML() {
		return c.refuse(verb, RuleExplain, "EXPLAIN of "+c.shown(verb)+", which is no query",
			"explain a statement that starts with SELECT, WITH, VALUES or TABLE; for CREATE TABLE … AS, explain its query")
	}
	kind, _, r := c.query(inner)
	s.Of = kind
	return r
}

// parenthesised tells a query between parentheses from options of EXPLAIN.
func parenthesised(tokens []token) bool {
	next := tokens[1]
	if next.symbol == kwValues { // an option's name could be anything that is not reserved
		return len(tokens) > 2 && tokens[2].symbol == '('
	}
	return next.symbol == '(' || next.symbol.opensQuery()
}

func (c *checker) analyze(t token) bool {
	name := c.name(t)
	return name == "analyze" || name == "analyse"
}

// off tells whether the value of an option, if it has one, turns it off.
func (c *checker) off(value []token) bool {
	return len(value) > 0 && (c.is(value[0], "off") || c.is(value[0], "false") || c.text(value[0]) == "0")
}

// names asks for every name in the statement whether it may be mentioned.
func (c *checker) names(tokens []token) ([]string, *Refusal) {
	seen := set{names: make([]string, 0, min(len(tokens)/4, few))}
	for i, t := range tokens {
		if !t.named() || t.symbol.reserved() && (i == 0 || tokens[i-1].symbol != '.') {
			continue
		}
		name := c.name(t)
		if len(name) <= longestName && (t.kind == Word && t.symbol != kwCased || isASCII(name)) {
			if r := c.ask(t, name, &seen); r != nil {
				return nil, r
			}
			continue
		}
		for name := range spellings(name, t.kind == Word) {
			if r := c.ask(t, name, &seen); r != nil {
				return nil, r
			}
		}
	}
	return seen.names, nil
}

// ask asks whether a name may be mentioned, if it is new.
func (c *checker) ask(t token, name string, seen *set) *Refusal {
	if !seen.add(name) || c.rules.Denied == nil {
		return nil
	}
	why := c.rules.Denied(name)
	if why == "" {
		return nil
	}
	return c.refuse(t, RuleName, shown(name)+" may not be mentioned: "+why, "leave it out; an alias of this name needs another one")
}

// is tells whether t is a word, which a quoted name never is. The word is one
// of those that are not keywords here.
func (c *checker) is(t token, word string) bool { return t.kind == Word && c.name(t) == word }

func (c *checker) text(t token) string { return c.sql[t.start:t.end] }

func (c *checker) shown(t token) string { return shown(c.text(t)) }

func (c *checker) refuse(t token, rule, message, hint string) *Refusal {
	return refuse(c.sql, int(t.start), rule, message, hint)
}
