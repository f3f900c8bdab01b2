package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// Policy is what some of those who call may do less than the databases allow.
// It can only narrow: what it hides is hidden beside the rest, its limits count
// where they are lower, and the settings for row-level security that a database
// has are not its to change.
type Policy struct {
	Name       string
	Principals []string // whom it is for; * stands for any text
	Databases  []string // the only ones they may use; empty: all

	Access
	AllowFunctions []string // of those that a database allows, where the policy hides anything; empty: none
	DenyFunctions  []string
	Session        []string // as Database has them, of other names

	Mode                       *gate.Mode // where it is below that of the database; nil: the database's
	MaxCost, MaxRows, MaxBytes int        // 0: the database's
	Timeout                    time.Duration
}

// Validate finds what cannot be meant, where these are the databases.
func (p *Policy) Validate(databases []Database) error {
	errs := []error{p.Access.Validate(), sessionSettings(p.Session)}
	if len(p.Principals) == 0 {
		errs = append(errs, mcpcore.Hint(errors.New("it is for nobody"), `write "principals": ["ada"], or ["*"] for everybody`))
	}
	if p.MaxCost < 0 || p.MaxRows < 0 || p.MaxBytes < 0 || p.Timeout < 0 {
		errs = append(errs, mcpcore.Hint(errors.New("a limit is below 0"), "leave it out for that of the database"))
	}
	for _, name := range p.Databases {
		if !slices.ContainsFunc(databases, func(d Database) bool { return d.Name == name }) {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("there is no database %q", name), "name one of those that are set"))
		}
	}
	for _, d := range databases {
		if name := sameSetting(d.Session, p.Session); name != "" && p.reaches(d.Name) {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("session-settings: %s is set by the database %s", name, d.Name), "set it in one of the two places: a policy changes nothing, it adds"))
		}
	}
	for i, err := range errs {
		if err != nil {
			errs[i] = prefixed("policy "+p.Name, err)
		}
	}
	return errors.Join(errs...)
}

// prefixed says of which thing each of several errors is.
func prefixed(of string, err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, prefixed(of, one))
		}
		return errors.Join(all...)
	}
	return fmt.Errorf("%s: %w", of, err)
}

func (p *Policy) reaches(database string) bool {
	return len(p.Databases) == 0 || slices.Contains(p.Databases, database)
}

// sameSetting is the name of a setting that both set, or "". Their letters'
// case says nothing.
func sameSetting(a, b []string) string {
	for _, one := range a {
		name, _, _ := strings.Cut(one, "=")
		for _, other := range b {
			if its, _, _ := strings.Cut(other, "="); strings.EqualFold(name, its) {
				return name
			}
		}
	}
	return ""
}

// narrowed is a database as a policy leaves it.
func (d Database) narrowed(p *Policy) Database {
	d.apart = true
	outer := d.Access
	d.Access = p.Access
	d.Within = &outer
	if p.Ruled() {
		d.allowedToo = append(slices.Clone(d.allowedToo), p.AllowFunctions)
	}
	d.DenyFunctions = slices.Concat(d.DenyFunctions, p.DenyFunctions)
	d.Session = slices.Concat(d.Session, p.Session)
	d.MaxCost, d.MaxRows, d.MaxBytes = lower(d.MaxCost, p.MaxCost), lower(d.MaxRows, p.MaxRows), lower(d.MaxBytes, p.MaxBytes)
	d.Timeout = lower(d.Timeout, p.Timeout)
	d.ExportRows, d.ExportBytes, d.ExportTimeout = lower(d.ExportRows, p.MaxRows), lower(d.ExportBytes, p.MaxBytes), lower(d.ExportTimeout, p.Timeout)
	if p.Mode != nil {
		d.Mode = min(d.Mode, *p.Mode)
	}
	return d
}

// lower is the lower of two limits, of which 0 is none.
func lower[T int | time.Duration](a, b T) T {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// allows reports whether the operator lets a function be called that is
// denied by itself.
func (d *Database) allows(function string) bool {
	return matches(d.AllowFunctions, function) && !slices.ContainsFunc(d.allowedToo, func(patterns []string) bool { return !matches(patterns, function) })
}

// SourcesOf are the databases that a principal may use, as it may use them;
// nil stands for whoever need not say who they are. Where there are policies, a
// principal that none is for may use nothing.
func (g *Guard) SourcesOf(p *auth.Principal) []*Source {
	if p == nil || len(g.policies) == 0 {
		return g.sources
	}
	var of []int
	for i := range g.policies {
		if slices.ContainsFunc(g.policies[i].Principals, func(pattern string) bool { return fits(pattern, p.ID) }) {
			of = append(of, i)
		}
	}
	key := fmt.Sprint(of)
	g.mu.Lock()
	defer g.mu.Unlock()
	known, ok := g.narrow[key]
	if !ok {
		known = g.narrowed(of)
		g.narrow[key] = known
	}
	return known
}

// narrowed are the databases as policies leave them. Each is one of its own,
// with all that is remembered of a database, and shares nothing but the
// connections.
func (g *Guard) narrowed(policies []int) []*Source {
	if len(policies) == 0 {
		return nil
	}
	var out []*Source
	for _, s := range g.sources {
		d, reached := s.Database, true
		for _, i := range policies {
			p := &g.policies[i]
			if name := sameSetting(d.Session, p.Session); name != "" {
				g.log.Error("two policies set the same for one principal, who is let use nothing", "policy", p.Name, "setting", name)
				return nil
			}
			reached = reached && p.reaches(d.Name)
			d = d.narrowed(p)
		}
		if reached {
			out = append(out, &Source{Database: d, link: s.link})
		}
	}
	return out
}

// Apart reports whether the database is used under a policy, and so together with
// others, of whose statements nothing is to be seen.
func (s *Source) Apart() bool { return s.apart }

// Narrowed reports whether objects are hidden from whoever uses the database by
// a policy, beside those that are hidden from all.
func (s *Source) Narrowed() bool {
	for a := &s.Access; a.Within != nil; a = a.Within {
		if len(a.AllowSchemas)+len(a.DenyTables)+len(a.DenyColumns)+len(a.Mask) > 0 {
			return true
		}
	}
	return false
}

// caller is on whose behalf a call is made, or nil.
func caller(ctx context.Context) *auth.Principal {
	if call := mcpcore.CallOf(ctx); call != nil {
		return call.Principal
	}
	return auth.Of(ctx)
}
