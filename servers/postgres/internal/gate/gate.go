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
}

// Check returns what is known of sql, or a [*Refusal].
func Check(sql string, rules Rules) (*Statement, error) {
	var room [256]Token // most statements need no more, and so no memory
	l := lexer{sql: sql}
	tokens, r := l.all(room[:0])
	if r != nil {
		return nil, r
	}
	c := checker{sql: sql, rules: rules, tokens: tokens}
	if r := c.single(); r != nil {
		return nil, r
	}
	s := &Statement{}
	if r := c.statement(s); r != nil {
		return nil, r
	}
	if s.Names, r = c.names(); r != nil {
		return nil, r
	}
	return s, nil
}

type checker struct {
	sql    string
	rules  Rules
	tokens []Token // of the whole statement, without the semicolons at its end
}

// single refuses what is not exactly one statement.
func (c *checker) single() *Refusal {
	end := 0 // of the statement
	for i, t := range c.tokens {
		if c.punct(t, ';') {
			continue
		}
		if end < i {
			return c.refuse(t, RuleOneStatement, "there is more than one statement", "send one statement in each call; text with a semicolon goes between quotes")
		}
		end = i + 1
	}
	if c.tokens = c.tokens[:end]; end == 0 {
		return refuse(c.sql, 0, RuleOneStatement, "there is no statement", "send one that starts with SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN")
	}
	return nil
}

// statement tells by its first word what a statement is.
func (c *checker) statement(s *Statement) *Refusal {
	verb := c.verb(c.tokens)
	switch {
	case verb.is("show"):
		s.Kind = Show
		return nil
	case verb.is("explain"):
		s.Kind = Explain
		return c.explain(s)
	}
	if r := c.ddl(verb); r != nil {
		return r
	}
	kind, r := c.query(c.tokens)
	if s.Kind = kind; kind == 0 {
		s.Kind = DDL
	}
	return r
}

// verb is the first word of a statement, or whatever stands in its place.
// Parentheses before it are those of a query.
func (c *checker) verb(tokens []Token) Token {
	for i, t := range tokens {
		if c.punct(t, '(') {
			continue
		}
		if i > 0 && !opensQuery(t) {
			return tokens[0]
		}
		return t
	}
	return tokens[0]
}

func opensQuery(t Token) bool {
	return t.is("select") || t.is("with") || t.is("values") || t.is("table")
}

func opensDML(t Token) bool {
	return t.is("insert") || t.is("update") || t.is("delete") || t.is("merge")
}

// explain looks at what EXPLAIN explains.
func (c *checker) explain(s *Statement) *Refusal {
	inner := c.tokens[1:]
	switch {
	case len(inner) > 1 && c.punct(inner[0], '(') && !c.parenthesised(inner):
		end := 1
		for end < len(inner) && !c.punct(inner[end], ')') {
			option := inner[end]
			if c.punct(option, '(') {
				return c.refuse(option, RuleExplain, "an option of EXPLAIN has parentheses", "options look like EXPLAIN (FORMAT json, ANALYZE) SELECT 1")
			}
			s.Analyze = s.Analyze || isAnalyze(option) && !c.off(inner[end+1:])
			end++
		}
		inner = inner[min(end+1, len(inner)):]
	default:
		for len(inner) > 0 && (isAnalyze(inner[0]) || inner[0].is("verbose")) {
			s.Analyze = s.Analyze || isAnalyze(inner[0])
			inner = inner[1:]
		}
	}
	if len(inner) == 0 {
		return c.refuse(c.tokens[0], RuleExplain, "EXPLAIN of nothing", "put a query behind EXPLAIN")
	}
	if verb := c.verb(inner); !opensQuery(verb) && !opensDML(verb) {
		return c.refuse(verb, RuleExplain, "EXPLAIN of "+c.shown(verb)+", which is no query",
			"explain a statement that starts with SELECT, WITH, VALUES or TABLE; for CREATE TABLE … AS, explain its query")
	}
	kind, r := c.query(inner)
	s.Of = kind
	return r
}

// parenthesised tells a query between parentheses from options of EXPLAIN.
func (c *checker) parenthesised(tokens []Token) bool {
	next := tokens[1]
	if next.is("values") { // an option's name could be anything that is not reserved
		return len(tokens) > 2 && c.punct(tokens[2], '(')
	}
	return c.punct(next, '(') || opensQuery(next)
}

func isAnalyze(t Token) bool {
	return (t.Kind == Word || t.Kind == Quoted) && (t.Name == "analyze" || t.Name == "analyse")
}

// off tells whether the value of an option, if it has one, turns it off.
func (c *checker) off(value []Token) bool {
	return len(value) > 0 && (value[0].is("off") || value[0].is("false") || c.text(value[0]) == "0")
}

// names asks for every name in the statement whether it may be mentioned.
func (c *checker) names() ([]string, *Refusal) {
	seen := newSet(len(c.tokens))
	for i, t := range c.tokens {
		switch {
		case t.Kind == Quoted:
		case t.Kind != Word, reserved(t.Name) && (i == 0 || !c.punct(c.tokens[i-1], '.')):
			continue
		}
		for name := range spellings(t) {
			if !seen.add(name) || c.rules.Denied == nil {
				continue
			}
			if why := c.rules.Denied(name); why != "" {
				return nil, c.refuse(t, RuleName, shown(name)+" may not be mentioned: "+why,
					"leave it out; an alias of this name needs another one")
			}
		}
	}
	return seen.names, nil
}

func (c *checker) text(t Token) string { return c.sql[t.Start:t.End] }

// punct tells whether t is a punctuation of one character.
func (c *checker) punct(t Token, char byte) bool {
	return t.Kind == Punct && t.End-t.Start == 1 && c.sql[t.Start] == char
}

func (c *checker) refuse(t Token, rule, message, hint string) *Refusal {
	return refuse(c.sql, t.Start, rule, message, hint)
}

func (c *checker) shown(t Token) string { return shown(c.text(t)) }
