package guard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/go-github/v60/github"
)

// request is one call of the REST API, or of a GraphQL document.
type request struct {
	method   string // "" is GET
	path     []string
	query    url.Values
	body     any
	accept   string // "" is JSON
	account  *account
	repo     *Repo     // to which it belongs; nil for none
	doc      *document // of GraphQL
	storage  bool      // it may be redirected to where GitHub keeps logs and archives
	most     int       // bytes of the answer; 0: as many as any
	harmless bool      // it writes only what nobody else sees, such as a pending review or a read mark
	granted  bool      // what it changes elsewhere was checked, such as the repository that a fork makes
}

// Page says where a list goes on.
type Page struct {
	Next  string // cursor; "" at the end
	Total int    // 0 where it is not known
}

// permit is what lets a request leave: the wire compares it with what is about
// to be sent.
type permit struct {
	*request
	url string
}

type permitKey struct{}

// segments is a name that may have slashes, as parts of a path.
func segments(name string) []string { return strings.Split(strings.Trim(name, "/"), "/") }

// escaped is a path with each segment escaped.
func escaped(path []string) (string, error) {
	var b strings.Builder
	for i, p := range path {
		for part := range strings.SplitSeq(p, "/") { // a name with slashes in one segment
			if part == "" || part == "." || part == ".." || !printable(part) {
				return "", fmt.Errorf("%s does not belong in an address", quote(p))
			}
		}
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(url.PathEscape(p))
	}
	return b.String(), nil
}

// do sends a request. out is where the JSON goes, an io.Writer for the bytes
// as they are, or nil.
func (g *Guard) do(ctx context.Context, r request, out any) (*github.Response, error) {
	if r.method == "" {
		r.method = http.MethodGet
	}
	if r.account == nil {
		r.account = g.accountOf("")
		if r.repo != nil {
			r.account = r.repo.account
		}
	}
	address := g.graphURL.String()
	if r.doc == nil {
		path, err := escaped(r.path)
		if err != nil {
			return nil, err
		}
		address = g.base.String() + path
		if len(r.query) > 0 {
			address += "?" + r.query.Encode()
		}
	}
	req, err := g.client.NewRequest(r.method, address, r.body)
	if err != nil {
		return nil, err
	}
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	p := &permit{request: &r, url: address}
	resp, err := g.client.BareDo(context.WithValue(ctx, permitKey{}, p), req)
	if resp != nil && resp.Response != nil && resp.Body != nil {
		defer resp.Body.Close()
	}
	var accepted *github.AcceptedError
	switch {
	case errors.As(err, &accepted):
		return resp, g.decode(bytes.NewReader(accepted.Raw), out, false)
	case err != nil:
		return nil, g.explain(p, err)
	}
	return resp, g.decode(resp.Body, out, resp.StatusCode == http.StatusOK)
}

// decode reads an answer, in which no token of ours is left standing, and which
// may not be empty where there must be one.
func (g *Guard) decode(body io.Reader, out any, must bool) error {
	if out == nil {
		return nil
	}
	text, err := io.ReadAll(body)
	for _, t := range g.tokens() {
		text = bytes.ReplaceAll(text, []byte(t), []byte("****"))
	}
	if raw, ok := out.(*buffer); ok {
		*raw = text
		return err
	}
	if err == nil && (must || len(text) > 0) {
		if err = json.Unmarshal(text, out); err != nil {
			err = fmt.Errorf("GitHub's answer cannot be understood: %w", err)
		}
	}
	return err
}

// get reads JSON of a repository.
func (r *Repo) get(ctx context.Context, out any, query url.Values, path ...string) (*github.Response, error) {
	return r.g.do(ctx, request{path: r.path(path...), query: query, repo: r}, out)
}

// send changes something of a repository.
func (r *Repo) send(ctx context.Context, method string, body, out any, path ...string) error {
	_, err := r.g.do(ctx, request{method: method, path: r.path(path...), body: body, repo: r}, out)
	return err
}

func (r *Repo) path(more ...string) []string {
	return append([]string{"repos", r.owner, r.name}, more...)
}

// Window is the part of a list that is wanted.
type Window struct {
	Limit  int
	Cursor string
}

// query are the parameters by which REST pages.
func (w Window) query(more ...string) (url.Values, error) {
	q := url.Values{}
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] != "" {
			q.Set(more[i], more[i+1])
		}
	}
	if w.Limit > 0 {
		q.Set("per_page", strconv.Itoa(min(w.Limit, 100)))
	}
	if w.Cursor != "" {
		if n, err := strconv.Atoi(w.Cursor); err != nil || n < 1 {
			return nil, fmt.Errorf("cursor: %s is none that was given out here", quote(w.Cursor))
		}
		if w.Cursor != "1" {
			q.Set("page", w.Cursor)
		}
	}
	return q, nil
}

// list reads a page of a list of a repository.
func (r *Repo) list(ctx context.Context, out any, w Window, params []string, path ...string) (Page, error) {
	q, err := w.query(params...)
	if err != nil {
		return Page{}, err
	}
	resp, err := r.get(ctx, out, q, path...)
	return pageOf(resp), err
}

func pageOf(resp *github.Response) Page {
	if resp == nil || resp.NextPage == 0 {
		return Page{}
	}
	return Page{Next: strconv.Itoa(resp.NextPage)}
}
