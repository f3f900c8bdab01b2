package httpd_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/replicas"
)

// pool is a store of sessions in memory, which can be made to fail.
type pool struct {
	mu    sync.Mutex
	kept  map[string]*replicas.Session
	takes map[string]chan *replicas.Message
	away  bool // nothing can be reached
	deaf  bool // messages are lost
	full  bool
}

func newPool() *pool {
	return &pool{kept: map[string]*replicas.Session{}, takes: map[string]chan *replicas.Message{}}
}

var errAway = errors.New("the store is away")

// copied is a value as another process would have it.
func copied[T any](from *T) *T {
	raw, err := json.Marshal(from)
	if err != nil {
		panic(err)
	}
	to := new(T)
	if err := json.Unmarshal(raw, to); err != nil {
		panic(err)
	}
	return to
}

func copyOf(s *replicas.Session) *replicas.Session {
	c := copied(s)
	c.Version = s.Version
	return c
}

func (p *pool) Create(_ context.Context, s *replicas.Session, _ time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.away:
		return errAway
	case p.full:
		return replicas.ErrFull
	}
	s.Version = 1
	p.kept[s.ID] = copyOf(s)
	return nil
}

func (p *pool) Use(_ context.Context, id string, _ time.Duration) (*replicas.Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return nil, errAway
	}
	if s := p.kept[id]; s != nil {
		return copyOf(s), nil
	}
	return nil, replicas.ErrNotFound
}

func (p *pool) Change(_ context.Context, id string, edit func(*replicas.Session) bool) (*replicas.Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.kept[id]
	switch {
	case p.away:
		return nil, errAway
	case s == nil:
		return nil, replicas.ErrNotFound
	}
	next := copyOf(s)
	if edit(next) {
		next.Version++
		p.kept[id] = next
	}
	return copyOf(p.kept[id]), nil
}

func (p *pool) Delete(_ context.Context, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return errAway
	}
	if p.kept[id] == nil {
		return replicas.ErrNotFound
	}
	delete(p.kept, id)
	return nil
}

func (p *pool) Send(_ context.Context, to string, m *replicas.Message) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return false, errAway
	}
	taken := false
	for name, ch := range p.takes {
		if !p.deaf && (to == "" || to == name) {
			ch <- copied(m)
			taken = true
		}
	}
	return taken, nil
}

func (p *pool) Receive(replica string, take func(*replicas.Message)) (stop func()) {
	ch := make(chan *replicas.Message, 10_000)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for m := range ch {
			take(m)
		}
	}()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.takes[replica] = ch
	return func() {
		p.mu.Lock()
		delete(p.takes, replica)
		p.mu.Unlock()
		close(ch)
		<-ended
	}
}

func (p *pool) Ping(context.Context) error { return nil }

// set changes how the pool behaves.
func (p *pool) set(how func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	how()
}

// alarm tells every replica that it may have missed something.
func (p *pool) alarm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ch := range p.takes {
		ch <- &replicas.Message{Kind: replicas.Lost}
	}
}

// names are tokens that are the names of whom they stand for.
type names struct{}

func (names) Verify(_ context.Context, token string) (*auth.Principal, error) {
	return &auth.Principal{ID: token, Trusted: true}, nil
}

// replicasOf are n servers with a pool, which want to know who asks.
func replicasOf(t *testing.T, n int) (p *pool, all []*site) {
	t.Helper()
	p = newPool()
	for range n {
		s := newSite(t, mcpcore.HTTPOptions{Shared: p, Guard: &auth.Guard{Verifiers: []auth.Verifier{names{}}}})
		s.client.Transport = bearer{s.client.Transport}
		all = append(all, s)
	}
	return p, all
}

// bearer asks on behalf of ada, where a request says nothing else.
type bearer struct{ http.RoundTripper }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Authorization") == "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer ada")
	}
	return b.RoundTripper.RoundTrip(r)
}
