package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/replicas"
)

// Sessions is a replicas.Store.
type Sessions struct{ shelf }

// Sessions is where replicas share sessions.
func (s *Store) Sessions() *Sessions {
	return &Sessions{shelf{s, "session", maxSessions, maxSessionBytes}}
}

// SetStateKeys has other keys count from now on.
func (h *Sessions) SetStateKeys(keys [][]byte) { h.s.SetStateKeys(keys) }

// Ping is replicas.Store's.
func (h *Sessions) Ping(ctx context.Context) error { return h.s.Ping(ctx) }

// Create is replicas.Store's.
func (h *Sessions) Create(ctx context.Context, one *replicas.Session, idle time.Duration) error {
	raw, err := json.Marshal(one)
	if err != nil {
		return err
	}
	one.Version = 1
	return sessionFault(h.create(ctx, one.ID, one.Owner, raw, idle))
}

// Use is replicas.Store's.
func (h *Sessions) Use(ctx context.Context, id string, idle time.Duration) (*replicas.Session, error) {
	one, _, err := h.read(ctx, id, idle)
	return one, err
}

func (h *Sessions) read(ctx context.Context, id string, idle time.Duration) (*replicas.Session, *item, error) {
	from, err := h.get(ctx, id, idle)
	if err != nil {
		return nil, nil, sessionFault(err)
	}
	one := &replicas.Session{}
	if err := json.Unmarshal(from.text, one); err != nil {
		return nil, nil, fmt.Errorf("a session in Redis: %w", err)
	}
	one.Version = from.version
	return one, from, nil
}

// Change is replicas.Store's.
func (h *Sessions) Change(ctx context.Context, id string, edit func(*replicas.Session) bool) (*replicas.Session, error) {
	for range maxTries {
		one, from, err := h.read(ctx, id, 0)
		if err != nil || !edit(one) {
			return one, err
		}
		raw, err := json.Marshal(one)
		if err != nil {
			return nil, err
		}
		err = h.swap(ctx, id, from, raw)
		if err == nil {
			one.Version++
			return one, nil
		}
		if !errors.Is(err, errConflict) {
			return nil, sessionFault(err)
		}
	}
	return nil, errAway
}

// Delete is replicas.Store's.
func (h *Sessions) Delete(ctx context.Context, id string) error {
	return sessionFault(h.remove(ctx, id))
}

// Send is replicas.Store's.
func (h *Sessions) Send(ctx context.Context, to string, m *replicas.Message) (taken bool, err error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, opTime)
	defer cancel()
	channel := h.letters(to)
	n, err := h.s.client.Publish(ctx, channel, h.s.sealer.SealBytes(raw, channel, letterLife)).Result()
	return n > 0, h.s.fault(err)
}

// letterLife is for how long a message can be read: time enough for clocks
// that differ, and not for somebody to send it again much later.
const letterLife = time.Minute

// letters is the channel of messages to a replica, or to all.
func (h *Sessions) letters(to string) string {
	if to == "" {
		return h.base() + ":all"
	}
	return h.base() + ":to:" + to
}

// Receive is replicas.Store's.
func (h *Sessions) Receive(replica string, take func(*replicas.Message)) (stop func()) {
	open := func(channel string) func(string) {
		return func(sealed string) {
			raw, err := h.s.sealer.OpenBytes([]byte(sealed), channel)
			m := &replicas.Message{}
			if err != nil || json.Unmarshal(raw, m) != nil {
				h.s.log.Warn("a message in Redis opens with no key of --state-key-file, or is too old")
				return
			}
			take(m)
		}
	}
	all, own := h.letters(""), h.letters(replica)
	lost := func() { take(&replicas.Message{Kind: replicas.Lost}) }
	return h.s.news.subscribe(map[string]func(string){all: open(all), own: open(own)}, lost)
}

func sessionFault(err error) error {
	switch {
	case errors.Is(err, errGone):
		return replicas.ErrNotFound
	case errors.Is(err, errFull):
		return replicas.ErrFull
	}
	return err
}
