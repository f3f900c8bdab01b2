package mcpcore

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth/oauth"
)

// asksWho reports whether clients have to say who they are.
func (o *overHTTP) asksWho() bool { return o.tokenFile != "" || o.issuer != "" }

// checkAuth finds what is wrong with the settings of whom to serve, and
// completes them.
func (o *overHTTP) checkAuth() (errs []error) {
	if o.asksWho() && o.openToAll {
		errs = append(errs, Hint(errors.New("--allow-unauthenticated contradicts --auth-tokens and --oauth-issuer"), "leave it out"))
	}
	switch {
	case o.issuer == "" && o.audience != "":
		errs = append(errs, Hint(errors.New("--oauth-audience is of no use alone"), "give --oauth-issuer too"))
	case o.issuer != "" && o.audience == "":
		errs = append(errs, Hint(errors.New("--oauth-issuer: without an audience, tokens that are meant for others would be taken"),
			"give --oauth-audience, such as the URL of this server"))
	}
	if o.issuer != "" {
		if err := oauth.CheckURL(o.issuer); err != nil {
			errs = append(errs, fmt.Errorf("--oauth-issuer: %w", err))
		}
	}
	if o.publicURL != "" {
		if err := oauth.CheckURL(o.publicURL); err != nil {
			errs = append(errs, Hint(fmt.Errorf("--public-url: %w", err), "such as https://example.com/mcp"))
		}
	} else if o.issuer != "" && o.audience != "" {
		if oauth.CheckURL(o.audience) == nil {
			o.publicURL = o.audience
		} else {
			errs = append(errs, Hint(errors.New("--oauth-audience is no URL, so that clients cannot be told where this server is"),
				"give --public-url, such as https://example.com/mcp"))
		}
	}
	return errs
}

// loadTokens reads the tokens of the operator's file.
func (o *overHTTP) loadTokens() (err error) {
	if o.addr == "" || o.tokenFile == "" {
		return nil
	}
	if o.tokens, err = auth.LoadTokens(o.tokenFile); err != nil {
		return Hint(fmt.Errorf("--auth-tokens: %w", err),
			`such as {"principals":[{"name":"ada","token_sha256":"…","scopes":["mcp:read"]}]}`)
	}
	return nil
}

// prepareAuth reads tokens and keys while it can: building may shut the
// process off from the disk.
func (o *overHTTP) prepareAuth(log *slog.Logger) (err error) {
	if err := o.loadTokens(); err != nil || o.addr == "" || o.issuer == "" {
		return err
	}
	if o.oauth, err = oauth.New(oauth.Config{Issuer: o.issuer, Audience: o.audience}); err != nil {
		return fmt.Errorf("--oauth-issuer: %w", err)
	}
	_, _ = x509.SystemCertPool() // is read once; an error shows with the next line
	if err := o.oauth.Prepare(context.Background()); err != nil {
		log.Warn("the issuer's keys cannot be had at present, so that no token of it is taken", "issuer", o.issuer, "error", err)
	}
	return nil
}

// guard is what lets requests in, or nil.
func (o *overHTTP) guard(s *Server, log *slog.Logger) *auth.Guard {
	if !o.asksWho() {
		return nil
	}
	g := &auth.Guard{Log: log, Resource: o.publicURL, Issuer: o.issuer}
	g.Supported = func() []string {
		if s.present().Policy.ReadOnly {
			return []string{auth.ScopeRead}
		}
		return auth.Scopes()
	}
	if o.tokens != nil {
		g.Verifiers = append(g.Verifiers, o.tokens)
	}
	if o.oauth != nil {
		g.Verifiers = append(g.Verifiers, o.oauth)
	}
	return g
}

// replaceTokens has other tokens count, where there are tokens. What was begun
// with those that are revoked ends.
func (o *overHTTP) replaceTokens(s *Server, with *auth.Tokens) (c auth.Changes) {
	if o.tokens == nil || with == nil {
		return c
	}
	c = o.tokens.Replace(with)
	if len(c.Revoked) > 0 {
		s.EndRevoked(c)
	}
	return c
}

// principals are those that the operator wrote down.
func (o *overHTTP) principals() []*auth.Principal {
	if o.tokens == nil {
		return nil
	}
	return o.tokens.Principals()
}
