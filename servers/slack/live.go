package slack

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// live tells subscribers of channels and threads that have changed. It listens
// to a workspace only while somebody has subscribed.
type live struct {
	server *server
	tell   func(uri string)

	mu        sync.Mutex
	listening map[*guard.Workspace]*listener
}

// listener is a connection to one workspace.
type listener struct {
	uris map[string]int // subscribers, by URI
	stop context.CancelFunc
	done chan struct{}
}

// placeOf finds what a URI names: a channel, or a thread in one.
func (l *live) placeOf(uri string) (w *guard.Workspace, channel, thread string) {
	for _, w := range l.server.guard.Workspaces() {
		rest, ok := strings.CutPrefix(uri, "slack://"+w.Alias+"/")
		if !ok {
			continue
		}
		switch parts := strings.Split(rest, "/"); {
		case len(parts) == 2 && parts[0] == "channel":
			return w, parts[1], ""
		case len(parts) == 3 && parts[0] == "thread":
			return w, parts[1], parts[2]
		}
	}
	return nil, "", ""
}

// watch is a subscription.
func (l *live) watch(uri string) (func(), error) {
	w, channel, _ := l.placeOf(uri)
	if w == nil {
		return nil, mcpcore.Hint(fmt.Errorf("resource %s cannot be watched", uri), "channels and threads can")
	}
	if err := w.Live(); err != nil {
		return nil, err
	}
	c, err := w.Channel(context.Background(), channel)
	if err != nil {
		return nil, err
	}
	if c.ID != channel {
		return nil, mcpcore.Hint(fmt.Errorf("resource %s names a channel by its name", uri), "watch slack://"+w.Alias+"/channel/"+c.ID)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	on := l.listening[w]
	if on == nil {
		ctx, stop := context.WithCancel(context.Background())
		on = &listener{uris: map[string]int{}, stop: stop, done: make(chan struct{})}
		l.listening[w] = on
		go func() {
			defer close(on.done)
			w.Listen(ctx, func(e guard.Event) { l.happened(w, e) })
		}()
	}
	on.uris[uri]++
	return sync.OnceFunc(func() { l.leave(w, on, uri) }), nil
}

func (l *live) leave(w *guard.Workspace, on *listener, uri string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if on.uris[uri]--; on.uris[uri] == 0 {
		delete(on.uris, uri)
	}
	if len(on.uris) == 0 {
		on.stop()
		if l.listening[w] == on {
			delete(l.listening, w)
		}
	}
}

// happened tells those whom an event concerns.
func (l *live) happened(w *guard.Workspace, e guard.Event) {
	base := "slack://" + w.Alias + "/"
	for _, uri := range []string{base + "channel/" + e.Channel, base + "thread/" + e.Channel + "/" + e.Thread} {
		l.mu.Lock()
		on := l.listening[w]
		wanted := on != nil && on.uris[uri] > 0
		l.mu.Unlock()
		if wanted {
			l.tell(uri)
		}
	}
}

// close ends all listening.
func (l *live) close() error {
	l.mu.Lock()
	all := l.listening
	l.listening = map[*guard.Workspace]*listener{}
	l.mu.Unlock()
	for _, on := range all {
		on.stop()
		<-on.done
	}
	return nil
}
