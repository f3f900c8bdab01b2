package config

import (
	"errors"
	"strings"
)

// Command declares a program with its arguments, which is run without a shell.
// In one text they are parted at spaces; quotes of either kind hold a part
// together, and outside of single ones a backslash takes the character behind
// it as it is. Nothing else is special: there are no variables, no patterns and
// no pipes. A list in the file holds the parts as they are.
func (f *Flags) Command(p *[]string, name, doc string) {
	f.add(&setting{name: name, doc: doc, def: strings.Join(*p, " "), value: "COMMAND", many: true,
		reset: func() { *p = nil },
		elem:  func(v string) error { *p = append(*p, v); return nil },
		set: func(v string) (err error) {
			*p, err = words(v)
			return err
		}})
}

// words parts a command line.
func words(text string) (out []string, err error) {
	var word strings.Builder
	open, began := rune(0), false // the quote that is open, and whether there is a word
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && open != '\'':
			escaped, began = true, true
		case r == open && open != 0:
			open = 0
		case open == 0 && (r == '\'' || r == '"'):
			open, began = r, true
		case open == 0 && strings.ContainsRune(" \t\r\n", r):
			if began {
				out = append(out, word.String())
			}
			word.Reset()
			began = false
		default:
			word.WriteRune(r)
			began = true
		}
	}
	if open != 0 || escaped {
		return nil, errors.New("a quote is not closed, or a backslash stands at the end")
	}
	if began {
		out = append(out, word.String())
	}
	if len(out) == 0 || out[0] == "" {
		return nil, errors.New("this names no program")
	}
	return out, nil
}
