package httpd

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/replicas"
)

// shared is what a replica does so that others can serve its sessions, and it
// theirs. What it holds of a session is a copy; the store says with each
// request whether there still is a session, and what has become of it.
type shared struct {
	h     *Handler
	store replicas.Store
	name  string // of this replica

	adopting sync.Mutex     // one copy of a session is made here
	outbox   chan forwarded // notifications for other replicas
	done     chan struct{}
	working  sync.WaitGroup
	closing  sync.Once
	stop     func() // receiving
}

// forwarded is a notification for the replica where the client listens.
type forwarded struct {
	to string
	m  *replicas.Message
}

// maxForwarded bounds the notifications that wait to be forwarded: more come
// only where the store is out of reach, and are then of no use.
const maxForwarded = 10_000

func newShared(h *Handler, store replicas.Store) *shared {
	sh := &shared{h: h, store: store, name: newID()[:10], outbox: make(chan forwarded, maxForwarded), done: make(chan struct{})}
	sh.working.Go(sh.forward)
	sh.working.Go(sh.refresh)
	sh.stop = store.Receive(sh.name, sh.take)
	return sh
}

// close is for when the sessions have ended here.
func (sh *shared) close() {
	sh.closing.Do(func() {
		sh.stop()
		close(sh.done)
		sh.working.Wait()
	})
}

// forward sends notifications on, so that whoever has one to tell need not
// wait for the store.
func (sh *shared) forward() {
	for {
		select {
		case f := <-sh.outbox:
			if _, err := sh.store.Send(context.Background(), f.to, f.m); err != nil {
				sh.h.o.Log.Warn("a notification did not reach the replica where the client listens", "error", err)
			}
		case <-sh.done:
			return
		}
	}
}

// refresh keeps the store from forgetting sessions whose client only listens,
// or waits for long, and ends copies of those that it has forgotten.
func (sh *shared) refresh() {
	tick := time.NewTicker(sh.h.o.IdleTimeout / 3)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			sh.compare(func(s *session) bool { _, idle := s.idleSince(); return !idle })
		case <-sh.done:
			return
		}
	}
}

// compare holds copies against what they are copies of.
func (sh *shared) compare(which func(*session) bool) {
	for _, s := range sh.h.sessions.list() {
		if which(s) {
			sh.changed(s)
		}
	}
}

func (sh *shared) changed(s *session) {
	kept, err := sh.store.Use(context.Background(), s.id, sh.h.o.IdleTimeout)
	switch {
	case errors.Is(err, replicas.ErrNotFound):
		sh.drop(s)
	case err != nil:
		sh.h.o.Log.Warn("the store of sessions", "error", err)
	default:
		sh.sync(s, kept)
	}
}

// drop ends this replica's copy.
func (sh *shared) drop(s *session) {
	sh.h.sessions.take(s)
	s.end(Conn.Close)
}

// sync has a copy follow what others have changed. Resources are watched where
// the client listens, and nowhere else.
func (sh *shared) sync(s *session, kept *replicas.Session) {
	s.syncing.Lock()
	defer s.syncing.Unlock()
	s.mu.Lock()
	if s.record != nil && s.record.Version >= kept.Version {
		s.mu.Unlock()
		return
	}
	s.record = kept
	s.mu.Unlock()
	state := kept.State
	if kept.Listener != sh.name {
		state.Subscriptions = nil
		s.news.retire()
	}
	s.conn.Restore(state)
}

// listener is the replica where the client listens; "" is none, or this one.
func (s *session) listener() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.record == nil || s.record.Listener == s.h.shared.name {
		return ""
	}
	return s.record.Listener
}

// relay is the Sender of what belongs to no request: it goes where the client
// listens.
type relay struct{ s *session }

// Send adds a message to the feed, here or at another replica.
func (r relay) Send(msg []byte) error {
	to := r.s.listener()
	if to == "" {
		return r.s.news.Send(msg)
	}
	sh := r.s.h.shared
	m := &replicas.Message{Kind: replicas.ToClient, Session: r.s.id, From: sh.name, Body: bytes.TrimSpace(bytes.Clone(msg))}
	select {
	case sh.outbox <- forwarded{to, m}:
	default: // none of them arrives
	}
	return nil
}

// Answer is Send: nothing that is answered goes this way.
func (r relay) Answer(msg []byte) error { return r.Send(msg) }

