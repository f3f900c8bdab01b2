package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The two eras of the protocol, each by the revision the driver speaks.
const (
	legacy = "2025-11-25"
	modern = "2026-07-28"
)

// meta is what every request of the modern era carries in its params.
const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"` + modern +
	`","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`

// request returns one line of the wire. params is the inside of an object.
func request(era string, id int, method, params string) []byte {
	if era == modern {
		if params != "" {
			params += ","
		}
		params += meta
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":%q,"params":{%s}}`+"\n", id, method, params)
}

// greet opens the conversation and returns once tools/list is answered.
func (p *process) greet(era, tool string) error {
	hello, want := request(era, 1, "initialize",
		`"protocolVersion":"`+legacy+`","capabilities":{},"clientInfo":{"name":"bench","version":"1"}`), legacy
	if era == modern {
		hello, want = request(era, 1, "server/discover", ""), modern
	}
	if err := p.ask(hello, 1, want); err != nil {
		return err
	}
	var next []byte
	if era == legacy {
		next = []byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n")
	}
	return p.ask(append(next, request(era, 2, "tools/list", "")...), 2, `"name":"`+tool+`"`)
}

// ask sends one request and demands that its answer contains want.
func (p *process) ask(req []byte, id int, want string) error {
	answer, err := p.roundTrip(req, id)
	if err != nil {
		return err
	}
	if !bytes.Contains(answer, []byte(want)) {
		return p.fail(fmt.Errorf("the answer to %.80s lacks %s: %.300s", req, want, answer))
	}
	return nil
}

// roundTrip sends one request and returns its answer, valid until the next.
// Notifications on the way are passed over.
func (p *process) roundTrip(req []byte, id int) ([]byte, error) {
	if _, err := p.in.Write(req); err != nil {
		return nil, p.fail(err)
	}
	for {
		for line, ok := p.out.line(); ok; line, ok = p.out.line() {
			if got, ok := idOf(line); ok && got == id {
				return line, nil
			}
		}
		if err := p.out.fill(); err != nil {
			return nil, p.fail(err)
		}
	}
}

// idOf finds the id of an answer without parsing it: none of the requests
// here makes a server write the key "id" before its own.
func idOf(line []byte) (int, bool) {
	i := bytes.Index(line, []byte(`"id":`))
	if i < 0 {
		return 0, false
	}
	rest := bytes.TrimLeft(line[i+len(`"id":`):], " ")
	id, digits := 0, 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		id = id*10 + int(rest[digits]-'0')
		digits++
	}
	return id, digits > 0
}

// load is a run of echo calls, written out beforehand. Call i has the id
// firstID+i and a text of its own.
type load struct {
	wire  []byte
	ends  []int    // where each request ends in wire
	texts [][]byte // what each answer must contain: the quoted text
}

const firstID = 1000

func newLoad(era string, n int) *load {
	l := &load{ends: make([]int, n), texts: make([][]byte, n)}
	for i := range n {
		text := fmt.Sprintf(`"echo %07d: the quick brown fox jumps over the lazy dog"`, i)
		l.wire = append(l.wire, request(era, firstID+i, "tools/call",
			`"name":"echo","arguments":{"text":`+text+`}`)...)
		l.ends[i] = len(l.wire)
		l.texts[i] = []byte(text)
	}
	return l
}

// requests returns the bytes of requests from up to, but without, to.
func (l *load) requests(from, to int) []byte {
	begin := 0
	if from > 0 {
		begin = l.ends[from-1]
	}
	return l.wire[begin:l.ends[to-1]]
}

// timing is what one run of a load took.
type timing struct {
	Rate float64 // calls per second
	P50  float64 // µs
	P99  float64 // µs
}

func newTiming(total time.Duration, latencies []time.Duration) timing {
	slices.Sort(latencies)
	return timing{
		Rate: rate(len(latencies), total),
		P50:  micros(percentile(latencies, 0.50)),
		P99:  micros(percentile(latencies, 0.99)),
	}
}

// perWrite is how many requests go out in one write at most. Enough that the
// driver's system calls do not hold back a fast server, and few enough that
// the server works while the driver writes the rest.
const perWrite = 16

// drive sends the load with at most inFlight calls unanswered, checks every
// answer, and times each call from the write of its request to the read that
// brought its answer. One goroutine does both, because a second one would
// compete with the server for a core; it cannot block itself, since inFlight
// requests and their answers fit into the pipes.
func (p *process) drive(l *load, inFlight int) (timing, error) {
	n := len(l.ends)
	sent := make([]time.Duration, n)
	took := make([]time.Duration, n)
	next, done := 0, 0
	begin := time.Now()
	for done < n {
		for next < min(done+inFlight, n) {
			to := min(done+inFlight, n, next+perWrite)
			now := time.Since(begin)
			for i := next; i < to; i++ {
				sent[i] = now
			}
			if _, err := p.in.Write(l.requests(next, to)); err != nil {
				return timing{}, p.fail(err)
			}
			next = to
		}
		if err := p.out.fill(); err != nil {
			return timing{}, p.fail(err)
		}
		now := time.Since(begin)
		for line, ok := p.out.line(); ok; line, ok = p.out.line() {
			i, err := l.check(line, took, next)
			if err != nil {
				return timing{}, p.fail(err)
			}
			if i < 0 {
				continue
			}
			took[i] = now - sent[i]
			done++
		}
	}
	return newTiming(time.Since(begin), took), nil
}

var errAnswer = errors.New("wrong answer")

// check returns which call the line answers, or -1 for a notification. The
// answer must be the first to a call that was made, and bring back its text.
func (l *load) check(line []byte, took []time.Duration, made int) (int, error) {
	id, ok := idOf(line)
	if !ok {
		if bytes.Contains(line, []byte(`"method":`)) {
			return -1, nil
		}
		return 0, fmt.Errorf("%w: no id: %.200s", errAnswer, line)
	}
	i := id - firstID
	if i < 0 || i >= made || took[i] != 0 {
		return 0, fmt.Errorf("%w: id %d was not asked for, or twice answered: %.200s", errAnswer, id, line)
	}
	if !bytes.Contains(line, l.texts[i]) {
		return 0, fmt.Errorf("%w: text lost: %.200s", errAnswer, line)
	}
	return i, nil
}
