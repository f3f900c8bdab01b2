package guard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// refusal is a rule's no, which is not worth another attempt.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

// redirect is the request that a redirect asks for, if it may be followed. The
// token goes along only to the configured host; elsewhere leads only what
// GitHub keeps in storage, such as logs.
func (w *wire) redirect(req *http.Request, location string, p *permit) (*http.Request, error) {
	to, err := req.URL.Parse(location)
	if err != nil || to.User != nil {
		return nil, errors.New("GitHub sends the request to an address that is none")
	}
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return nil, w.moved(req.Context(), to, p)
	}
	home := to.Host == w.g.base.Host && to.Scheme == w.g.base.Scheme
	if !home {
		safe := to.Scheme == "https" && !loopback(to.Hostname()) || w.g.base.Scheme == "http" && loopback(to.Hostname())
		if !p.storage || !safe {
			return nil, &refusal{fmt.Errorf("GitHub sends the request to another host, %s, where it does not go", quote(to.Host))}
		}
		next, err := http.NewRequestWithContext(req.Context(), req.Method, to.String(), nil)
		if err != nil {
			return nil, err
		}
		next.Header.Set("User-Agent", req.Header.Get("User-Agent"))
		return next, nil
	}
	next := req.Clone(req.Context())
	next.URL = to
	inside, ok := strings.CutPrefix(to.EscapedPath(), w.g.base.EscapedPath())
	parts := strings.Split(inside, "/")
	if !ok {
		return nil, &refusal{errors.New("GitHub sends the request to an address outside of its API")}
	}
	if parts[0] != "repositories" || len(parts) < 2 { // such as another page: the rules are those of any request
		return next, w.authorize(next, p)
	}
	repo, err := w.byID(req.Context(), parts[1], p)
	if err != nil {
		return nil, err
	}
	p.repo = repo
	next.URL = w.g.base.JoinPath("repos", repo.owner, repo.name)
	if len(parts) > 2 {
		if next.URL, err = url.Parse(next.URL.String() + "/" + strings.Join(parts[2:], "/")); err != nil {
			return nil, err
		}
	}
	next.URL.RawQuery = to.RawQuery
	return next, w.authorize(next, p)
}

// byID finds the repository with a number, if it may be read.
func (w *wire) byID(ctx context.Context, id string, p *permit) (*Repo, error) {
	if _, err := strconv.ParseUint(id, 10, 64); err != nil {
		return nil, &refusal{errors.New("GitHub sends the request to a repository without a number")}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.g.base.JoinPath("repositories", id).String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("User-Agent", w.g.o.UserAgent)
	resp, err := w.try(req, &permit{request: &request{account: p.account}})
	if err != nil {
		return nil, err
	}
	defer drop(resp)
	var found struct {
		FullName string `json:"full_name"`
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the repository has moved, and GitHub does not say where (status %d)", resp.StatusCode)
	}
	if err := w.g.decode(&body{inner: resp.Body, left: 1 << 20}, &found, true); err != nil {
		return nil, err
	}
	owner, name, _ := strings.Cut(found.FullName, "/")
	if err := checkRepo(owner, name); err != nil {
		return nil, err
	}
	if err := w.g.mayRead(owner, name); err != nil {
		return nil, &refusal{fmt.Errorf("the repository has moved: %w", err)}
	}
	return &Repo{g: w.g, owner: owner, name: name, account: p.account}, nil
}

// moved is why a change is not sent on to where its repository went.
func (w *wire) moved(ctx context.Context, to *url.URL, p *permit) error {
	err := errors.New("the repository has moved, and changes do not follow")
	if parts := strings.Split(strings.TrimPrefix(to.EscapedPath(), w.g.base.EscapedPath()), "/"); to.Host == w.g.base.Host && len(parts) > 1 && parts[0] == "repositories" {
		if repo, found := w.byID(ctx, parts[1], p); found == nil {
			return &refusal{mcpcore.Hint(err, "its name now is "+repo.String())}
		}
	}
	return &refusal{mcpcore.Hint(err, "search_repositories finds it by its new name")}
}
