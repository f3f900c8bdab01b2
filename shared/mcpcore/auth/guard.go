package auth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ErrUnknown is the error of a Verifier that a token is nothing to: it is for
// another to look at.
var ErrUnknown = errors.New("the token is not known")

// Verifier finds whom a token stands for. Its errors go to the log, so a token
// is not in them.
type Verifier interface {
	Verify(ctx context.Context, token string) (*Principal, error)
}

// Guard lets in only requests with a token that one of its verifiers knows.
type Guard struct {
	Verifiers []Verifier
	Log       *slog.Logger // default: nothing is logged

	// Resource is the URL of the server as its clients know it, and Issuer the
	// authorization server that gives out its tokens. Without an issuer there is
	// no metadata.
	Resource, Issuer string
	Supported        func() []string // scopes that the metadata names; default: all
}

// Denial is why a request is refused.
type Denial struct {
	Status    int
	Challenge string // for the header WWW-Authenticate; "" for none
	Message   string
	Reason    error // for the operator; nil: the message says it all
}

const maxToken = 16 << 10

// Identify finds the principal of a request.
func (g *Guard) Identify(r *http.Request) (*Principal, *Denial) {
	headers := r.Header.Values("Authorization")
	switch {
	case inQuery(r.URL):
		return nil, g.malformed("a token belongs into the header Authorization, not into the URL")
	case len(headers) > 1:
		return nil, g.malformed("the header Authorization stands twice")
	case len(headers) == 0:
		return nil, g.unauthorized("", "this server wants to know who asks: send Authorization: Bearer and a token")
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, g.unauthorized("", "this server wants to know who asks: send Authorization: Bearer and a token")
	}
	token = strings.Trim(token, " ")
	if !isToken(token) {
		return nil, g.malformed("what follows Bearer is no token")
	}
	for _, v := range g.Verifiers {
		p, err := v.Verify(r.Context(), token)
		switch {
		case err == nil:
			return p, nil
		case errors.Is(err, ErrUnknown):
			continue
		}
		return nil, g.invalid(r, err)
	}
	return nil, g.invalid(r, ErrUnknown)
}

// invalid is for a token that is none of ours, for a reason that its bearer is
// not told.
func (g *Guard) invalid(r *http.Request, reason error) *Denial {
	g.log().Info("a token was refused", "reason", reason, "from", r.RemoteAddr)
	d := g.unauthorized("invalid_token", "the token is not valid here, or no longer")
	d.Reason = reason
	return d
}

// inQuery reports whether a URL carries a token, which logs would keep.
func inQuery(u *url.URL) bool {
	if u.RawQuery == "" {
		return false
	}
	for pair := range strings.FieldsFuncSeq(u.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err == nil && strings.EqualFold(name, "access_token") {
			return true
		}
	}
	return false
}

// isToken reports whether s has the form of a bearer token (RFC 6750, 2.1).
func isToken(s string) bool {
	body := strings.TrimRight(s, "=")
	if body == "" || len(s) > maxToken {
		return false
	}
	for i := range len(body) {
		c := body[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~+/", c) >= 0) {
			return false
		}
	}
	return true
}

// Lapsed refuses a request whose token was good, and is no more.
func (g *Guard) Lapsed() *Denial {
	return g.unauthorized("invalid_token", "the token is good no more")
}

// Demand refuses a principal that lacks scopes that a request needs. All that
// are needed are named, so that a client can ask for them at once.
func (g *Guard) Demand(p *Principal, need []string) *Denial {
	missing := p.Lacks(need...)
	if len(missing) == 0 {
		return nil
	}
	g.log().Info("a scope is missing", "principal", p.ID, "scope", missing)
	return &Denial{
		Status:    http.StatusForbidden,
		Challenge: g.challenge("error", "insufficient_scope", "scope", strings.Join(need, " ")),
		Message:   "the token lacks the scope " + strings.Join(missing, " "),
	}
}

func (g *Guard) unauthorized(code, message string) *Denial {
	return &Denial{
		Status:    http.StatusUnauthorized,
		Challenge: g.challenge("error", code, "scope", ScopeRead),
		Message:   message,
	}
}

func (g *Guard) malformed(message string) *Denial {
	return &Denial{Status: http.StatusBadRequest, Challenge: g.challenge("error", "invalid_request"), Message: message}
}

// challenge makes a WWW-Authenticate header of pairs whose value is not "".
func (g *Guard) challenge(pairs ...string) string {
	if g.Issuer != "" {
		pairs = append(pairs, "resource_metadata", g.metadataURL())
	}
	var parts []string
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			parts = append(parts, pair[0]+`="`+pair[1]+`"`)
		}
	}
	return "Bearer " + strings.Join(parts, ", ")
}

// wellKnown is where the metadata is, before the path of the resource.
const wellKnown = "/.well-known/oauth-protected-resource"

func (g *Guard) metadataURL() string {
	u, err := url.Parse(g.Resource)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host + wellKnown + strings.TrimSuffix(u.EscapedPath(), "/")
}

// IsMetadata reports whether the metadata of the server is at a path.
func (g *Guard) IsMetadata(path string) bool {
	suffix, ok := strings.CutPrefix(path, wellKnown)
	if !ok || g.Issuer == "" {
		return false
	}
	u, err := url.Parse(g.Resource)
	return suffix == "" || suffix == "/mcp" || err == nil && suffix == strings.TrimSuffix(u.Path, "/")
}

// Metadata tells clients where to get a token (RFC 9728).
func (g *Guard) Metadata() []byte {
	scopes := Scopes()
	if g.Supported != nil {
		scopes = g.Supported()
	}
	raw, err := json.Marshal(struct {
		Resource string   `json:"resource"`
		Servers  []string `json:"authorization_servers"`
		Scopes   []string `json:"scopes_supported"`
		Methods  []string `json:"bearer_methods_supported"`
	}{g.Resource, []string{g.Issuer}, scopes, []string{"header"}})
	if err != nil {
		panic(err) // there are only strings in it
	}
	return raw
}

func (g *Guard) log() *slog.Logger {
	if g.Log == nil {
		return slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return g.Log
}
