package guard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// document is a GraphQL document. There are no others than the constants of
// this package: what a caller says goes into variables.
type document struct {
	name     string
	text     string
	mutation bool
	partial  bool // what the token may not see of it is left out
}

func newDocument(name, text string) *document {
	d := &document{name: name, text: strings.TrimSpace(text)}
	d.mutation = strings.HasPrefix(d.text, "mutation")
	return d
}

// newPartial is a document of which parts may be missing in the answer.
func newPartial(name, text string) *document {
	d := newDocument(name, text)
	d.partial = true
	return d
}

type graphError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Path    []any  `json:"path"`
}

// graphErrors are what GitHub says instead of data, or beside it.
type graphErrors []graphError

func (e graphErrors) Error() string {
	var all []string
	for _, one := range e {
		all = append(all, one.Message)
	}
	return strings.Join(all, "; ")
}

// aside reports whether all errors are of parts that the token may not see.
func (e graphErrors) aside() bool {
	for _, one := range e {
		if one.Type != "FORBIDDEN" || len(one.Path) < 3 {
			return false
		}
	}
	return true
}

func (e graphErrors) is(kind string) bool {
	for _, one := range e {
		if one.Type == kind {
			return true
		}
	}
	return false
}

// graph runs a document. What belongs to a repository says so by repo.
func (g *Guard) graph(ctx context.Context, r request, variables map[string]any, out any) error {
	r.method = http.MethodPost
	r.body = graphBody{Query: r.doc.text, Variables: variables}
	var answer struct {
		Data   any         `json:"data"`
		Errors graphErrors `json:"errors"`
	}
	answer.Data = out
	if _, err := g.do(ctx, r, &answer); err != nil {
		return err
	}
	if len(answer.Errors) == 0 || r.doc.partial && answer.Errors.aside() {
		return nil
	}
	return explainGraph(answer.Errors, r.repo)
}

type graphBody struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables"`
}

// graph runs a document about the repository, whose owner and name are added
// to the variables.
func (r *Repo) graph(ctx context.Context, d *document, variables map[string]any, out any) error {
	if variables == nil {
		variables = map[string]any{}
	}
	variables["owner"], variables["name"] = r.owner, r.name
	return r.g.graph(ctx, request{doc: d, repo: r}, variables, out)
}

// mutate runs a document that changes something of the repository.
func (r *Repo) mutate(ctx context.Context, d *document, input map[string]any, out any) error {
	return r.g.graph(ctx, request{doc: d, repo: r}, map[string]any{"input": input}, out)
}

func explainGraph(errs graphErrors, repo *Repo) error {
	where := ""
	if repo != nil {
		where = repo.String() + ": "
	}
	err := fmt.Errorf("%s%w", where, errs)
	switch {
	case errs.is("NOT_FOUND"):
		return mcpcore.Hint(fmt.Errorf("%w: %w", err, mcpcore.ErrNotFound), "check the name; where it is right, the token cannot see it: get_access tells what it may do")
	case errs.is("FORBIDDEN"), errs.is("INSUFFICIENT_SCOPES"):
		return mcpcore.Hint(err, "the token lacks a permission for this; get_access tells what it may do")
	case errs.is("RATE_LIMITED"):
		return (&limited{"rate limit for graphql", unsaid}).tell()
	case errs.is("STALE_DATA"):
		return errors.Join(errStale, err)
	}
	return err
}

var errStale = errors.New("the branch has moved on since it was read")
