package guard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// flow remembers what each principal's conversation has met, as far as it
// matters for what may go where: text that anybody may have written, and
// repositories that not everybody may read.
type flow struct {
	mu sync.Mutex
	by map[string]*met
}

// met is what one conversation has met.
type met struct {
	repos   map[string]*Repo // by owner/name in small letters
	foreign map[string]bool  // those among them with text of people who have no part in them
	private string           // something private outside of repositories, such as notifications
	yes     map[string]bool  // what the user has agreed to
}

const maxMet = 1000 // repositories; beyond that, the oldest suspicion is the safest

func (f *flow) of(ctx context.Context) *met {
	who := mcpcore.Principal(ctx)
	if f.by == nil {
		f.by = map[string]*met{}
	}
	m := f.by[who]
	if m == nil {
		m = &met{repos: map[string]*Repo{}, foreign: map[string]bool{}, yes: map[string]bool{}}
		f.by[who] = m
	}
	return m
}

// meet notes that a repository is read.
func (g *Guard) meet(ctx context.Context, r *Repo) {
	if g.o.FlowGuard == "off" {
		return
	}
	g.flow.mu.Lock()
	defer g.flow.mu.Unlock()
	if m := g.flow.of(ctx); len(m.repos) < maxMet {
		m.repos[strings.ToLower(r.String())] = r
	}
}

// meetText notes that a text was read that somebody without a part in the
// repository may have written.
func (r *Repo) meetText(ctx context.Context, association string) {
	if r.g.o.FlowGuard == "off" || belongs(association) {
		return
	}
	r.g.meet(ctx, r)
	r.g.flow.mu.Lock()
	defer r.g.flow.mu.Unlock()
	if m := r.g.flow.of(ctx); len(m.foreign) < maxMet {
		m.foreign[strings.ToLower(r.String())] = true
	}
}

// meetPrivate notes that something private was read that is in no repository.
func (g *Guard) meetPrivate(ctx context.Context, what string) {
	g.flow.mu.Lock()
	defer g.flow.mu.Unlock()
	g.flow.of(ctx).private = what
}

// belongs reports whether an author has a part in the repository.
func belongs(association string) bool {
	switch association {
	case "OWNER", "MEMBER", "COLLABORATOR":
		return true
	}
	return false
}

// snapshot is what was met so far.
func (g *Guard) snapshot(ctx context.Context) (repos []*Repo, foreign map[string]bool, private string) {
	g.flow.mu.Lock()
	defer g.flow.mu.Unlock()
	m := g.flow.of(ctx)
	foreign = map[string]bool{}
	for key, r := range m.repos {
		repos = append(repos, r)
		foreign[r.String()] = m.foreign[key]
	}
	return repos, foreign, m.private
}

// tainted names a public repository, other than but, whose text may have been
// written to mislead; "" where none was met.
func (g *Guard) tainted(ctx context.Context, but *Repo) string {
	repos, foreign, _ := g.snapshot(ctx)
	for _, r := range repos {
		if but != nil && strings.EqualFold(r.String(), but.String()) {
			continue
		}
		info, err := g.known(ctx, r)
		if info == nil && err == nil {
			continue
		}
		if err != nil || !info.Private && (foreign[r.String()] || !info.Push()) { // what cannot be looked up is suspect
			return r.String()
		}
	}
	return ""
}

// secretMet names something private that was met beside a repository.
func (g *Guard) secretMet(ctx context.Context, but *Repo) string {
	repos, _, private := g.snapshot(ctx)
	if private != "" {
		return private
	}
	for _, r := range repos {
		if but != nil && strings.EqualFold(r.String(), but.String()) {
			continue
		}
		info, err := g.known(ctx, r)
		if err != nil || info != nil && info.Private {
			return r.String()
		}
	}
	return ""
}

// known looks up a repository that was met. One that cannot be seen, of which
// nothing was read, is forgotten: then both results are nil.
func (g *Guard) known(ctx context.Context, r *Repo) (*Info, error) {
	info, err := r.Info(ctx)
	if errors.Is(err, mcpcore.ErrNotFound) || errors.Is(err, errNoInstallation) {
		g.flow.mu.Lock()
		defer g.flow.mu.Unlock()
		delete(g.flow.of(ctx).repos, strings.ToLower(r.String()))
		return nil, nil
	}
	return info, err
}

