// Package oauth takes access tokens of an OAuth 2.1 authorization server: JWTs
// (RFC 9068) that it signed for this server and no other.
package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// algorithms are those whose keys can be published.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.EdDSA}

// Config says whose tokens are taken, and which.
type Config struct {
	Issuer   string // URL of the authorization server, as it writes it itself
	Audience string // this server's name in tokens

	Between time.Duration    // least time between two looks at the issuer's keys; default 10 s
	Now     func() time.Time // default time.Now
}

// Verifier takes the tokens of one issuer.
type Verifier struct {
	issuer string
	now    func() time.Time
	keys   *keys
	oidc   *oidc.IDTokenVerifier
}

// New makes a Verifier. The issuer is first asked when a token has to be
// verified, or by Prepare.
func New(c Config) (*Verifier, error) {
	if err := CheckURL(c.Issuer); err != nil {
		return nil, err
	}
	if c.Audience == "" {
		return nil, errors.New("there is no audience")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Between <= 0 {
		c.Between = 10 * time.Second
	}
	names := make([]string, len(algorithms))
	for i, a := range algorithms {
		names[i] = string(a)
	}
	k := newKeys(c.Issuer, c.Between, c.Now)
	return &Verifier{
		issuer: c.Issuer, now: c.Now, keys: k,
		oidc: oidc.NewVerifier(c.Issuer, k, &oidc.Config{ClientID: c.Audience, SupportedSigningAlgs: names, Now: c.Now}),
	}, nil
}

// CheckURL refuses what is no URL of a server that can be trusted to be the
// one that is meant: one of https, or one on this machine.
func CheckURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") {
		return fmt.Errorf("%q is not the URL of a server", s)
	}
	if u.Scheme == "https" || u.Scheme == "http" && onThisMachine(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("%q is not a URL of https", s)
}

func onThisMachine(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// Prepare fetches the issuer's keys, so that it is seen early whether that
// works.
func (v *Verifier) Prepare(ctx context.Context) error {
	_, err := v.keys.refresh(ctx, nil)
	return err
}

// claims are what a token says, beside what package oidc looks at.
type claims struct {
	NotBefore json.Number     `json:"nbf"`
	Subject   string          `json:"sub"`
	ClientID  string          `json:"client_id"`
	Scope     json.RawMessage `json:"scope"`
	ScopeList json.RawMessage `json:"scp"` // as some servers call it
	Bound     json.RawMessage `json:"cnf"`
}

// Verify finds the principal of a token.
func (v *Verifier) Verify(ctx context.Context, token string) (*auth.Principal, error) {
	if strings.Count(token, ".") != 2 {
		return nil, auth.ErrUnknown
	}
	if err := checkType(token); err != nil {
		return nil, err
	}
	verified, err := v.oidc.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	var c claims
	if err := verified.Claims(&c); err != nil {
		return nil, errors.New("a claim has the wrong type")
	}
	if err := v.check(&c); err != nil {
		return nil, err
	}
	id, err := v.identity(&c)
	if err != nil {
		return nil, err
	}
	return &auth.Principal{ID: id, Scopes: c.scopes(), Expires: verified.Expiry}, nil
}

// skew is by how much the clocks of two machines may differ.
const skew = time.Minute

func (v *Verifier) check(c *claims) error {
	if c.NotBefore != "" {
		from, err := c.NotBefore.Float64()
		if err != nil || from > float64(v.now().Add(skew).Unix()) {
			return errors.New("the token is not valid yet")
		}
	}
	if len(c.Bound) > 0 && string(c.Bound) != "null" {
		return errors.New("the token is bound to a key, and no proof of that key is asked for here")
	}
	return nil
}

// identity tells principals apart. A client that acts for itself is no user,
// even if their names are the same.
func (v *Verifier) identity(c *claims) (string, error) {
	const most = 512
	switch {
	case len(c.Subject) > most || len(c.ClientID) > most:
		return "", errors.New("the token's subject is too long")
	case c.Subject != "":
		return v.issuer + "#" + c.Subject, nil
	case c.ClientID != "":
		return v.issuer + "?client_id=" + c.ClientID, nil
	}
	return "", errors.New("the token does not say whom it stands for")
}

// scopes are those of this server among the token's.
func (c *claims) scopes() []string {
	out := []string{}
	for _, raw := range []json.RawMessage{c.Scope, c.ScopeList} {
		var list []string
		var text string
		if json.Unmarshal(raw, &text) == nil {
			list = strings.Fields(text)
		} else if json.Unmarshal(raw, &list) != nil {
			continue
		}
		for _, scope := range list {
			if slices.Contains(auth.Scopes(), scope) && !slices.Contains(out, scope) {
				out = append(out, scope)
			}
		}
	}
	return out
}

// checkType refuses a token that says of itself that it is something else than
// an access token. Many servers leave the type open, or say JWT.
func checkType(token string) error {
	parsed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil || len(parsed.Signatures) != 1 {
		return errors.New("not a token that is signed with one of the algorithms that are taken")
	}
	name, _ := parsed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string)
	if _, has := parsed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType]; !has {
		return nil
	}
	switch strings.TrimPrefix(strings.ToLower(name), "application/") {
	case "jwt", "at+jwt":
		return nil
	}
	return fmt.Errorf("the token is not for access: its type is %.40q", name)
}
