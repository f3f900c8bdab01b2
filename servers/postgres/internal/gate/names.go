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
// put in lower case too, where there are no quotes, and 63 bytes can be more
// characters.
func spellings(name string, fold bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(cut(name, longestName)) || isASCII(name) || !prefixes(name, yield) || !fold {
			return
		}
		prefixes(strings.ToLower(name), yield)
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
	slots [2 * few]uint8 // places in names, plus one, by hash, while names are few
	known map[string]struct{}
}

const few = 64

// add tells whether the name is new.
func (s *set) add(name string) bool {
	if s.known != nil {
		if _, ok := s.known[name]; ok {
			return false
		}
		s.known[name] = struct{}{}
		s.names = append(s.names, name)
		return true
	}
	slot := hash(name)
	for ; s.slots[slot] != 0; slot = (slot + 1) % len(s.slots) {
		if s.names[s.slots[slot]-1] == name {
			return false
		}
	}
	s.names = append(s.names, name)
	s.slots[slot] = uint8(len(s.names))
	if len(s.names) == few {
		s.known = make(map[string]struct{}, 4*few)
		for _, n := range s.names {
			s.known[n] = struct{}{}
		}
	}
	return true
}

// hash need not be good: the names it is for are few.
func hash(name string) int {
	n := len(name)
	if n == 0 {
		return 0
	}
	return (n*5 + int(name[0]) + 3*int(name[n/2]) + 7*int(name[n-1])) % (2 * few)
}