// Settled has nothing to end.
func (r relay) Settled(jsonrpc.ID) {}

// find is the session of a request, here or taken over from another replica.
func (sh *shared) find(r *http.Request, id string) (*session, *fault) {
	if len(id) != len(newID()) || strings.ContainsFunc(id, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '2' || c > '7') }) {
		return nil, noSession()
	}
	kept, err := sh.store.Use(r.Context(), id, sh.h.o.IdleTimeout)
	switch {
	case errors.Is(err, replicas.ErrNotFound):
		if s := sh.h.sessions.get(id); s != nil {
			sh.drop(s)
		}
		return nil, noSession()
	case err != nil:
		return nil, sh.away(err)
	case kept.Owner != auth.ID(r.Context()):
		return nil, noSession()
	}
	if s := sh.h.sessions.get(id); s != nil && s.acquire() {
		sh.sync(s, kept)
		return s, nil
	}
	return sh.adopt(r, kept)
}

// adopt makes a copy of a session that other replicas serve too.
func (sh *shared) adopt(r *http.Request, kept *replicas.Session) (*session, *fault) {
	sh.adopting.Lock()
	defer sh.adopting.Unlock()
	if s := sh.h.sessions.get(kept.ID); s != nil && s.acquire() {
		return s, nil
	}
	s := newSession(sh.h, kept.ID, auth.Of(r.Context()))
	s.payer = payer(r)
	sh.sync(s, kept)
	s.acquire()
	if fault := sh.h.sessions.add(s); fault != nil {
		s.end(Conn.Close)
		return nil, fault
	}
	if sh.h.draining() { // and may not have seen this one
		sh.drop(s)
		return nil, stoppingFault()
	}
	return s, nil
}

