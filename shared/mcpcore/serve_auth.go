package mcpcore

import (
	"fmt"
	"log/slog"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// asksWho reports whether clients have to say who they are.
func (o *overHTTP) asksWho() bool { return o.tokenFile != "" }

// loadTokens reads the tokens while the file can be read.
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

// guard is what lets requests in, or nil.
func (o *overHTTP) guard(log *slog.Logger) *auth.Guard {
	if !o.asksWho() {
		return nil
	}
	g := &auth.Guard{Log: log}
	if o.tokens != nil {
		g.Verifiers = append(g.Verifiers, o.tokens)
	}
	return g
}

// principals are those that the operator wrote down.
func (o *overHTTP) principals() []*auth.Principal {
	if o.tokens == nil {
		return nil
	}
	return o.tokens.Principals()
}
