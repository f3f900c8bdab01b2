package kb

import (
	"errors"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/words"
)

// maxTerms bounds the terms of one query.
const maxTerms = 64

// query is what is looked for, in terms.
type query struct {
	terms    []term
	required uint16 // how many terms must be there
	phrases  []string
}

type term struct {
	text               string
	required, excluded bool
}

// errEmpty says that a query asks for nothing.
var errEmpty = errors.New("the query has no words to look for")

// parse reads a query: words; "words together"; +word that must be there; -word
// that must not.
func parse(s *words.Splitter, text string) (*query, error) {
	q := &query{}
	for text != "" {
		text = strings.TrimLeft(text, " \t\r\n")
		if text == "" {
			break
		}
		sign := byte(0)
		if (text[0] == '+' || text[0] == '-') && len(text) > 1 && text[1] != ' ' {
			sign, text = text[0], text[1:]
		}
		var part string
		if inner, quoted := strings.CutPrefix(text, `"`); quoted {
			part, text, _ = strings.Cut(inner, `"`)
			if sign != '-' {
				sign = '+'
				if phrase := together(part); strings.ContainsRune(phrase, ' ') {
					q.phrases = append(q.phrases, phrase)
				}
			}
		} else {
			i := strings.IndexAny(text, " \t\r\n")
			if i < 0 {
				i = len(text)
			}
			part, text = text[:i], text[i:]
		}
		s.Each(part, func(t string, _, _ int) { q.add(t, sign) })
	}
	q.drop()
	if len(q.terms) > maxTerms {
		q.terms = q.terms[:maxTerms]
	}
	wanted := false
	for _, t := range q.terms {
		wanted = wanted || !t.excluded
		if t.required {
			q.required++
		}
	}
	if !wanted {
		return nil, errEmpty
	}
	return q, nil
}

func (q *query) add(text string, sign byte) {
	t := term{text: text, required: sign == '+', excluded: sign == '-'}
	if i := slices.IndexFunc(q.terms, func(o term) bool { return o.text == text }); i >= 0 {
		if t.required {
			q.terms[i] = t
		}
		return
	}
	q.terms = append(q.terms, t)
}

// drop leaves out the terms that tell nothing beside the others.
func (q *query) drop() {
	telling := slices.ContainsFunc(q.terms, func(t term) bool { return !t.excluded && !words.Common(t.text) })
	if telling {
		q.terms = slices.DeleteFunc(q.terms, func(t term) bool { return !t.excluded && words.Common(t.text) })
	}
}

// together is a text as it is compared with phrases: in lower case, the words
// with one space between.
func together(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r < 0x80 && !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z')
	}), " ")
}
