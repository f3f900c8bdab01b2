// Package auth says on whose behalf a request over HTTP is made: by a bearer
// token that the operator wrote into a file, or by one that an authorization
// server issued (package oauth). A token is looked at here and goes no
// further.
package auth

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/rate"
)

// The scopes of this server: one for each effect that a tool can have. None
// implies another.
const (
	ScopeRead   = "mcp:read"
	ScopeWrite  = "mcp:write"
	ScopeDelete = "mcp:delete"
)

// Scopes are all of them, mildest first.
func Scopes() []string { return []string{ScopeRead, ScopeWrite, ScopeDelete} }

// Principal is somebody on whose behalf requests are made. What it holds
// narrows what the operator allows everybody, and never widens it.
type Principal struct {
	ID       string   // tells principals apart, whatever token they came with
	Scopes   []string // that the token stands for
	Tools    []string // patterns of the names of tools it may use; nil: of any
	ReadOnly bool     // it may use only tools that read

	RateLimit     rate.Limit // of its requests; the zero value: none of its own
	MaxConcurrent int        // calls of it that run at once; 0: no bound of its own

	Trusted bool // it has every scope
	Fixed   bool // its scopes will not become more

	// Expires is when its token is good no more; zero: never, as far as is known.
	Expires time.Time

	grant *grant // nil where nobody can take it back
}

// grant is what the operator wrote down, and may take back.
type grant struct {
	over    chan struct{} // closed when it counts no more
	revoked atomic.Bool
}

// Over is closed when what the principal holds counts no more, as the operator
// has changed it or taken it back: whoever listens comes back to be looked at
// again.
func (p *Principal) Over() <-chan struct{} {
	if p == nil || p.grant == nil {
		return nil
	}
	return p.grant.over
}

// Revoked reports whether the operator has taken the token back.
func (p *Principal) Revoked() bool {
	return p != nil && p.grant != nil && p.grant.revoked.Load()
}

// Lacks are the scopes among need that the principal does not have.
func (p *Principal) Lacks(need ...string) (missing []string) {
	if p == nil || p.Trusted {
		return nil
	}
	for _, scope := range need {
		if !slices.Contains(p.Scopes, scope) && !slices.Contains(missing, scope) {
			missing = append(missing, scope)
		}
	}
	return missing
}

type principalKey struct{}

// With is ctx on behalf of p.
func With(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// Of is the principal of ctx, or nil.
func Of(ctx context.Context) *Principal {
	p, _ := ctx.Value(principalKey{}).(*Principal)
	return p
}

// ID is that of the principal of ctx, or "".
func ID(ctx context.Context) string {
	if p := Of(ctx); p != nil {
		return p.ID
	}
	return ""
}
