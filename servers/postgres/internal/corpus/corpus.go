// Package corpus reads the statements in testdata/corpus: attacks, each with
// what stops it, and legitimate ones, which nothing may stop. Tests hold the
// gate and the whole guard against them.
//
// A case begins with a line "== name: what stops it"; its statement follows.
// Words behind that say that the statement is written as a Go string
// ("escaped"), or runs only where an extension is installed ("needs pg_trgm").
package corpus

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// What stops an attack, beside a rule of the gate, which stands under its own
// name, and the server, of which the SQLSTATE is named: "server 25006".
const (
	Names    = "names"    // the guard denies a name in it
	Role     = "role"     // the server, as the role that statements run with may not
	Limits   = "limits"   // it runs, until it takes too long or brings too much
	Harmless = "harmless" // it runs, or fails, and does no harm
)

// Legitimate is the group of statements that have to be answered.
const Legitimate = "legitimate"

// Case is a statement.
type Case struct {
	Group string
	Name  string
	SQL   string
	Stops string // "" in the group Legitimate
	Needs string // an extension, or ""
}

// Rule is the rule by which the gate alone refuses the case, or "".
func (c Case) Rule() string {
	if strings.HasPrefix(c.Stops, "sql-") || strings.HasPrefix(c.Stops, "--") {
		return c.Stops
	}
	return ""
}

// Read reads all cases in a directory, a group in each *.txt.
func Read(dir string) ([]Case, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var all []Case
	seen := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		cases, err := parse(strings.TrimSuffix(filepath.Base(file), ".txt"), data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, c := range cases {
			if key := c.Group + "/" + c.Name; seen[key] {
				return nil, fmt.Errorf("there are two cases %s", key)
			} else {
				seen[key] = true
			}
		}
		all = append(all, cases...)
	}
	return all, nil
}

func parse(group string, data []byte) ([]Case, error) {
	var cases []Case
	for part := range bytes.SplitSeq(append([]byte("\n"), data...), []byte("\n== ")) {
		head, sql, found := strings.Cut(string(part), "\n")
		if len(cases) == 0 && !found || strings.HasPrefix(strings.TrimSpace(string(part)), "#") {
			continue // what is said of the group
		}
		c, escaped, err := header(group, head)
		if err != nil {
			return nil, err
		}
		c.SQL = strings.TrimSuffix(sql, "\n")
		if escaped {
			if c.SQL, err = strconv.Unquote(c.SQL); err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// header reads "name: what stops it escaped".
func header(group, line string) (c Case, escaped bool, err error) {
	name, rest, _ := strings.Cut(line, ":")
	c = Case{Group: group, Name: name}
	words := strings.Fields(rest)
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch {
		case word == "escaped":
			escaped = true
		case word == "needs" && len(words) > 0:
			c.Needs, words = words[0], words[1:]
		case word == "server" && len(words) > 0:
			c.Stops, words = "server "+words[0], words[1:]
		case c.Stops == "":
			c.Stops = word
		default:
			return c, false, fmt.Errorf("%s: %q means nothing", name, word)
		}
	}
	if (c.Stops == "") != (group == Legitimate) {
		return c, false, fmt.Errorf("%s: what stops it is %q", name, c.Stops)
	}
	return c, escaped, nil
}
