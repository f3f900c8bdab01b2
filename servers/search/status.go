package search

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/engine"
)

type statusIn struct{}

func (s *server) searchStatus(context.Context, statusIn) (string, error) {
	var b strings.Builder
	if len(s.engines) == 0 {
		b.WriteString("engines: none; " + howToSearch + "\n")
	}
	for _, e := range s.engines {
		kinds := make([]string, len(e.Kinds()))
		for i, k := range e.Kinds() {
			kinds[i] = string(k)
		}
		fmt.Fprintf(&b, "engine %s: %s\n", e.Name(), strings.Join(kinds, ", "))
		if l, ok := e.(engine.Limited); ok {
			for _, w := range l.Limits() {
				fmt.Fprintf(&b, "  %d requests in %s", w.Limit, w.Period)
				if w.Remaining >= 0 {
					fmt.Fprintf(&b, ", %d left", w.Remaining)
				}
				b.WriteByte('\n')
			}
		}
	}
	if s.budget != nil {
		day, month, err := s.budget.Spent()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "spent today: $%.3f in %d requests%s\n", day.Dollars, day.Requests, of(s.limits.MaxSpendDay))
		fmt.Fprintf(&b, "spent this month: $%.3f in %d requests%s\n", month.Dollars, month.Requests, of(s.limits.MaxSpendMonth))
	}
	c := s.cache.Counts()
	fmt.Fprintf(&b, "cache: %d found, %d not\n", c.Hits, c.Misses)
	fmt.Fprintf(&b, "safesearch: at least %s\n", s.floor)
	d := s.web.Domains()
	if len(d.Allow) > 0 {
		fmt.Fprintf(&b, "only these domains: %s\n", strings.Join(d.Allow, ", "))
	}
	if len(d.Deny) > 0 {
		fmt.Fprintf(&b, "not these domains: %s\n", strings.Join(d.Deny, ", "))
	}
	fmt.Fprintf(&b, "time: %s", time.Now().UTC().Format(time.RFC3339))
	return b.String(), nil
}

func of(most string) string {
	if most == "" {
		return ""
	}
	return " of $" + strings.TrimPrefix(most, "$")
}
