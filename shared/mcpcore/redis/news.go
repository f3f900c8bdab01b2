package redis

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// news is what others publish. It is read by one goroutine and acted on by
// another, so that a slow act loses nothing; what was lost because the
// connection was, those who wait are told of.
type news struct {
	s      *Store
	pubsub *redis.PubSub
	queue  chan letter

	mu      sync.Mutex
	takes   map[string]*subscriber // by channel
	watches map[string]map[*watch]struct{}
	up      map[string]chan struct{} // closed once the channel is subscribed to, for the first time
}

// letter is a message, or, without a channel, word that some were lost.
type letter struct{ channel, text string }

// subscriber takes the messages of a channel, and may want to know of losses.
type subscriber struct {
	take func(string)
	lost func() // or nil
}

// watch waits for changes of one value.
type watch struct {
	changed func()
	look    func() // looks whether something has changed that nobody tells

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

// until has the watch look once more when its value has ended.
func (w *watch) until(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.timer = time.AfterFunc(d, w.changed)
	}
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// maxQueue bounds the letters that wait; more count as lost.
const maxQueue = 10_000

func (n *news) start(s *Store) {
	*n = news{
		s: s, queue: make(chan letter, maxQueue), takes: map[string]*subscriber{},
		watches: map[string]map[*watch]struct{}{}, up: map[string]chan struct{}{},
	}
	n.pubsub = s.client.Subscribe(s.ctx) // connects with the first channel
	n.listenTo(s.Tasks().channel())
	s.work.Go(n.read)
	s.work.Go(n.act)
}

func (n *news) end() { _ = n.pubsub.Close() } // what it was doing is of no interest any more

// listenTo subscribes to channels. Where that fails it is made up for when the
// connection is there again.
func (n *news) listenTo(channels ...string) {
	ctx, cancel := context.WithTimeout(n.s.ctx, opTime)
	defer cancel()
	if err := n.pubsub.Subscribe(ctx, channels...); err != nil {
		n.s.log.Warn("Redis", "error", err)
	}
}

// read reads what is published until the store is closed.
func (n *news) read() {
	pause := 50 * time.Millisecond
	for n.s.ctx.Err() == nil {
		got, err := n.pubsub.ReceiveTimeout(n.s.ctx, beatEvery)
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			err = n.pubsub.Ping(n.s.ctx) // a connection that is dead shows
		case err == nil:
			n.got(got)
		}
		if err == nil {
			pause = 50 * time.Millisecond
			continue
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, 2*time.Second)
		case <-n.s.ctx.Done():
		}
	}
}

func (n *news) got(what any) {
	switch m := what.(type) {
	case *redis.Message:
		n.put(letter{m.Channel, m.Payload})
	case *redis.Subscription:
		if m.Kind != "subscribe" {
			return
		}
		up := n.subscribed(m.Channel)
		select {
		case <-up: // before, so that the connection was lost in between
			n.put(letter{})
		default:
			close(up)
		}
	}
}

// subscribed is closed once the channel is subscribed to.
func (n *news) subscribed(channel string) chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.up[channel] == nil {
		n.up[channel] = make(chan struct{})
	}
	return n.up[channel]
}

// await returns once the channels are subscribed to, so that nothing that is
// published from then on is missed. It waits for no longer than one operation
// may take: where the server is away, what was missed counts as lost.
func (n *news) await(channels []string) {
	patience := time.NewTimer(opTime)
	defer patience.Stop()
	for _, channel := range channels {
		select {
		case <-n.subscribed(channel):
		case <-patience.C:
			return
		case <-n.s.ctx.Done():
			return
		}
	}
}

func (n *news) put(l letter) {
	select {
	case n.queue <- l:
	default:
		n.s.log.Warn("more is published than can be read; some of it is lost")
		select {
		case <-n.queue: // makes room to say so
		default:
		}
		select {
		case n.queue <- letter{}:
		default:
		}
	}
}

func (n *news) act() {
	for {
		select {
		case l := <-n.queue:
			n.deliver(l)
		case <-n.s.ctx.Done():
			return
		}
	}
}

func (n *news) deliver(l letter) {
	n.mu.Lock()
	var calls []func()
	switch to := n.takes[l.channel]; {
	case l.channel == "":
		for _, sub := range n.takes {
			if sub.lost != nil {
				calls = append(calls, sub.lost)
			}
		}
		for _, of := range n.watches {
			for w := range of {
				calls = append(calls, w.changed)
			}
		}
	case to != nil:
		calls = append(calls, func() { to.take(l.text) })
	default:
		for w := range n.watches[l.channel+" "+l.text] {
			calls = append(calls, w.changed)
		}
	}
	n.mu.Unlock()
	for _, call := range calls {
		call()
	}
}

// subscribe has messages of channels taken until stop is called.
func (n *news) subscribe(takes map[string]func(string), lost func()) (stop func()) {
	channels := slices.Collect(maps.Keys(takes))
	var busy sync.Mutex // stop waits for what is being taken
	stopped := false
	guarded := func(call func()) {
		busy.Lock()
		defer busy.Unlock()
		if !stopped {
			call()
		}
	}
	n.mu.Lock()
	for channel, take := range takes {
		n.takes[channel] = &subscriber{take: func(text string) { guarded(func() { take(text) }) }}
	}
	n.takes[channels[0]].lost = func() { guarded(lost) }
	n.mu.Unlock()
	n.listenTo(channels...)
	n.await(channels)
	return func() {
		n.mu.Lock()
		for _, channel := range channels {
			delete(n.takes, channel)
		}
		n.mu.Unlock()
		busy.Lock()
		stopped = true
		busy.Unlock()
	}
}

// watch has changes of a value told until stop is called.
func (n *news) watch(channel, name string, w *watch) (stop func()) {
	key := channel + " " + name
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.watches[key] == nil {
		n.watches[key] = map[*watch]struct{}{}
	}
	n.watches[key][w] = struct{}{}
	return func() {
		w.stop()
		n.mu.Lock()
		defer n.mu.Unlock()
		if delete(n.watches[key], w); len(n.watches[key]) == 0 {
			delete(n.watches, key)
		}
	}
}

// recheck looks at what is watched: a replica that has died tells nothing.
func (n *news) recheck() {
	n.mu.Lock()
	var looks []func()
	for _, of := range n.watches {
		for w := range of {
			looks = append(looks, w.look)
			break
		}
	}
	n.mu.Unlock()
	for _, look := range looks {
		if n.s.ctx.Err() != nil {
			return
		}
		look()
	}
}
