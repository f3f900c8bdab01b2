package auth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/internal/private"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/rate"
)

// Tokens are the bearer tokens that the operator wrote down.
type Tokens struct{ entries atomic.Pointer[[]entry] }

// entry is a principal with the digest of its token.
type entry struct {
	sum       [sha256.Size]byte
	principal *Principal
}

// written is an entry as it stands in the file.
type written struct {
	Name     string   `json:"name"`
	Token    string   `json:"token"`
	SHA256   string   `json:"token_sha256"`
	Scopes   []string `json:"scopes"`
	Tools    []string `json:"tools"`
	ReadOnly bool     `json:"read_only"`
	Expires  string   `json:"expires"`

	RateLimit     string `json:"rate_limit"`
	MaxConcurrent *int   `json:"max_concurrent"`
}

const (
	maxFile  = 1 << 20
	minToken = 16 // characters; a token is not a word that someone thought of
)

// LoadTokens reads a file of tokens. All that is wrong with it is said at
// once.
func LoadTokens(name string) (*Tokens, error) {
	raw, err := private.ReadFile(name, maxFile)
	if err != nil {
		return nil, err
	}
	t, err := parseTokens(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

func parseTokens(raw []byte) (*Tokens, error) {
	var file struct {
		Principals []written `json:"principals"`
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("not a file of tokens: %w", plain(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the file of tokens")
	}
	if len(file.Principals) == 0 {
		return nil, errors.New("there are no principals")
	}
	var entries []entry
	var errs []error
	for i, w := range file.Principals {
		e, err := w.entry()
		if err == nil {
			entries, err = add(entries, e)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("principal %d (%q): %w", i+1, w.Name, err))
		}
	}
	t := &Tokens{}
	t.entries.Store(&entries)
	return t, errors.Join(errs...)
}

// plain is an error of the decoder without what stands in the file.
func plain(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("%s is of the wrong type", kind.Field)
	}
	return err
}

func add(entries []entry, e entry) ([]entry, error) {
	for _, other := range entries {
		switch {
		case other.principal.ID == e.principal.ID:
			return entries, errors.New("the name stands twice")
		case other.sum == e.sum:
			return entries, fmt.Errorf("the token is that of %s too", other.principal.ID)
		}
	}
	return append(entries, e), nil
}

// nameOf is the form of a name: it is written to logs, and is no URL, as which
// principals of an authorization server are known.
var nameOf = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`)

func (w *written) entry() (entry, error) {
	e := entry{principal: &Principal{ID: w.Name, Scopes: w.Scopes, Tools: w.Tools, ReadOnly: w.ReadOnly, Fixed: true}}
	e.principal.grant = &grant{over: make(chan struct{})}
	if !nameOf.MatchString(w.Name) {
		return e, errors.New("a name is 1 to 64 of letters, digits and . _ @ -")
	}
	if len(w.Scopes) == 0 {
		return e, fmt.Errorf("scopes are missing; there are %v", Scopes())
	}
	for _, scope := range w.Scopes {
		if !slices.Contains(Scopes(), scope) {
			return e, fmt.Errorf("there is no scope %q, but %v", scope, Scopes())
		}
	}
	for _, pattern := range w.Tools {
		if _, err := path.Match(pattern, ""); err != nil {
			return e, fmt.Errorf("tools: %q is not a pattern", pattern)
		}
	}
	if w.Expires != "" {
		var err error
		if e.principal.Expires, err = time.Parse(time.RFC3339, w.Expires); err != nil {
			return e, fmt.Errorf("expires: %.40q is not a time such as 2027-01-31T12:00:00Z", w.Expires)
		}
	}
	if err := w.limits(e.principal); err != nil {
		return e, err
	}
	return e, w.digest(&e.sum)
}

// limits reads how much the principal may ask for.
func (w *written) limits(p *Principal) (err error) {
	if w.RateLimit != "" {
		if p.RateLimit, err = rate.Parse(w.RateLimit); err != nil {
			return errors.New("rate_limit is not a rate such as 10/s, 100/m or 1000/h")
		}
	}
	if w.MaxConcurrent != nil {
		if p.MaxConcurrent = *w.MaxConcurrent; p.MaxConcurrent < 1 {
			return errors.New("max_concurrent is at least 1")
		}
	}
	return nil
}

func (w *written) digest(sum *[sha256.Size]byte) error {
	switch {
	case (w.Token == "") == (w.SHA256 == ""):
		return errors.New("give either token or token_sha256")
	case w.Token == "":
		raw, err := hex.DecodeString(w.SHA256)
		if err != nil || len(raw) != len(sum) {
			return errors.New("token_sha256 is not the 64 hexadecimal digits of a SHA-256")
		}
		copy(sum[:], raw)
		if *sum == sha256.Sum256(nil) {
			return errors.New("token_sha256 is that of no token at all")
		}
	case len(w.Token) < minToken || !isToken(w.Token):
		return fmt.Errorf("a token is at least %d letters, digits and - . _ ~ + /, such as openssl rand -hex 32 makes", minToken)
	default:
		*sum = sha256.Sum256([]byte(w.Token))
	}
	return nil
}

// Principals are those of the file.
func (t *Tokens) Principals() (all []*Principal) {
	for _, e := range *t.entries.Load() {
		all = append(all, e.principal)
	}
	return all
}

// Changes name the principals that are others than before.
type Changes struct {
	Added   []string
	Changed []string // that may do other things
	Revoked []string // whose token is good no more; some have a new one
	Gone    []string // those of them that have none
}

// Replace has the tokens of another file count, and no others. Principals that
// stand there as they did here are as they were.
func (t *Tokens) Replace(with *Tokens) (c Changes) {
	old, entries := *t.entries.Load(), slices.Clone(*with.entries.Load())
	var over []*Principal
	for _, was := range old {
		i := slices.IndexFunc(entries, func(e entry) bool { return e.principal.ID == was.principal.ID })
		if i < 0 {
			c.Gone = append(c.Gone, was.principal.ID)
		}
		switch {
		case i < 0 || entries[i].sum != was.sum:
			c.Revoked = append(c.Revoked, was.principal.ID)
			was.principal.grant.revoked.Store(true)
		case entries[i].principal.same(was.principal):
			entries[i] = was
			continue
		default:
			c.Changed = append(c.Changed, was.principal.ID)
		}
		over = append(over, was.principal)
	}
	for _, e := range entries {
		if !slices.ContainsFunc(old, func(was entry) bool { return was.principal.ID == e.principal.ID }) {
			c.Added = append(c.Added, e.principal.ID)
		}
	}
	t.entries.Store(&entries)
	for _, p := range over { // whoever comes back for it finds the new ones
		close(p.grant.over)
	}
	return c
}

// same reports whether two principals of one name may do the same.
func (p *Principal) same(q *Principal) bool {
	return slices.Equal(p.Scopes, q.Scopes) && slices.Equal(p.Tools, q.Tools) && (p.Tools == nil) == (q.Tools == nil) &&
		p.ReadOnly == q.ReadOnly && p.RateLimit == q.RateLimit && p.MaxConcurrent == q.MaxConcurrent && p.Expires.Equal(q.Expires)
}

// Verify finds the principal of a token. How long it takes tells nothing of
// the tokens: digests are compared, each of them, and whole.
func (t *Tokens) Verify(_ context.Context, token string) (*Principal, error) {
	sum := sha256.Sum256([]byte(token))
	entries, found := *t.entries.Load(), -1
	for i := range entries {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum[:], entries[i].sum[:]), i, found)
	}
	if found < 0 {
		return nil, ErrUnknown
	}
	p := entries[found].principal
	if !p.Expires.IsZero() && !time.Now().Before(p.Expires) {
		return nil, fmt.Errorf("the token of %s has expired", p.ID)
	}
	return p, nil
}
