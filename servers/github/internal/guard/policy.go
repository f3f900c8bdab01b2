package guard

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// patterns are what is meant and, with a ! before it, what is not. What is not
// meant wins, wherever it stands.
type patterns struct {
	yes, no []*regexp.Regexp
	set     bool
	text    string
}

var repoPattern = regexp.MustCompile(`^!?[A-Za-z0-9_*-]+/[A-Za-z0-9._*-]+$`)

func repoPatterns(list []string) (patterns, error) {
	var out patterns
	for _, text := range list {
		if !strings.Contains(text, "/") { // an account is all that it owns
			text += "/*"
		}
		if !repoPattern.MatchString(text) {
			return out, mcpcore.Hint(fmt.Errorf("%q is no pattern of repositories", text), "write owner/name, owner/* or !owner/name")
		}
		out.add(text, func(p string) string { return strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, `[^/]*`) })
	}
	out.set, out.text = len(list) > 0, strings.Join(list, ", ")
	return out, nil
}

func pathPatterns(list []string) patterns {
	var out patterns
	for _, text := range list {
		name := !strings.Contains(text, "/") // a plain name is meant at any depth
		out.add(strings.TrimPrefix(text, "/"), func(p string) string {
			p = regexp.QuoteMeta(p)
			p = strings.ReplaceAll(p, `\*\*/`, `(?:.*/)?`)
			p = strings.ReplaceAll(p, `\*\*`, `.*`)
			p = strings.ReplaceAll(p, `\*`, `[^/]*`)
			p = strings.ReplaceAll(p, `\?`, `[^/]`)
			if name {
				p = `(?:.*/)?` + p
			}
			return p + `(?:/.*)?` // and what is below it
		})
	}
	out.set, out.text = len(list) > 0, strings.Join(list, ", ")
	return out
}

func (p *patterns) add(text string, expression func(string) string) {
	rest, not := strings.CutPrefix(text, "!")
	re := regexp.MustCompile(`(?is)^` + expression(rest) + `$`)
	if not {
		p.no = append(p.no, re)
		return
	}
	p.yes = append(p.yes, re)
}

// match reports whether a name is meant. Patterns that only say what is not
// meant mean everything else.
func (p *patterns) match(name string) bool {
	for _, re := range p.no {
		if re.MatchString(name) {
			return false
		}
	}
	for _, re := range p.yes {
		if re.MatchString(name) {
			return true
		}
	}
	return len(p.yes) == 0
}

// errReadOnly refuses what would change something.
func errReadOnly() error {
	return mcpcore.Refused("--read-only", mcpcore.Hint(errors.New("this server only reads"),
		"tell the user; a person can start the server without --read-only"))
}

// mayRead says whether a repository may be read.
func (g *Guard) mayRead(owner, name string) error {
	if g.read.set && !g.read.match(owner+"/"+name) {
		return mcpcore.Refused("--repos", mcpcore.Hint(fmt.Errorf("%s/%s is not among the repositories that may be used", owner, name),
			"the operator allows "+g.read.text+" (--repos); get_access tells more"))
	}
	return nil
}

// mayWrite says whether a repository may be changed.
func (g *Guard) mayWrite(owner, name string) error {
	if g.o.ReadOnly() {
		return errReadOnly()
	}
	if err := g.mayRead(owner, name); err != nil {
		return err
	}
	if g.write.set && !g.write.match(owner+"/"+name) {
		return mcpcore.Refused("--write-repos", mcpcore.Hint(fmt.Errorf("%s/%s may be read and not changed", owner, name),
			"the operator allows changes in "+g.write.text+" (--write-repos); propose the change to the user instead"))
	}
	return nil
}

// fenced reports whether only some repositories may be used.
func (g *Guard) fenced() bool { return g.read.set || g.write.set }

