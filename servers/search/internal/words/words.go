// Package words splits text into the terms that are searched for: words in
// lower case and stemmed, the parts of identifiers, pairs of characters where a
// script writes no spaces.
package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"golang.org/x/text/unicode/norm"
)

// maxTerm is the length of the longest term: what is longer is no word that
// anybody looks for, such as data in base64.
const maxTerm = 64

// maxStems bounds the stems that a Splitter remembers.
const maxStems = 50_000

// Splitter splits texts. It is for one goroutine at a time.
type Splitter struct {
	stems map[string]string
	env   *snowballstem.Env
	lower []byte
	parts []part
}

type part struct{ start, end int }

// New makes a Splitter.
func New() *Splitter {
	return &Splitter{stems: map[string]string{}, env: snowballstem.NewEnv("")}
}

// Each calls fn with each term of the text, and where in the text it stands. An
// identifier of several parts gives the parts and then the whole.
func (s *Splitter) Each(text string, fn func(term string, start, end int)) {
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c < utf8.RuneSelf && !wordByte[c]:
			i++
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			switch {
			case spaceless(r):
				i = s.pairs(text, i, fn)
			case r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				i = s.word(text, i, fn)
			default:
				i += size
			}
		}
	}
}

// Terms lists the terms of a text.
func (s *Splitter) Terms(text string) []string {
	var out []string
	s.Each(text, func(term string, _, _ int) { out = append(out, term) })
	return out
}

var wordByte = func() (is [utf8.RuneSelf]bool) {
	for c := range is {
		is[c] = c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	}
	return is
}()

// spaceless reports whether r is of a script that puts no spaces between words.
func spaceless(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
}

// pairs gives the pairs of neighbours in a run of such characters that begins
// at i, or the one that stands alone, and returns where the run ends.
func (s *Splitter) pairs(text string, i int, fn func(string, int, int)) int {
	before, single := -1, true
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !spaceless(r) {
			break
		}
		if before >= 0 {
			fn(text[before:i+size], before, i+size)
			single = false
		}
		before, i = i, i+size
	}
	if single {
		fn(text[before:i], before, i)
	}
	return i
}

// word gives the terms of the word or identifier at i, and returns its end.
func (s *Splitter) word(text string, i int, fn func(string, int, int)) int {
	start := i
	s.parts = s.parts[:0]
	from, class, last := -1, 0, 0 // of the part being read: where it began, the classes of its last two characters
	for i < len(text) {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		next := classOf(r)
		if next == other || next != under && r >= utf8.RuneSelf && spaceless(r) {
			if r != '\'' && r != '’' || from < 0 || i+size >= len(text) || classOf(rune(text[i+size])) == other {
				break
			}
			next = under // it's, l'eau
		}
		switch {
		case next == under:
			if from >= 0 {
				s.parts = append(s.parts, part{from, i})
			}
			from = -1
		case from < 0:
			from = i
		case next == upper && class == lower:
			s.parts = append(s.parts, part{from, i})
			from = i
		case next == lower && class == upper && last == upper && i-1 > from: // the P of HTTPProxy
			s.parts = append(s.parts, part{from, i - 1})
			from = i - 1
		}
		last, class = class, next
		i += size
	}
	if from >= 0 {
		s.parts = append(s.parts, part{from, i})
	}
	for _, p := range s.parts {
		if t := s.term(text[p.start:p.end]); t != "" {
			fn(t, p.start, p.end)
		}
	}
	if len(s.parts) > 1 && i-start <= maxTerm && !strings.ContainsAny(text[start:i], "'’") {
		if t := s.folded(text[start:i]); t != "" {
			fn(t, start, i)
		}
	}
	return i
}

const (
	other = iota
	under
	lower
	upper
	digit
)

func classOf(r rune) int {
	if r < utf8.RuneSelf {
		switch {
		case r >= 'a' && r <= 'z':
			return lower
		case r >= 'A' && r <= 'Z':
			return upper
		case r >= '0' && r <= '9':
			return digit
		case r == '_':
			return under
		}
		return other
	}
	switch {
	case unicode.IsUpper(r):
		return upper
	case unicode.IsLetter(r), unicode.Is(unicode.Mn, r):
		return lower
	case unicode.IsDigit(r):
		return digit
	}
	return other
}

// term is the stem of a word, or "" for one that is none.
func (s *Splitter) term(word string) string {
	if len(word) > maxTerm || len(word) == 1 && word[0] == 's' { // of it's
		return ""
	}
	if t, ok := s.stems[word]; ok {
		return t
	}
	t := s.folded(word)
	if plain(t) {
		s.env.SetCurrent(t)
		english.Stem(s.env)
		t = s.env.Current()
	}
	if len(s.stems) >= maxStems {
		clear(s.stems)
	}
	s.stems[strings.Clone(word)] = t
	return t
}

// plain reports whether a word is one that the stemmer knows what to do with.
func plain(word string) bool {
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return false
		}
	}
	return len(word) > 2
}

// folded is a word in lower case and without accents.
func (s *Splitter) folded(word string) string {
	s.lower = s.lower[:0]
	for i := range len(word) {
		c := word[i]
		if c >= utf8.RuneSelf {
			return foldRunes(word)
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		s.lower = append(s.lower, c)
	}
	return string(s.lower)
}

func foldRunes(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(word))
}

// Common reports whether a term is so common in English that it tells nothing
// beside others.
func Common(term string) bool { return common[term] }

var common = func() map[string]bool {
	s, out := New(), map[string]bool{}
	for _, word := range strings.Fields(`a an and are as at be been but by can could did do does for from had has have how i if in into is it its
		may might no not of on or such than that the their then there these they this those to was we were what when where which
		who whom why will with would you your`) {
		out[s.term(word)] = true
	}
	return out
}()
