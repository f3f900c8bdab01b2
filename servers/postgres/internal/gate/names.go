package gate

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// longestName is how many bytes the server keeps of a name.
const longestName = 63

// spellings yields what a server may make of a name. In a database in UTF-8
// that is one, cut to 63 bytes. In other encodings letters outside ASCII can be
// put in lower case too, and 63 bytes can be more characters.
func spellings(t Token) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(cut(t.Name, longestName)) || isASCII(t.Name) {
			return
		}
		if !prefixes(t.Name, yield) || t.Kind == Quoted {
			return
		}
		prefixes(strings.ToLower(t.Name), yield)
	}
}

// prefixes yields what is left of a name where 63 bytes hold 15 characters,
// or 63, or any number between.
func prefixes(name string, yield func(string) bool) bool {
	if len(name) <= longestName {
		return yield(name)
	}
	characters := 0
	for end := range name {
		if characters > longestName {
			return true
		}
		if characters >= longestName/utf8.UTFMax && !yield(name[:end]) {
			return false
		}
		characters++
	}
	return characters > longestName || yield(name)
}

// cut shortens a name to so many bytes, but not within a character.
func cut(name string, most int) string {
	if len(name) <= most {
		return name
	}
	for !utf8.RuneStart(name[most]) {
		most--
	}
	return name[:most]
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// set collects names in their order, each once.
type set struct {
	names []string
	known map[string]struct{} // nil while names are few enough to look at each
}

func newSet(most int) set { return set{names: make([]string, 0, min(most, 32))} }

// add tells whether the name is new.
func (s *set) add(name string) bool {
	const few = 32
	if s.known == nil {
		for _, n := range s.names {
			if n == name {
				return false
			}
		}
		s.names = append(s.names, name)
		if len(s.names) > few {
			s.known = make(map[string]struct{}, 4*few)
			for _, n := range s.names {
				s.known[n] = struct{}{}
			}
		}
		return true
	}
	if _, ok := s.known[name]; ok {
		return false
	}
	s.known[name] = struct{}{}
	s.names = append(s.names, name)
	return true
}
