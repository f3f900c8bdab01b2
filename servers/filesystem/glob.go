package filesystem

import (
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Bounds on patterns: a model may send any, and some would take for ever.
const (
	maxPattern      = 4 << 10
	maxAlternatives = 1 << 10 // of {a,b}, multiplied out
	maxNested       = 8       // braces in braces
	maxStars        = 64
)

// glob is a pattern that was looked at once and is then matched often.
type glob struct {
	pattern string
	suffix  string // for patterns such as **/*.go: what a path must end in
	name    string // for patterns without a glob in them, as exclusions
}

// compile checks a pattern: * and ? within a name, ** across directories,
// [a-z] and {a,b}.
func compile(pattern string) (glob, error) {
	pattern = strings.TrimPrefix(pattern, "./")
	switch {
	case pattern == "":
		return glob{}, fmt.Errorf("the pattern is empty; ** matches everything")
	case len(pattern) > maxPattern:
		return glob{}, fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	case strings.Count(pattern, "*") > maxStars:
		return glob{}, fmt.Errorf("the pattern has more than %d stars", maxStars)
	case alternatives(pattern) > maxAlternatives:
		return glob{}, fmt.Errorf("the pattern has more than %d alternatives in braces, or braces nested more than %d deep", maxAlternatives, maxNested)
	case !doublestar.ValidatePattern(pattern):
		return glob{}, fmt.Errorf("the pattern %q is not a glob: * ? ** [a-z] {a,b}", pattern)
	}
	g := glob{pattern: pattern}
	if rest, ok := strings.CutPrefix(pattern, "**/*"); ok && !strings.ContainsAny(rest, `*?[]{}\/`) {
		g.suffix = rest
	}
	return g, nil
}

// alternatives is how many patterns without braces the pattern stands for.
func alternatives(pattern string) int {
	total, depth, here := 1, 0, 1
	for _, c := range pattern {
		switch {
		case c == '{':
			if depth++; depth > maxNested {
				return maxAlternatives + 1
			}
		case c == ',' && depth > 0:
			here++
		case c == '}' && depth > 0:
			if depth--; depth == 0 {
				if total *= here; total > maxAlternatives {
					return total
				}
				here = 1
			}
		}
	}
	return total
}

// match reports whether a path with slashes matches.
func (g *glob) match(path string) bool {
	if g.suffix != "" {
		return strings.HasSuffix(path, g.suffix)
	}
	if g.name != "" {
		return strings.HasSuffix(path, g.name) && (len(path) == len(g.name) || path[len(path)-len(g.name)-1] == '/')
	}
	return doublestar.MatchUnvalidated(g.pattern, path)
}

// globs are exclusions.
type globs []glob

// compileAll checks exclusions: globs, or plain names that are meant at any
// depth.
func compileAll(patterns []string) (globs, error) {
	var out globs
	for _, p := range patterns {
		g, err := compile(p)
		if err != nil {
			return nil, fmt.Errorf("excludePatterns: %w", err)
		}
		if !strings.ContainsAny(g.pattern, `*?[]{}\`) {
			g.name = strings.Trim(g.pattern, "/")
		}
		out = append(out, g)
	}
	return out, nil
}

func (all globs) match(path string) bool {
	for i := range all {
		if all[i].match(path) {
			return true
		}
	}
	return false
}
