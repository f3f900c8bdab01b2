package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type healthIn struct {
	Checks []string `json:"checks,omitzero" jsonschema:"groups to check: index, connection, vacuum, sequence, replication, buffer, constraint, transaction, lock, checkpoint, temp, key, statistics, settings, extension, checksum; default all"`
	where
}

// check is one question to the server. Its statement brings a row for each
// thing that is wrong: how bad it is (critical, warning or note), the schema and
// table that it is about or NULL, its name, and what shows it.
type check struct {
	group, title string
	sql          guard.Own
	from, before int    // server_version_num; 0: any
	next         string // what to do about it
}

func (c *check) fits(version int64) bool {
	return version >= int64(c.from) && (c.before == 0 || version < int64(c.before))
}

// finding is a check with what it found.
type finding struct {
	*check
	severity string   // the worst
	lines    []string // the worst first
}

const aboutSQL guard.Own = `SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('server_version'),
	pg_catalog.pg_has_role(session_user, 'pg_read_all_stats', 'USAGE')`

// mostLines is how many of a finding are shown.
const mostLines = 10

func (s *server) health(ctx context.Context, in healthIn) (string, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return "", err
	}
	for _, group := range in.Checks {
		if !slices.Contains(groups(), group) {
			return "", mcpcore.Hint(fmt.Errorf("there is no check %q", group), "the checks are "+strings.Join(groups(), ", "))
		}
	}
	about, err := source.OwnAsLogin(ctx, aboutSQL)
	if err != nil {
		return "", err
	}
	v, err := visibleIn(ctx, source)
	if err != nil {
		return "", err
	}
	e := &examination{version: about[0].Text(1), fine: map[string]bool{}}
	for i := range checks {
		c := &checks[i]
		if (len(in.Checks) == 0 || slices.Contains(in.Checks, c.group)) && c.fits(number(about[0].Text(0))) {
			if err := e.add(ctx, c, v); err != nil {
				return "", err
			}
		}
	}
	if !about[0].Bool(2) {
		e.failed = append(e.failed, "the login is no member of pg_read_all_stats (or pg_monitor): what other users' sessions do is not checked")
	}
	return e.String(), nil
}

// examination is what checks have come to.
type examination struct {
	version string
	found   []finding
	failed  []string        // checks that could not be made, and why
	fine    map[string]bool // groups that were checked, and whether nothing was found
}

func (e *examination) add(ctx context.Context, c *check, v *visible) error {
	f, err := c.run(ctx, v)
	good, known := e.fine[c.group]
	e.fine[c.group] = err == nil && len(f.lines) == 0 && (good || !known)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		e.failed = append(e.failed, fmt.Sprintf("not checked: %s, %s: %s", c.group, c.title, oneLine(err.Error(), 150)))
	case len(f.lines) > 0:
		e.found = append(e.found, f)
	}
	return nil
}

// groups are those of the checks, each once.
func groups() []string {
	var out []string
	for _, c := range checks {
		if !slices.Contains(out, c.group) {
			out = append(out, c.group)
		}
	}
	return out
}

func (c *check) run(ctx context.Context, v *visible) (finding, error) {
	f := finding{check: c, severity: "note"}
	records, err := v.source.OwnAsLogin(ctx, c.sql)
	if err != nil {
		return f, err
	}
	slices.SortStableFunc(records, func(a, b guard.Record) int { return cmp.Compare(rank(a.Text(0)), rank(b.Text(0))) })
	for _, r := range records {
		if !v.table(r.Text(1), r.Text(2)) {
			continue
		}
		if rank(r.Text(0)) < rank(f.severity) {
			f.severity = r.Text(0)
		}
		line := oneLine(r.Text(3), 120)
		if evidence := oneLine(r.Text(4), 200); evidence != "" {
			line += ": " + evidence
		}
		if r.Text(0) != f.severity {
			line += " (" + r.Text(0) + ")"
		}
		f.lines = append(f.lines, line)
	}
	return f, nil
}

func rank(severity string) int {
	return slices.Index([]string{"critical", "warning", "note"}, severity)
}

// String is the report, the worst first.
func (e *examination) String() string {
	slices.SortStableFunc(e.found, func(a, b finding) int { return cmp.Compare(rank(a.severity), rank(b.severity)) })
	var b strings.Builder
	counts := map[string]int{}
	for _, f := range e.found {
		counts[f.severity]++
	}
	fmt.Fprintf(&b, "PostgreSQL %s: %d critical, %d warnings, %d notes\n", oneLine(e.version, 0), counts["critical"], counts["warning"], counts["note"])
	b.WriteString(e.findings())
	var good []string
	for _, group := range groups() {
		if e.fine[group] {
			good = append(good, group)
		}
	}
	if len(good) > 0 {
		b.WriteString("\nfine: " + strings.Join(good, ", ") + "\n")
	}
	for _, f := range e.failed {
		b.WriteString(f + "\n")
	}
	return b.String()
}

// findings are those of the report, each with its evidence and the next step.
func (e *examination) findings() string {
	var b strings.Builder
	for _, f := range e.found {
		fmt.Fprintf(&b, "\n%s (%s): %s\n", f.severity, f.group, f.title)
		for _, line := range f.lines[:min(mostLines, len(f.lines))] {
			b.WriteString("- " + line + "\n")
		}
		if more := len(f.lines) - mostLines; more > 0 {
			fmt.Fprintf(&b, "- and %d more\n", more)
		}
		b.WriteString("next: " + f.next + "\n")
	}
	return b.String()
}
