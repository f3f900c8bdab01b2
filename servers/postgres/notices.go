package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// lookEvery is how often the server is asked whether its schema has changed,
// while somebody wants to know.
const lookEvery = 5 * time.Second

// snapshotSQL changes with every transaction that wrote.
const snapshotSQL guard.Own = `SELECT pg_catalog.pg_current_snapshot()::text`

// schemaSQL changes with every statement that changed the schema.
const schemaSQL guard.Own = `SELECT
	(SELECT count(*) || ' ' || sum(c.xmin::text::bigint # c.oid::bigint) FROM pg_catalog.pg_class c WHERE c.relpersistence <> 't'),
	(SELECT count(*) || ' ' || sum(a.xmin::text::bigint # a.attrelid::bigint) FROM pg_catalog.pg_attribute a
		JOIN pg_catalog.pg_class c ON c.oid = a.attrelid WHERE c.relpersistence <> 't'),
	(SELECT count(*) || ' ' || sum(xmin::text::bigint # oid::bigint) FROM pg_catalog.pg_constraint),
	(SELECT count(*) || ' ' || sum(xmin::text::bigint # oid::bigint) FROM pg_catalog.pg_proc),
	(SELECT count(*) || ' ' || sum(xmin::text::bigint # oid::bigint) FROM pg_catalog.pg_namespace),
	(SELECT count(*) || ' ' || sum(xmin::text::bigint # objoid::bigint) FROM pg_catalog.pg_description)`

// notices tells of resources that have changed. It asks the server only while
// somebody has subscribed.
type notices struct {
	server *server
	tell   func(uri string)                  // of a resource that has changed
	listed func()                            // the list has
	ticks  func() (<-chan time.Time, func()) // when to look

	mu      sync.Mutex
	watched map[string]int // subscribers, by URI
	stop    context.CancelFunc
	done    chan struct{} // closed when the looking has ended
}

func ticker() (<-chan time.Time, func()) {
	t := time.NewTicker(lookEvery)
	return t.C, t.Stop
}

// watch is a subscription to a resource.
func (n *notices) watch(uri string) (func(), error) {
	_, parts, err := n.server.placeIn(context.Background(), uri)
	if err != nil {
		return nil, err
	}
	if len(parts) == 1 && (parts[0] == "settings" || parts[0] == "stats") {
		return nil, mcpcore.Hint(fmt.Errorf("resource %s changes all the time", uri), "read it when you need it")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.watched[uri]++
	if n.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		n.stop, n.done = stop, done
		go n.look(ctx, done)
	}
	return sync.OnceFunc(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.watched[uri]--; n.watched[uri] == 0 {
			delete(n.watched, uri)
		}
		if len(n.watched) == 0 && n.stop != nil {
			n.stop()
			n.stop = nil
		}
	}), nil
}

// close ends the looking and waits for its end.
func (n *notices) close() error {
	n.mu.Lock()
	stop, done := n.stop, n.done
	n.stop = nil
	n.mu.Unlock()
	if stop != nil {
		stop()
	}
	if done != nil {
		<-done
	}
	return nil
}

// look looks for changes until ctx ends.
func (n *notices) look(ctx context.Context, done chan struct{}) {
	defer close(done)
	ticks, stop := n.ticks()
	defer stop()
	seen := &sights{
		contents: map[string][32]byte{}, again: map[string]bool{}, schemas: map[*guard.Source]string{}, snapshots: map[*guard.Source]string{},
	}
	for ctx.Err() == nil {
		n.round(ctx, seen)
		select {
		case <-ticks:
		case <-ctx.Done():
		}
	}
}

// sights are what was found the last time.
type sights struct {
	contents           map[string][32]byte // of resources, by URI; "" is their list
	again              map[string]bool     // those that could not be read
	schemas, snapshots map[*guard.Source]string
}

// round looks once. A database that does not answer is asked the next time.
func (n *notices) round(ctx context.Context, s *sights) {
	changed := map[*guard.Source]bool{}
	for _, source := range n.server.guard.All() {
		changed[source] = s.changed(ctx, source)
	}
	n.mu.Lock()
	uris := make([]string, 0, len(n.watched)+1)
	for uri := range n.watched {
		uris = append(uris, uri)
	}
	n.mu.Unlock()
	for _, uri := range append(uris, "") {
		old, known := s.contents[uri]
		source, _, err := n.server.placeIn(ctx, uri)
		of := err != nil && anyOf(changed) || changed[source]
		if known && !of && !s.again[uri] {
			continue
		}
		sum, err := n.sum(ctx, uri)
		if s.again[uri] = err != nil; err != nil {
			continue
		}
		s.contents[uri] = sum
		switch {
		case !known || old == sum:
		case uri == "":
			n.listed()
		default:
			n.tell(uri)
		}
	}
}

func anyOf(changed map[*guard.Source]bool) bool {
	for _, is := range changed {
		if is {
			return true
		}
	}
	return false
}

// changed reports whether a schema is another than the last time.
func (s *sights) changed(ctx context.Context, source *guard.Source) bool {
	snapshot, err := source.Own(ctx, snapshotSQL)
	if err != nil || len(snapshot) != 1 || snapshot[0].Text(0) == s.snapshots[source] {
		return false
	}
	found, err := source.Own(ctx, schemaSQL)
	if err != nil || len(found) != 1 {
		return false
	}
	s.snapshots[source] = snapshot[0].Text(0)
	var parts []string
	for i := range found[0] {
		parts = append(parts, found[0].Text(i))
	}
	schema := strings.Join(parts, "\n")
	old := s.schemas[source]
	s.schemas[source] = schema
	return old != schema
}

// sum stands for the contents of a resource, or for the list of them. One that
// is gone has contents of its own.
func (n *notices) sum(ctx context.Context, uri string) ([32]byte, error) {
	if uri == "" {
		tables, err := n.server.listTables(ctx)
		var all strings.Builder
		for _, t := range tables {
			all.WriteString(t.URI + "\n")
		}
		return sha256.Sum256([]byte(all.String())), err
	}
	contents, err := n.server.readResource(ctx, uri)
	if errors.Is(err, mcpcore.ErrNotFound) {
		return [32]byte{}, nil
	}
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256([]byte(contents[0].Text)), nil
}
