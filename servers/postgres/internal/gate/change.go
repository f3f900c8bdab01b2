package gate

import "strings"

// Change is what the text of a DML says of it.
type Change struct {
	// Everywhere are the parts that change every row of a table, as there is no
	// WHERE: such as "DELETE FROM orders".
	Everywhere []string
	Returning  bool // the statement itself has RETURNING
	// Plain is an INSERT, UPDATE or DELETE without WITH before it, which RETURNING
	// can be put behind where it has none.
	Plain bool
	End   int // where the text of the statement ends, without semicolons and remarks
}

// changed is what the walk has found of a DML.
func (w *walk) changed() Change {
	c := Change{
		Plain: len(*w.verbs) == 1 && (*w.verbs)[0] == 0 && w.symbol(0) != kwMerge,
		End:   int(w.tokens[len(w.tokens)-1].end),
	}
	for _, verb := range *w.verbs {
		where, returning, end := w.clausesOf(verb)
		if end == len(w.tokens) {
			c.Returning = returning
		}
		if s := w.symbol(verb); !where && (s == kwUpdate || s == kwDelete) {
			c.Everywhere = append(c.Everywhere, w.head(verb))
		}
	}
	return c
}

// clausesOf looks for clauses of the statement whose verb is at i, and where it
// ends.
func (w *walk) clausesOf(i int) (where, returning bool, end int) {
	depth := 0
	for end = i; end < len(w.tokens) && depth >= 0; end++ {
		switch t := w.tokens[end]; {
		case t.symbol == '(' || t.symbol == '[':
			depth++
		case t.symbol == ')' || t.symbol == ']':
			depth--
		case depth == 0 && !w.label(end):
			where = where || w.isWord(t, "where")
			returning = returning || w.isWord(t, "returning")
		}
	}
	return where, returning, end
}

// isWord is is for a word that may be a keyword.
func (c *checker) isWord(t token, word string) bool {
	return t.kind == Word && strings.EqualFold(c.text(t), word)
}

// head is the verb at i and the name of what it changes.
func (w *walk) head(i int) string {
	end := i + 1
	for end < len(w.tokens) && (w.symbol(end) == kwFrom || w.symbol(end) == kwOnly) {
		end++
	}
	for end+2 < len(w.tokens) && w.symbol(end+1) == '.' {
		end += 2
	}
	text := w.sql[w.tokens[i].start:w.tokens[min(end, len(w.tokens)-1)].end]
	return strings.Join(strings.Fields(text), " ")
}
