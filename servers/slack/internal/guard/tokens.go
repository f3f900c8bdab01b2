package guard

import (
	"context"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// Token is what is known of a token, without the token.
type Token struct {
	wire.Self
	Kind          string   // bot, user, browser; export or sample where there is none
	Scopes        []string // nil where they are not told
	Reads, Writes bool     // what it is used for
}

// Tokens asks whom the tokens of a workspace belong to, and what they may do.
func (w *Workspace) Tokens(ctx context.Context) ([]Token, error) {
	a, ok := w.back.(*api)
	if !ok {
		self, err := w.back.Self(ctx)
		return []Token{{Self: self, Kind: w.Alias, Reads: true}}, err
	}
	var out []Token
	for _, c := range []*client{a.reader, a.writer} {
		if c == a.writer && len(out) > 0 && a.reader == a.writer {
			break
		}
		self, err := a.whose(ctx, c)
		if err != nil {
			return nil, err
		}
		t := Token{Self: self, Kind: "user", Reads: c == a.reader, Writes: c == a.writer}
		switch {
		case strings.HasPrefix(c.token, "xoxc-"):
			t.Kind = "browser"
		case strings.Contains(c.token, "xoxb-"):
			t.Kind = "bot"
		}
		c.mu.Lock()
		t.Scopes = c.scopes
		c.mu.Unlock()
		out = append(out, t)
	}
	return out, nil
}

// Opens reports whether a rule for reading opens conversations of a kind.
func (w *Workspace) Opens(kind string) bool {
	return slices.ContainsFunc(w.read.Allow, func(r rule) bool {
		return r.says(kind) || slices.ContainsFunc(r.conditions, func(c condition) bool { return kind == "public" && c.key != "kind" })
	})
}