// outside refuses what belongs to no repository where only some may be used.
func (g *Guard) outside(what string, writes bool) error {
	if writes && g.o.ReadOnly() {
		return errReadOnly()
	}
	if !g.read.set && (!writes || !g.fenced()) {
		return nil
	}
	return mcpcore.Refused("--repos", mcpcore.Hint(fmt.Errorf("%s: only the repositories %s may be used", what, g.read.text+g.write.text),
		"work in one of them; get_access tells more"))
}

// mayChangeBranch says whether a branch may be written to directly.
func (g *Guard) mayChangeBranch(r *Repo, branch, byDefault string) error {
	branch = strings.TrimPrefix(branch, "refs/heads/")
	for _, p := range g.o.ProtectBranches {
		if p == "default" {
			p = byDefault
		}
		if ok, err := path.Match(p, branch); ok || err != nil || p == branch {
			return mcpcore.Refused("--protect-branches", mcpcore.Hint(fmt.Errorf("branch %s of %s is protected by the operator", branch, r),
				"call create_branch, write there, and call create_pull_request"))
		}
	}
	return nil
}

func (g *Guard) protectsDefault() bool { return len(g.o.ProtectBranches) > 0 }

// mayChangePath says whether files of this path may be changed.
func (g *Guard) mayChangePath(p string) error {
	if g.paths.set && g.paths.match(p) {
		return mcpcore.Refused("--protect-paths", mcpcore.Hint(fmt.Errorf("path %s is protected by the operator (--protect-paths)", quote(p)),
			"leave this file as it is, and tell the user what should change"))
	}
	return nil
}

// Rules are what the operator has set, in words.
func (g *Guard) Rules() [][2]string {
	or := func(text, other string) string {
		if text == "" {
			return other
		}
		return text
	}
	out := [][2]string{
		{"repositories", or(g.read.text, "all that the token can see")},
		{"changes", or(g.write.text, "in those")},
	}
	if g.o.ReadOnly() {
		out[1][1] = "none (--read-only)"
	}
	if len(g.o.ProtectBranches) > 0 {
		out = append(out, [2]string{"protected branches", strings.Join(g.o.ProtectBranches, ", ")})
	}
	if g.paths.set {
		out = append(out, [2]string{"protected paths", g.paths.text})
	}
	out = append(out, [2]string{"public writes", g.o.PublicWrites}, [2]string{"flow guard", g.o.FlowGuard})
	if g.o.MaxWritesPerHour > 0 {
		out = append(out, [2]string{"writes an hour", fmt.Sprint(g.o.MaxWritesPerHour)})
	}
	if g.o.Lockdown {
		out = append(out, [2]string{"lockdown", "text of authors without push access is hidden in public repositories"})
	}
	return out
}

// Repo is a repository that may be read.
type Repo struct {
	g           *Guard
	owner, name string
	account     *account
}

// Repo finds a repository by its owner and name, if it may be read.
func (g *Guard) Repo(ctx context.Context, owner, name string) (*Repo, error) {
	if err := checkRepo(owner, name); err != nil {
		return nil, err
	}
	if err := g.mayRead(owner, name); err != nil {
		return nil, err
	}
	r := &Repo{g: g, owner: owner, name: name, account: g.accountOf(owner)}
	if err := g.beforeRead(ctx, r); err != nil {
		return nil, err
	}
	return r, nil
}

// WritableRepo finds a repository that may be changed.
func (g *Guard) WritableRepo(ctx context.Context, owner, name string) (*Repo, error) {
	if err := checkRepo(owner, name); err != nil {
		return nil, err
	}
	if err := g.mayWrite(owner, name); err != nil {
		return nil, err
	}
	r := &Repo{g: g, owner: owner, name: name, account: g.accountOf(owner)}
	if err := g.beforeWrite(ctx, r); err != nil {
		return nil, err
	}
	return r, nil
}

// String is owner/name.
func (r *Repo) String() string { return r.owner + "/" + r.name }

// Owner is the account that owns the repository.
func (r *Repo) Owner() string { return r.owner }

// Name is the name without the owner.
func (r *Repo) Name() string { return r.name }