// beforeRead asks whether a repository may be read after what was met.
func (g *Guard) beforeRead(ctx context.Context, r *Repo) error {
	err := g.mayMeet(ctx, r)
	if err == nil {
		g.meet(ctx, r)
	}
	return err
}

func (g *Guard) mayMeet(ctx context.Context, r *Repo) error {
	if g.o.FlowGuard == "off" || g.onlyMet(ctx, r) {
		return nil
	}
	info, err := r.Info(ctx)
	if err != nil || !info.Private { // one that cannot be looked up cannot be read either
		return nil
	}
	source := g.tainted(ctx, r)
	if source == "" {
		return nil
	}
	return g.agree(ctx, "read "+r.String(), fmt.Sprintf(
		"Text from the public repository %s has been read, which strangers can write to. May private content of %s be read now?", source, r))
}

// onlyMet reports whether no other repository was met.
func (g *Guard) onlyMet(ctx context.Context, r *Repo) bool {
	g.flow.mu.Lock()
	defer g.flow.mu.Unlock()
	m := g.flow.of(ctx)
	return len(m.repos) == 0 || len(m.repos) == 1 && m.repos[strings.ToLower(r.String())] != nil
}

// beforeWrite asks whether a repository may be changed after what was met.
func (g *Guard) beforeWrite(ctx context.Context, r *Repo) error {
	mode := g.o.FlowGuard
	g.flow.mu.Lock()
	m := g.flow.of(ctx)
	nothing := len(m.repos) == 0 && m.private == ""
	g.flow.mu.Unlock()
	if g.o.PublicWrites == "allow" && (mode == "off" || nothing) {
		return nil
	}
	if g.o.PublicWrites == "allow" && mode == "leaks" && m.private == "" && g.onlyMet(ctx, r) {
		return nil // there is nothing to carry from elsewhere
	}
	info, err := r.Info(ctx)
	if err == nil && info.Private {
		return nil
	}
	switch g.o.PublicWrites {
	case "deny":
		return mcpcore.Refused("--public-writes", mcpcore.Hint(fmt.Errorf("%s is public, and nothing may be written there", r),
			"tell the user what you would have written; a person can start the server with --public-writes confirm"))
	case "confirm":
		err := confirm(ctx, fmt.Sprintf("%s is public: everybody will see it. Write there?", r))
		if errors.Is(err, mcpcore.ErrCannotAsk) {
			err = mcpcore.Refused("--public-writes", mcpcore.Hint(fmt.Errorf("%s is public, and the user has to agree to each change there: %w", r, err),
				"tell the user what you would have written; a person can start the server with --public-writes allow"))
		}
		return err
	}
	if mode == "off" {
		return nil
	}
	source := g.tainted(ctx, nil)
	if source == "" {
		return nil
	}
	question := fmt.Sprintf("Text from the public repository %s has been read, which strangers can write to. May the public repository %s be changed now?", source, r)
	if mode == "leaks" {
		secret := g.secretMet(ctx, r)
		if secret == "" {
			return nil
		}
		question = fmt.Sprintf("Private content (%s) and text that strangers can write (%s) have been read. May something be written to the public repository %s now?", secret, source, r)
	}
	return g.agree(ctx, "write "+r.String(), question)
}

// confirm asks the user, and says so plainly where that cannot be done.
func confirm(ctx context.Context, question string) error {
	needed, err := mcpcore.NeedsConsent(ctx)
	switch {
	case !needed:
		return nil
	case err != nil:
		return mcpcore.ErrCannotAsk
	}
	return mcpcore.Confirm(ctx, question)
}

// agree asks the user once for each thing; the mode warn only tells.
func (g *Guard) agree(ctx context.Context, what, question string) error {
	if g.o.FlowGuard == "warn" {
		g.o.Log.Warn("flow guard", "what", what)
		mcpcore.Log(ctx, mcpcore.LevelWarning, "flow-guard", question)
		return nil
	}
	g.flow.mu.Lock()
	known := g.flow.of(ctx).yes[what]
	g.flow.mu.Unlock()
	if known {
		return nil
	}
	err := confirm(ctx, question)
	switch {
	case err == nil:
		g.flow.mu.Lock()
		g.flow.of(ctx).yes[what] = true
		g.flow.mu.Unlock()
		return nil
	case errors.Is(err, mcpcore.ErrCannotAsk):
		return mcpcore.Refused("--flow-guard", mcpcore.Hint(fmt.Errorf("after text that strangers can write was read, the user has to agree to: %s", what),
			"start a new conversation for it; a person can start the server with --flow-guard warn"))
	}
	return mcpcore.Refused("--flow-guard", err)
}

