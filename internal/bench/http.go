package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-toolbelt/toolbelt/internal/bench/memstat"
)

// httpSize says how much a run of the HTTP benchmark does.
type httpSize struct {
	Rounds  int `json:"rounds"`
	Warm    int `json:"warm"`
	One     int `json:"one"`     // calls one at a time
	Many    int `json:"many"`    // calls side by side
	Clients int `json:"clients"` // that make them, each with a connection of its own
}

func newHTTPSize(rounds, calls int, quick bool) httpSize {
	s := httpSize{Rounds: rounds, Warm: 1_000, One: calls, Many: 4 * calls, Clients: 16}
	if quick {
		s.Warm, s.One, s.Many = 200, calls/10, calls/2
	}
	return s
}

// httpServer is one program in one era, and what was measured of it.
type httpServer struct {
	Name    string    `json:"name"`
	Era     string    `json:"era"`
	One     []timing  `json:"one"`
	Many    []timing  `json:"many"`
	CPU     []float64 `json:"cpuMicrosPerCall"`
	RSS     []float64 `json:"peakRSS"`
	Bytes   []float64 `json:"bytesPerCall"`
	Objects []float64 `json:"allocationsPerCall"`

	argv []string
}

// httpResult is the HTTP benchmark.
type httpResult struct {
	Size    httpSize      `json:"size"`
	Servers []*httpServer `json:"servers"`
	Crowds  []*crowd      `json:"crowds"`
	Goals   []*goal       `json:"goals"`
}

func runHTTP(ctx context.Context, built []echoServer, o options, out io.Writer) (*httpResult, error) {
	res := &httpResult{Size: newHTTPSize(o.rounds, o.calls, o.quick)}
	for _, s := range built {
		for _, era := range []string{legacy, modern} {
			h := &httpServer{Name: s.Name, Era: era, argv: append(s.argv[:len(s.argv):len(s.argv)], "-http")}
			if s.Name == gosdk && era == modern {
				h.argv = append(h.argv, "-stateless")
			}
			res.Servers = append(res.Servers, h)
		}
	}
	loads := map[string][3]*load{}
	for _, era := range []string{legacy, modern} {
		loads[era] = [3]*load{newLoad(era, res.Size.Warm), newLoad(era, res.Size.One), newLoad(era, res.Size.Many)}
	}
	// One thread of the driver, so that the server has what is left of the
	// machine to itself.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range res.Size.Rounds {
		for _, s := range res.Servers {
			if err := s.round(ctx, res.Size.Clients, loads[s.Era]); err != nil {
				return nil, err
			}
		}
	}
	if err := res.crowds(ctx, built, o.quick); err != nil {
		return nil, err
	}
	res.Goals = httpGoals(res)
	res.print(out)
	return res, nil
}

// round is one server's turn: one process, warmed, one client, then many.
func (s *httpServer) round(ctx context.Context, clients int, loads [3]*load) error {
	p, addr, err := startHTTP(ctx, s.Name, s.argv)
	if err != nil {
		return err
	}
	err = s.measure(p, addr, clients, loads)
	rss := p.peakRSS()
	cpu, stopErr := p.stop()
	if err := errors.Join(err, stopErr); err != nil {
		return fmt.Errorf("%s, %s: %w", s.Name, s.Era, err)
	}
	calls := len(loads[0].ends) + len(loads[1].ends) + len(loads[2].ends)
	s.CPU = append(s.CPU, micros(cpu)/float64(calls))
	s.RSS = append(s.RSS, rss)
	return nil
}

func (s *httpServer) measure(p *process, addr string, clients int, loads [3]*load) error {
	all, err := greetHTTP(addr, s.Era, clients)
	defer closeHTTP(all)
	if err != nil {
		return p.fail(err)
	}
	if _, err := driveHTTP(all, loads[0]); err != nil {
		return p.fail(err)
	}
	before, err := p.usage("usage")
	if err != nil {
		return err
	}
	one, err := driveHTTP(all[:1], loads[1])
	if err != nil {
		return p.fail(err)
	}
	many, err := driveHTTP(all, loads[2])
	if err != nil {
		return p.fail(err)
	}
	after, err := p.usage("usage")
	if err != nil {
		return err
	}
	calls := float64(len(loads[1].ends) + len(loads[2].ends))
	s.One, s.Many = append(s.One, one), append(s.Many, many)
	s.Bytes = append(s.Bytes, float64(after.Bytes-before.Bytes)/calls)
	s.Objects = append(s.Objects, float64(after.Objects-before.Objects)/calls)
	return nil
}

// startHTTP runs a server that says first which address it listens on.
func startHTTP(ctx context.Context, name string, argv []string) (p *process, addr string, err error) {
	if p, err = start(ctx, name, argv); err != nil {
		return nil, "", err
	}
	line, err := p.said()
	if err != nil {
		_, stopErr := p.stop()
		return nil, "", errors.Join(err, stopErr)
	}
	return p, strings.TrimSpace(string(line)), nil
}

// said waits for the next line that the process writes.
func (p *process) said() ([]byte, error) {
	for {
		if line, ok := p.out.line(); ok {
			return line, nil
		}
		if err := p.out.fill(); err != nil {
			return nil, p.fail(err)
		}
	}
}

// usage asks the server what it has used. The word is what it is asked with.
func (p *process) usage(word string) (u memstat.Usage, err error) {
	if _, err := p.in.WriteString(word + "\n"); err != nil {
		return u, p.fail(err)
	}
	line, err := p.said()
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal(line, &u)
}

// greetHTTP connects clients; each has a session of its own where there are
// sessions.
func greetHTTP(addr, era string, n int) (all []*httpClient, err error) {
	for range n {
		c, err := dialHTTP(addr, era)
		if err != nil {
			return all, err
		}
		all = append(all, c)
		if err := c.greet("echo"); err != nil {
			return all, err
		}
	}
	return all, nil
}

func closeHTTP(all []*httpClient) {
	for _, c := range all {
		c.conn.Close()
	}
}

// driveHTTP sends the load, each client one call at a time, checks every
// answer, and times each call from the write of its request to the read that
// brought the end of its answer.
func driveHTTP(all []*httpClient, l *load) (timing, error) {
	took := make([]time.Duration, len(l.ends))
	var next atomic.Int64
	errs := make([]error, len(all))
	work := func(c *httpClient) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(took) {
				return nil
			}
			begin := time.Now()
			a, err := c.post("tools/call", "echo", l.requests(i, i+1))
			if err != nil {
				return err
			}
			took[i] = time.Since(begin)
			if err := l.checkHTTP(i, a); err != nil {
				return err
			}
		}
	}
	begin := time.Now()
	var working sync.WaitGroup
	for i, c := range all {
		working.Go(func() { errs[i] = work(c) })
	}
	working.Wait()
	total := time.Since(begin)
	if err := errors.Join(errs...); err != nil {
		return timing{}, err
	}
	return newTiming(total, took), nil
}

// checkHTTP demands the answer to call i, with its text.
func (l *load) checkHTTP(i int, a httpAnswer) error {
	id, ok := idOf(a.body)
	if a.status != 200 || !ok || id != firstID+i || !bytes.Contains(a.body, l.texts[i]) {
		return fmt.Errorf("%w to call %d: %d %.300s", errAnswer, firstID+i, a.status, a.body)
	}
	return nil
}
