package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/internal/bench/memstat"
)

// crowd is a great many clients of our server at once, and what is left of
// them when they have gone.
type crowd struct {
	What   string   `json:"what"`
	Flags  []string `json:"flags"`
	Right  int      `json:"right"`  // answers
	Busy   int      `json:"busy"`   // answers that say so, in the result
	Later  int      `json:"later"`  // refusals with status 429
	Wrong  int      `json:"wrong"`  // all other answers
	Sample string   `json:"sample"` // of a wrong one

	Before, During, After held

	come func(c *crowd, p *process, addr string) (leave func(), err error)
	size int
	idle time.Duration // of a session until it expires
}

// held is what a server holds at one time.
type held struct {
	memstat.Usage
	RSS float64
}

// newCrowds is what comes to a server, and how it is set. Sessions expire soon
// enough to wait for that, and not before all clients are there.
func newCrowds(quick bool) []*crowd {
	many, part, idle := 10_000, 500, 8*time.Second
	if quick {
		many, part, idle = 1_500, 100, 2*time.Second
	}
	one := func(what string, size int, come func(*crowd, *process, string) (func(), error), flags ...string) *crowd {
		return &crowd{
			What: fmt.Sprintf(what, number(float64(size))), come: come, size: size, idle: idle,
			Flags: append([]string{"-http", "-max-connections", strconv.Itoa(many + 100), "-idle", idle.String()}, flags...),
		}
	}
	return []*crowd{
		one("%s calls at once", many, (*crowd).calls),
		one("%s calls at once, all may wait", many, (*crowd).calls, "-max-queue", strconv.Itoa(many)),
		one("%s abandoned sessions", many/2, (*crowd).sessions),
		one("%s dropped streams in each era", part, (*crowd).streams),
	}
}

// crowds has every crowd come twice to a process of its own: what it holds
// after the first, with maps and pools grown, is what it may hold after the
// second.
func (r *httpResult) crowds(ctx context.Context, built []echoServer, quick bool) error {
	i := slices.IndexFunc(built, func(s echoServer) bool { return s.Name == ours })
	if i < 0 {
		return nil
	}
	for _, c := range newCrowds(quick) {
		p, addr, err := startHTTP(ctx, ours, append(built[i].argv[:1:1], c.Flags...))
		if err != nil {
			return err
		}
		err = c.visit(p, addr)
		_, stopErr := p.stop()
		if err := errors.Join(err, stopErr); err != nil {
			return fmt.Errorf("%s: %w", c.What, err)
		}
		r.Crowds = append(r.Crowds, c)
	}
	return nil
}

func (c *crowd) visit(p *process, addr string) error {
	fresh, err := p.held("usage")
	if err != nil {
		return err
	}
	for _, turn := range []struct{ before, after *held }{{&fresh, &c.Before}, {&c.Before, &c.After}} {
		leave, err := c.come(c, p, addr)
		if err != nil {
			return p.fail(err)
		}
		leave()
		if *turn.after, err = c.settle(p, turn.before.Goroutines); err != nil {
			return err
		}
	}
	return nil
}

func (p *process) held(word string) (h held, err error) {
	h.Usage, err = p.usage(word)
	h.RSS = p.memory("VmRSS:")
	return h, err
}

// settle waits until the server has no more goroutines than that, and its heap
// has not become smaller for as long as a session may be idle, or until the
// server has had time enough.
func (c *crowd) settle(p *process, goroutines int) (least held, err error) {
	begin := time.Now()
	for fell := begin; time.Since(fell) < c.idle+time.Second && time.Since(begin) < patience/3; time.Sleep(200 * time.Millisecond) {
		h, err := p.held("usage")
		if err != nil {
			return h, err
		}
		if least.Heap == 0 || h.Goroutines > goroutines || h.Heap < least.Heap-least.Heap/100 {
			least, fell = h, time.Now()
		}
	}
	return least, nil
}

// calls has all clients make a call that is not answered before each of them
// has made one. Every other client has a session of its own.
func (c *crowd) calls(p *process, addr string) (leave func(), err error) {
	var all []*httpClient
	defer func() { leave = func() { drop(all) } }()
	for i := range c.size {
		client, err := dialHTTP(addr, []string{legacy, modern}[i%2])
		if err != nil {
			return nil, err
		}
		all = append(all, client)
		if client.era == legacy {
			if err := client.initialize(); err != nil {
				return nil, err
			}
		}
	}
	if _, err := p.usage("shut"); err != nil {
		return nil, err
	}
	var sent, working sync.WaitGroup
	answers, errs := make([]httpAnswer, c.size), make([]error, c.size)
	texts := newLoad(legacy, c.size).texts
	for i, client := range all {
		sent.Add(1)
		working.Go(func() {
			msg := request(client.era, firstID+i, "tools/call", `"name":"hold","arguments":{"text":`+string(texts[i])+`}`)
			errs[i] = client.send("tools/call", "hold", msg)
			sent.Done()
			if errs[i] == nil {
				answers[i], errs[i] = client.receive()
			}
		})
	}
	sent.Wait()
	c.During, err = p.held("usage")
	if _, openErr := p.usage("open"); err == nil {
		err = openErr
	}
	working.Wait()
	for i, a := range answers {
		c.count(firstID+i, texts[i], a, errs[i])
	}
	return nil, err
}