// Info is what the rules have to know of a repository.
type Info struct {
	Private       bool   `json:"private"`
	Visibility    string `json:"visibility"`
	DefaultBranch string `json:"default_branch"`
	FullName      string `json:"full_name"`
	Permissions   struct {
		Admin    bool `json:"admin"`
		Maintain bool `json:"maintain"`
		Push     bool `json:"push"`
	} `json:"permissions"`
}

// Push reports whether the token's user may change the repository.
func (i *Info) Push() bool {
	return i.Permissions.Push || i.Permissions.Maintain || i.Permissions.Admin
}

type infoCache struct {
	mu sync.Mutex
	by map[string]keptInfo
}

type keptInfo struct {
	info *Info
	at   time.Time
}

const infoTTL = 10 * time.Minute

// Info looks a repository up, at most every ten minutes.
func (r *Repo) Info(ctx context.Context) (*Info, error) {
	key := strings.ToLower(r.String())
	c := &r.g.infos
	c.mu.Lock()
	kept, ok := c.by[key]
	c.mu.Unlock()
	if ok && time.Since(kept.at) < infoTTL {
		return kept.info, nil
	}
	info := &Info{}
	if _, err := r.get(ctx, info, nil); err != nil {
		return nil, err
	}
	info.Private = info.Private || info.Visibility == "internal"
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil || len(c.by) > maxMet {
		c.by = map[string]keptInfo{}
	}
	c.by[key] = keptInfo{info, time.Now()}
	return info, nil
}

// forget drops what is kept of a repository, as it was changed.
func (r *Repo) forget() {
	r.g.infos.mu.Lock()
	defer r.g.infos.mu.Unlock()
	delete(r.g.infos.by, strings.ToLower(r.String()))
}

// pushers are who may push where, as far as it was asked.
type pushers struct {
	mu sync.Mutex
	by map[string]keptPusher
}

type keptPusher struct {
	may bool
	at  time.Time
}

// Veiled reports whether what an author wrote is hidden: with lockdown, in a
// public repository, where the author has no push access.
func (r *Repo) Veiled(ctx context.Context, author, association string) bool {
	if !r.g.o.Lockdown || association == "OWNER" {
		return false
	}
	if info, err := r.Info(ctx); err == nil && info.Private {
		return false
	}
	if checkLogin("author", author) != nil {
		return true
	}
	key := strings.ToLower(r.String() + "@" + author)
	p := &r.g.pushers
	p.mu.Lock()
	kept, ok := p.by[key]
	p.mu.Unlock()
	if ok && time.Since(kept.at) < 5*time.Minute {
		return !kept.may
	}
	var answer struct {
		Permission string `json:"permission"`
	}
	_, err := r.get(ctx, &answer, nil, "collaborators", author, "permission")
	may := err == nil && (answer.Permission == "admin" || answer.Permission == "write")
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by == nil || len(p.by) > 10000 {
		p.by = map[string]keptPusher{}
	}
	p.by[key] = keptPusher{may, time.Now()}
	return !may
}

// beforePublishing asks whether something that belongs to no repository may be
// made, which everybody can read.
func (g *Guard) beforePublishing(ctx context.Context, what string) error {
	switch g.o.PublicWrites {
	case "deny":
		return mcpcore.Refused("--public-writes", mcpcore.Hint(fmt.Errorf("%s is public, and nothing may be written there", what), "tell the user what you would have written"))
	case "confirm":
		if err := confirm(ctx, fmt.Sprintf("Everybody can read %s. Make it?", what)); err != nil {
			return mcpcore.Refused("--public-writes", err)
		}
	}
	if g.o.FlowGuard == "off" {
		return nil
	}
	source := g.tainted(ctx, nil)
	if source == "" || g.o.FlowGuard == "leaks" && g.secretMet(ctx, nil) == "" {
		return nil
	}
	return g.agree(ctx, "write "+what, fmt.Sprintf("Text from the public repository %s has been read, which strangers can write to. May %s be made now?", source, what))
}
