package patch

import (
	"errors"
	"strings"
)

func leading(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

var errIndent = errors.New("its indentation does not fit the file's in one way only: quote it exactly")

// indenter translates the indentation a model uses into that of the file. It
// knows pairs of the two from the lines that were matched, and goes beyond
// them only where every rule that explains all pairs says the same.
type indenter struct {
	pairs map[string]string
	torn  bool // one indentation of the model stands for two of the file
	unit  int  // spaces that the model takes for a level, where the file has tabs
}

// newIndenter learns from lines that were matched. All the model wrote, text
// too, shows how many spaces it takes for a level.
func newIndenter(file, old, text []string) *indenter {
	in := &indenter{pairs: map[string]string{}}
	for i := range old {
		if strings.TrimSpace(old[i]) == "" {
			continue
		}
		from, to := leading(old[i]), leading(file[i])
		if known, ok := in.pairs[from]; ok && known != to {
			in.torn = true
		}
		in.pairs[from] = to
	}
	for _, lines := range [][]string{old, text} {
		for _, line := range lines {
			if strings.TrimSpace(line) != "" {
				in.unit = gcd(in.unit, len(leading(line)))
			}
		}
	}
	return in
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// translate is the file's form of an indentation.
func (in *indenter) translate(indent string) (string, error) {
	if in.torn {
		return "", errIndent
	}
	found := map[string]bool{}
	explained := false
	for _, rule := range []func(string) (string, bool, bool){in.tabbed, in.shifted, in.scaled} {
		out, applies, ok := rule(indent)
		explained = explained || applies
		if ok {
			found[out] = true
		}
	}
	if to, ok := in.pairs[indent]; ok && explained {
		return to, nil
	}
	if len(found) == 1 {
		for out := range found {
			return out, nil
		}
	}
	return "", errIndent
}

// shifted is the rule that the model left out, or added, the same at the start
// of each line. Where one side has tabs and the other spaces, it is not that.
func (in *indenter) shifted(indent string) (out string, applies, ok bool) {
	add, remove, first := "", "", true
	for from, to := range in.pairs {
		a, adds := strings.CutSuffix(to, from)
		r, removes := strings.CutSuffix(from, to)
		switch {
		case adds:
			r = ""
		case removes:
			a = ""
		default:
			return "", false, false
		}
		if !first && (a != add || r != remove) {
			return "", false, false
		}
		add, remove, first = a, r, false
	}
	rest, ok := strings.CutPrefix(indent, remove)
	_, one := oneKind(add + rest)
	return add + rest, true, ok && (one || add == "")
}

// scaled is the rule that the model has another width for a level.
func (in *indenter) scaled(indent string) (out string, applies, ok bool) {
	char, toLen, fromLen := "", 0, 0
	for from, to := range in.pairs {
		c, one := oneKind(to)
		if _, oneFrom := oneKind(from); !one || !oneFrom || (from == "") != (to == "") || char != "" && c != "" && c != char {
			return "", false, false
		}
		if from == "" {
			continue
		}
		if fromLen > 0 && len(from)*toLen != len(to)*fromLen {
			return "", false, false
		}
		char, toLen, fromLen = c, len(to), len(from)
	}
	if _, one := oneKind(indent); fromLen == 0 || !one || len(indent)*toLen%fromLen != 0 {
		return "", fromLen > 0, false
	}
	return strings.Repeat(char, len(indent)*toLen/fromLen), true, true
}

// tabbed is the rule that the model has spaces for the file's tabs, and may
// have left out some levels.
func (in *indenter) tabbed(indent string) (out string, applies, ok bool) {
	if in.unit == 0 {
		return "", false, false
	}
	levels, first := 0, true
	tabs := false
	for from, to := range in.pairs {
		if strings.Trim(from, " ") != "" || strings.Trim(to, "\t") != "" {
			return "", false, false
		}
		d := len(to) - len(from)/in.unit
		if !first && d != levels {
			return "", false, false
		}
		levels, first = d, false
		tabs = tabs || to != ""
	}
	n := levels + len(indent)/in.unit
	if !tabs || strings.Trim(indent, " ") != "" || n < 0 {
		return "", tabs, false
	}
	return strings.Repeat("\t", n), true, true
}

// oneKind is the only character of an indentation.
func oneKind(indent string) (string, bool) {
	if indent == "" {
		return "", true
	}
	return indent[:1], strings.Trim(indent, indent[:1]) == ""
}
