package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The echo servers, in the order in which a round runs them.
const (
	ours  = "toolbelt"
	mcpgo = "mcp-go"
	gosdk = "go-sdk"
	floor = "floor"
)

// engineSize says how much a run of the engine benchmark does.
type engineSize struct {
	Rounds     int `json:"rounds"`
	Warm       int `json:"warm"`
	Sequential int `json:"sequential"`
	Pipelined  int `json:"pipelined"`
	InFlight   int `json:"inFlight"`
	Starts     int `json:"starts"`
	Allocs     int `json:"allocs"` // calls of the shorter run; the longer has twice as many
}

func newEngineSize(rounds, calls int, quick bool) engineSize {
	s := engineSize{
		Rounds: rounds, Warm: 500, Sequential: calls, Pipelined: 30_000, InFlight: 64, Starts: 15, Allocs: 10_000,
	}
	if quick {
		s.Warm, s.Sequential, s.Pipelined, s.Starts, s.Allocs = 100, calls/10, 3_000, 3, 1_000
	}
	return s
}

// echoServer is one program and what was measured of it.
type echoServer struct {
	Name      string    `json:"name"`
	Seq       []timing  `json:"sequential"`
	Pipe      []timing  `json:"pipelined"`
	StartMS   []float64 `json:"startMs"`
	RSS       []float64 `json:"peakRSS"`
	CPU       []float64 `json:"cpuMicrosPerCall"`
	AllocCall []float64 `json:"bytesPerCall"`

	argv []string
}

// engineResult is the engine benchmark of one era.
type engineResult struct {
	Era     string        `json:"era"`
	Size    engineSize    `json:"size"`
	Servers []*echoServer `json:"servers"`
	Goals   []*goal       `json:"goals"`
}

// echoServers builds the programs. What cannot be built is left out, loudly.
func echoServers(ctx context.Context, w *workshop, note io.Writer) ([]echoServer, error) {
	programs := []struct{ name, dir, env string }{
		{ours, "internal/bench/ours", ""},
		{mcpgo, "internal/bench/peers/cmd/mcpgo", "GOWORK=off"},
		{gosdk, "internal/bench/peers/cmd/gosdk", "GOWORK=off"},
		{floor, "internal/bench/floor", ""},
	}
	var servers []echoServer
	for _, p := range programs {
		var env []string
		if p.env != "" {
			env = []string{p.env}
		}
		bin, err := w.build(ctx, p.dir, env...)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(note, "note: %s is left out: %v\n", p.name, err)
			continue
		}
		servers = append(servers, echoServer{Name: p.name, argv: []string{bin}})
	}
	return servers, nil
}

// benchEngine measures every server in one era, round by round.
func benchEngine(ctx context.Context, built []echoServer, era string, size engineSize, dir string) (*engineResult, error) {
	res := &engineResult{Era: era, Size: size}
	for _, s := range built {
		res.Servers = append(res.Servers, &s)
	}
	warm, seq, pipe := newLoad(era, size.Warm), newLoad(era, size.Sequential), newLoad(era, size.Pipelined)
	for range size.Rounds {
		for _, s := range res.Servers {
			if err := s.echo(ctx, era, size.InFlight, warm, seq, pipe); err != nil {
				return nil, err
			}
		}
	}
	for range size.Starts {
		for _, s := range res.Servers {
			if err := s.measureStart(ctx, era); err != nil {
				return nil, err
			}
		}
	}
	for _, s := range res.Servers {
		if err := s.measureAllocs(ctx, era, size, dir); err != nil {
			return nil, err
		}
	}
	res.Goals = engineGoals(res)
	return res, nil
}

// echo is one server's turn in a round: one process, warmed, one call at a
// time, then many in flight.
func (s *echoServer) echo(ctx context.Context, era string, inFlight int, warm, seq, pipe *load) error {
	p, err := start(ctx, s.Name, s.argv)
	if err != nil {
		return err
	}
	one, many, err := func() (one, many timing, err error) {
		if err = p.greet(era, "echo"); err != nil {
			return one, many, err
		}
		if _, err = p.drive(warm, inFlight); err != nil {
			return one, many, err
		}
		if one, err = p.drive(seq, 1); err != nil {
			return one, many, err
		}
		many, err = p.drive(pipe, inFlight)
		return one, many, err
	}()
	rss := p.peakRSS()
	cpu, stopErr := p.stop()
	if err := errors.Join(err, stopErr); err != nil {
		return err
	}
	calls := len(warm.ends) + len(seq.ends) + len(pipe.ends)
	s.Seq = append(s.Seq, one)
	s.Pipe = append(s.Pipe, many)
	s.RSS = append(s.RSS, rss)
	s.CPU = append(s.CPU, micros(cpu)/float64(calls))
	return nil
}

// measureStart takes the time from the spawn to the answer to tools/list.
func (s *echoServer) measureStart(ctx context.Context, era string) error {
	begin := time.Now()
	p, err := start(ctx, s.Name, s.argv)
	if err != nil {
		return err
	}
	err = p.greet(era, "echo")
	took := time.Since(begin)
	_, stopErr := p.stop()
	s.StartMS = append(s.StartMS, millis(took))
	return errors.Join(err, stopErr)
}

// measureAllocs runs n and then 2n calls: start, handshake and end cost the
// same in both, so the difference belongs to n calls.
func (s *echoServer) measureAllocs(ctx context.Context, era string, size engineSize, dir string) error {
	var total [2]float64
	for i := range total {
		var err error
		if total[i], err = s.allocated(ctx, newLoad(era, (i+1)*size.Allocs), size.InFlight, era, dir); err != nil {
			return err
		}
	}
	s.AllocCall = append(s.AllocCall, (total[1]-total[0])/float64(size.Allocs))
	return nil
}

func (s *echoServer) allocated(ctx context.Context, l *load, inFlight int, era, dir string) (float64, error) {
	file := filepath.Join(dir, "memstats")
	p, err := start(ctx, s.Name, append(s.argv, "-memstats", file))
	if err != nil {
		return 0, err
	}
	if err = p.greet(era, "echo"); err == nil {
		_, err = p.drive(l, inFlight)
	}
	_, stopErr := p.stop()
	if err := errors.Join(err, stopErr); err != nil {
		return 0, err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, p.fail(err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(b)), 64)
}
