package guard

import (
	"context"
	"fmt"
	"net/http"
)

// Gist is a gist.
type Gist struct {
	ID          string              `json:"id"`
	Description string              `json:"description"`
	Public      bool                `json:"public"`
	Owner       *Actor              `json:"owner"`
	Updated     string              `json:"updated_at"`
	URL         string              `json:"html_url"`
	Files       map[string]GistFile `json:"files"`
}

// GistFile is a file of a gist.
type GistFile struct {
	Name      string `json:"filename"`
	Size      int    `json:"size"`
	Content   string `json:"content"`
	Truncated bool   `json:"truncated"`
}

func checkGist(id string) error {
	if !isHex(id) {
		return fmt.Errorf("gist_id: %s is no ID of a gist", quote(id))
	}
	return nil
}

// Gists lists the gists of a user; "" is the token's.
func (g *Guard) Gists(ctx context.Context, user string, w Window) (out []Gist, page Page, err error) {
	if err := g.outside("gists", false); err != nil {
		return nil, Page{}, err
	}
	path := []string{"gists"}
	if user != "" {
		if err := checkLogin("username", user); err != nil {
			return nil, Page{}, err
		}
		path = []string{"users", user, "gists"}
	}
	q, err := w.query()
	if err != nil {
		return nil, Page{}, err
	}
	resp, err := g.do(ctx, request{path: path, query: q}, &out)
	return out, pageOf(resp), err
}

// Gist reads a gist.
func (g *Guard) Gist(ctx context.Context, id string) (*Gist, error) {
	if err := g.outside("gists", false); err != nil {
		return nil, err
	}
	if err := checkGist(id); err != nil {
		return nil, err
	}
	out := &Gist{}
	_, err := g.do(ctx, request{path: []string{"gists", id}}, out)
	if err == nil && !out.Public {
		g.meetPrivate(ctx, "a secret gist")
	}
	return out, err
}

// WriteGist creates a gist, or changes the one with an ID. A gist can be read
// by everybody who has its address.
func (g *Guard) WriteGist(ctx context.Context, id, description string, public bool, files map[string]string) (*Gist, error) {
	if err := g.outside("gists", true); err != nil {
		return nil, err
	}
	if err := g.beforePublishing(ctx, "a gist"); err != nil {
		return nil, err
	}
	content := map[string]any{}
	for name, text := range files {
		content[name] = map[string]any{"content": text}
	}
	body := map[string]any{"files": content}
	if description != "" {
		body["description"] = description
	}
	r := request{method: http.MethodPost, path: []string{"gists"}, body: body}
	if id == "" {
		body["public"] = public
	} else {
		if err := checkGist(id); err != nil {
			return nil, err
		}
		r.method, r.path = http.MethodPatch, []string{"gists", id}
	}
	out := &Gist{}
	_, err := g.do(ctx, r, out)
	return out, err
}

// Starred lists the repositories that a user has starred; "" is the token's.
func (g *Guard) Starred(ctx context.Context, user string, w Window) ([]FoundRepo, Page, error) {
	path := []string{"user", "starred"}
	if user != "" {
		if err := checkLogin("username", user); err != nil {
			return nil, Page{}, err
		}
		path = []string{"users", user, "starred"}
	}
	q, err := w.query()
	if err != nil {
		return nil, Page{}, err
	}
	var found []FoundRepo
	resp, err := g.do(ctx, request{path: path, query: q}, &found)
	return g.readableRepos(found), pageOf(resp), err
}

// Star stars a repository, or takes the star away.
func (r *Repo) Star(ctx context.Context, on bool) error {
	one := request{method: http.MethodPut, path: []string{"user", "starred", r.owner, r.name}, account: r.account, granted: true}
	if !on {
		one.method = http.MethodDelete
	}
	_, err := r.g.do(ctx, one, nil)
	return err
}