// count looks at the answer to one call.
func (c *crowd) count(id int, text []byte, a httpAnswer, err error) {
	got, ok := idOf(a.body)
	switch {
	case err == nil && a.status == 200 && ok && got == id && bytes.Contains(a.body, text):
		c.Right++
	case err == nil && a.status == 200 && ok && got == id && bytes.Contains(a.body, []byte(`"text":"busy: `)):
		c.Busy++
	case err == nil && a.status == 429:
		c.Later++
	default:
		c.Wrong++
		c.Sample = fmt.Sprintf("%d %.200s %v", a.status, a.body, err)
	}
}

// sessions begins sessions that nobody ends.
func (c *crowd) sessions(p *process, addr string) (leave func(), err error) {
	const clients = 10
	for range clients {
		client, err := dialHTTP(addr, legacy)
		if err != nil {
			return nil, err
		}
		defer drop([]*httpClient{client})
		for range c.size / clients {
			if err := client.initialize(); err != nil {
				return nil, err
			}
			c.Right++
		}
	}
	c.During, err = p.held("usage")
	return func() {}, err
}

// streams opens streams in each era, which the clients then leave.
func (c *crowd) streams(p *process, addr string) (leave func(), err error) {
	var all []*httpClient
	defer func() { leave = func() { drop(all) } }()
	for i := range 2 * c.size {
		client, err := dialHTTP(addr, []string{legacy, modern}[i%2])
		if err != nil {
			return nil, err
		}
		all = append(all, client)
		if err := client.listen(); err != nil {
			return nil, err
		}
		c.Right++
	}
	c.During, err = p.held("usage")
	return nil, err
}

// listen opens a stream and returns when the server has begun it.
func (c *httpClient) listen() error {
	if c.era == legacy {
		if err := c.initialize(); err != nil {
			return err
		}
		c.out = fmt.Appendf(c.out[:0], "GET /mcp HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n%s\r\n", c.host, c.session)
		if _, err := c.conn.Write(c.out); err != nil {
			return err
		}
		a, _, err := c.receiveHead()
		if err == nil && a.status != 200 {
			err = fmt.Errorf("%w to GET: %d", errAnswer, a.status)
		}
		return err
	}
	err := c.send("subscriptions/listen", "", request(modern, firstID, "subscriptions/listen", `"notifications":{"toolsListChanged":true}`))
	if err != nil {
		return err
	}
	a, length, err := c.receiveHead()
	if err != nil {
		return err
	}
	if a.status != 200 || length >= 0 {
		return fmt.Errorf("%w to subscriptions/listen: %d", errAnswer, a.status)
	}
	for {
		chunk, err := c.receiveChunk()
		if err != nil || bytes.Contains(chunk, []byte("acknowledged")) {
			return err
		}
	}
}

// drop ends connections without a farewell.
func drop(all []*httpClient) {
	for _, c := range all {
		c.conn.SetLinger(0)
		c.conn.Close()
	}
}

func (c *crowd) goals() []*goal {
	spoilt := ""
	if c.Wrong > 0 {
		spoilt = fmt.Sprintf("%d wrong answers, such as %s", c.Wrong, c.Sample)
	}
	left := func(what, unit string, limit, value float64) *goal {
		return &goal{What: c.What + ": " + what, Op: "<=", Limit: limit, Unit: unit, Values: []float64{value}, Spoilt: spoilt}
	}
	goals := []*goal{
		left("goroutines left", "", 5, float64(c.After.Goroutines-c.Before.Goroutines)),
		left("heap left of each", " B", 100, max(0, float64(c.After.Heap)-float64(c.Before.Heap))/float64(c.size)),
	}
	if c.Before.RSS > 0 {
		goals = append(goals, left("resident memory, over that before", "x", 1.1, c.After.RSS/c.Before.RSS))
	}
	return goals
}

func printCrowds(w io.Writer, crowds []*crowd) {
	t := table{title: "Crowds, each come twice to one process of toolbelt (before: after the first; every other client has a session)"}
	t.add("what", "right", "busy", "429", "wrong", "goroutines", "with them", "after", "heap MB", "with them", "after", "RSS MB", "with them", "after")
	whole := func(n int) string { return number(float64(n)) }
	for _, c := range crowds {
		t.add(c.What, whole(c.Right), whole(c.Busy), whole(c.Later), whole(c.Wrong),
			strconv.Itoa(c.Before.Goroutines), strconv.Itoa(c.During.Goroutines), strconv.Itoa(c.After.Goroutines),
			megabytes(float64(c.Before.Heap)), megabytes(float64(c.During.Heap)), megabytes(float64(c.After.Heap)),
			megabytes(c.Before.RSS), megabytes(c.During.RSS), megabytes(c.After.RSS))
	}
	t.print(w)
}
