package guard

import (
	"context"
	"net/url"
	"strings"
)

// maxCompletions is one more than a client is told of, so that it knows there
// are more.
const maxCompletions = 101

// CompleteOwner suggests accounts: those that the operator names, the token's
// own, and its organizations.
func (g *Guard) CompleteOwner(ctx context.Context, prefix string) ([]string, error) {
	var all []string
	for _, p := range g.o.Repos {
		if owner, _, _ := strings.Cut(p, "/"); !strings.HasPrefix(p, "!") && !strings.Contains(owner, "*") {
			all = append(all, owner)
		}
	}
	if len(all) == 0 && g.Known() {
		me, err := g.Me(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, me.Login)
		var orgs []Actor
		if _, err := g.do(ctx, request{path: []string{"user", "orgs"}, query: url.Values{"per_page": {"100"}}}, &orgs); err != nil {
			return nil, err
		}
		for _, o := range orgs {
			all = append(all, o.Login)
		}
	}
	return beginning(all, prefix), nil
}

// CompleteRepo suggests repositories of an account.
func (g *Guard) CompleteRepo(ctx context.Context, owner, prefix string) ([]string, error) {
	if owner == "" {
		return nil, nil
	}
	if err := checkLogin("owner", owner); err != nil {
		return nil, err
	}
	found, _, err := g.SearchRepos(ctx, Query{Text: strings.TrimSpace(plain(prefix)+" in:name user:"+owner) + " fork:true", Window: Window{Limit: 100}})
	if err != nil {
		return nil, err
	}
	var all []string
	for _, r := range found {
		if o, name, _ := strings.Cut(r.FullName, "/"); strings.EqualFold(o, owner) {
			all = append(all, name)
		}
	}
	return beginning(all, prefix), nil
}

// plain is a word without what means something in a search.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:"()\`, r) || r <= ' ' {
			return -1
		}
		return r
	}, s)
}

// CompleteRef suggests branches ("heads") or tags ("tags").
func (r *Repo) CompleteRef(ctx context.Context, kind, prefix string) ([]string, error) {
	path := []string{"git", "matching-refs", kind}
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		if err := checkRef("ref", prefix); err != nil {
			return nil, nil //nolint:nilerr // nothing begins like it
		}
		path = append(path, segments(prefix)...)
	}
	var refs []struct {
		Ref string `json:"ref"`
	}
	if _, err := r.get(ctx, &refs, nil, path...); err != nil {
		return nil, err
	}
	var all []string
	for _, one := range refs {
		all = append(all, strings.TrimPrefix(one.Ref, "refs/"+kind+"/"))
	}
	return beginning(all, prefix), nil
}

// CompletePath suggests what is in the directory that a path is in.
func (r *Repo) CompletePath(ctx context.Context, ref, prefix string) ([]string, error) {
	dir := ""
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		dir = prefix[:i]
	}
	c, err := r.Content(ctx, dir, ref)
	if err != nil || c.Type != "dir" {
		return nil, err
	}
	var all []string
	for _, e := range c.Entries {
		name := e.Path
		if e.Type == "dir" {
			name += "/"
		}
		all = append(all, name)
	}
	return beginning(all, prefix), nil
}

// beginning are the names that begin with a prefix.
func beginning(all []string, prefix string) []string {
	var out []string
	for _, name := range all {
		if len(out) < maxCompletions && len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			out = append(out, name)
		}
	}
	return out
}