// begin makes a new session known to other replicas.
func (sh *shared) begin(r *http.Request, s *session) *fault {
	kept := &replicas.Session{ID: s.id, Owner: s.owner, State: s.conn.State()}
	err := sh.store.Create(r.Context(), kept, sh.h.o.IdleTimeout)
	switch {
	case errors.Is(err, replicas.ErrFull):
		return tooManySessions()
	case err != nil:
		return sh.away(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record = kept
	return nil
}

// away is for what cannot be done without the store.
func (sh *shared) away(err error) *fault {
	sh.h.o.Log.Error("the store of sessions", "error", err)
	return refusal(http.StatusServiceUnavailable, codeRefused, "the session cannot be reached at present; try again in a moment")
}

// lasting are the methods that change what is kept of a session.
var lasting = []string{"initialize", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"}

// saveAll keeps what the messages of a batch have changed. They are answered.
func (sh *shared) saveAll(ctx context.Context, s *session, batch []byte) {
	for _, raw := range jsonrpc.Elements(batch) {
		if one, err := jsonrpc.Parse(raw); err == nil && slices.Contains(lasting, one.Method) {
			sh.save(ctx, s, &message{Message: one})
		}
	}
}

// save keeps what a message has changed.
func (sh *shared) save(ctx context.Context, s *session, m *message) *fault {
	uri := jsonrpc.Unquote(metaOf(m.Params).uri)
	now := s.conn.State()
	return sh.change(ctx, s, func(k *replicas.Session) bool {
		i := slices.Index(k.Subscriptions, uri)
		switch m.Method {
		case "initialize":
			k.Revision, k.Client, k.Capabilities = now.Revision, now.Client, now.Capabilities
		case "logging/setLevel":
			k.Level = now.Level
		case "resources/subscribe":
			if i >= 0 || !slices.Contains(now.Subscriptions, uri) { // it was refused
				return false
			}
			k.Subscriptions = append(k.Subscriptions, uri)
		case "resources/unsubscribe":
			if i < 0 {
				return false
			}
			k.Subscriptions = slices.Delete(k.Subscriptions, i, i+1)
		}
		return true
	})
}

// listens makes this replica the one where the client listens.
func (sh *shared) listens(ctx context.Context, s *session) *fault {
	return sh.change(ctx, s, func(k *replicas.Session) bool {
		changed := k.Listener != sh.name
		k.Listener = sh.name
		return changed
	})
}

// change changes what is kept of a session, and lets the other replicas know.
func (sh *shared) change(ctx context.Context, s *session, edit func(*replicas.Session) bool) *fault {
	ctx = context.WithoutCancel(ctx)
	kept, err := sh.store.Change(ctx, s.id, edit)
	switch {
	case errors.Is(err, replicas.ErrNotFound):
		sh.drop(s)
		return noSession()
	case errors.Is(err, replicas.ErrFull):
		return refusal(http.StatusServiceUnavailable, codeRefused, "there is no room for more; try again in a moment")
	case err != nil:
		return sh.away(err)
	}
	if listener := s.listener(); kept.Listener == "" || kept.Listener == sh.name || listener != kept.Listener {
		sh.sync(s, kept)
	} // or else what was just subscribed to is watched here until it is there
	_, fault := sh.tell(ctx, "", replicas.Changed, s, nil)
	return fault
}

// end ends a session for all replicas.
func (sh *shared) end(ctx context.Context, s *session) *fault {
	ctx = context.WithoutCancel(ctx)
	if err := sh.store.Delete(ctx, s.id); err != nil && !errors.Is(err, replicas.ErrNotFound) {
		return sh.away(err)
	}
	_, fault := sh.tell(ctx, "", replicas.Ended, s, nil)
	return fault
}

func (sh *shared) tell(ctx context.Context, to string, kind replicas.Kind, s *session, body []byte) (taken bool, fault *fault) {
	taken, err := sh.store.Send(ctx, to, &replicas.Message{Kind: kind, Session: s.id, From: sh.name, Body: body})
	if err != nil {
		return false, sh.away(err)
	}
	return taken, nil
}

// pass gives other replicas what a client sent that may be for them: the
// answer to a question of theirs, the end of a call, roots that changed.
func (sh *shared) pass(ctx context.Context, s *session, m *message) *fault {
	var all []jsonrpc.Message
	if m.batch == nil {
		all = append(all, m.Message)
	}
	for _, raw := range jsonrpc.Elements(m.batch) {
		if one, err := jsonrpc.Parse(raw); err == nil {
			all = append(all, one)
		}
	}
	for _, one := range all {
		to, others := "", false
		switch {
		case one.IsResponse():
			_, to, others = strings.Cut(jsonrpc.Unquote([]byte(one.ID)), "@")
			others = others && to != sh.name
		case one.ID == "":
			others = one.Method == "notifications/cancelled" || one.Method == "notifications/roots/list_changed"
		}
		if !others {
			continue
		}
		taken, fault := sh.tell(ctx, to, replicas.FromClient, s, encoded(&one))
		if fault == nil && !taken && to != "" {
			fault = refusal(http.StatusServiceUnavailable, codeRefused, "who asked for this answer cannot be reached at present; try again in a moment")
		}
		if fault != nil {
			return fault
		}
	}
	return nil
}

// encoded is a message as it came, but for what nobody looks at.
func encoded(m *jsonrpc.Message) []byte {
	w := &jsonrpc.Writer{}
	w.Open('{')
	w.Key("jsonrpc").String("2.0")
	if m.ID != "" {
		w.Key("id").Raw([]byte(m.ID))
	}
	w.Optional("method", m.Method)
	w.OptionalRaw("params", m.Params)
	w.OptionalRaw("result", m.Result)
	w.OptionalRaw("error", m.Error)
	w.Close('}')
	return w.Buf
}

// take acts on what another replica tells.
func (sh *shared) take(m *replicas.Message) {
	if m.Kind == replicas.Lost {
		sh.compare(func(*session) bool { return true })
		return
	}
	s := sh.h.sessions.get(m.Session)
	if s == nil || m.From == sh.name || !s.acquire() {
		return
	}
	defer s.release()
	switch m.Kind {
	case replicas.Ended:
		sh.drop(s)
	case replicas.Changed:
		sh.changed(s)
	case replicas.ToClient:
		_ = s.news.Send(m.Body)
	case replicas.FromClient:
		if one, err := jsonrpc.Parse(m.Body); err == nil && (one.IsResponse() || one.ID == "") {
			s.conn.ReceiveTo(one, nowhere{})
		}
	}
}

// nowhere is a Sender for messages that get no answer.
type nowhere struct{}

func (nowhere) Send([]byte) error   { return nil }
func (nowhere) Answer([]byte) error { return nil }
func (nowhere) Settled(jsonrpc.ID)  {}
