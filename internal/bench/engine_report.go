package main

import (
	"fmt"
	"io"
)

func rates(runs []timing) []float64 { return pick(runs, func(t timing) float64 { return t.Rate }) }
func p50s(runs []timing) []float64  { return pick(runs, func(t timing) float64 { return t.P50 }) }
func p99s(runs []timing) []float64  { return pick(runs, func(t timing) float64 { return t.P99 }) }

func pick(runs []timing, field func(timing) float64) []float64 {
	out := make([]float64, len(runs))
	for i, t := range runs {
		out[i] = field(t)
	}
	return out
}

// server returns the server of that name, or an empty one, whose ratios are
// then not measured.
func (r *engineResult) server(name string) *echoServer {
	for _, s := range r.Servers {
		if s.Name == name {
			return s
		}
	}
	return &echoServer{Name: name}
}

func engineGoals(r *engineResult) []*goal {
	us, mcpgo, sdk, floor := r.server(ours), r.server(mcpgo), r.server(gosdk), r.server(floor)
	over := func(what string, limit float64, a, b []timing) *goal {
		return &goal{What: what, Op: ">=", Limit: limit, Unit: "x", Values: ratios(rates(a), rates(b))}
	}
	return []*goal{
		over("calls/s, in flight, over mcp-go", 1.5, us.Pipe, mcpgo.Pipe),
		over("calls/s, in flight, over go-sdk", 8, us.Pipe, sdk.Pipe),
		over("calls/s, in flight, over the floor", 0.3, us.Pipe, floor.Pipe),
		over("calls/s, one at a time, over the floor", 0.45, us.Seq, floor.Seq),
		{What: "p99 in flight, over mcp-go's", Op: "<", Limit: 1, Unit: "x", Values: ratios(p99s(us.Pipe), p99s(mcpgo.Pipe))},
		{What: "p99 in flight, over go-sdk's", Op: "<", Limit: 1, Unit: "x", Values: ratios(p99s(us.Pipe), p99s(sdk.Pipe))},
		{What: "start to tools/list, over go-sdk's", Op: "<=", Limit: 1, Unit: "x", Values: ratios(us.StartMS, sdk.StartMS)},
		{What: "bytes allocated per call", Op: "<=", Limit: 8000, Unit: " B", Values: us.AllocCall},
	}
}

func (r *engineResult) print(w io.Writer) {
	fmt.Fprintf(w, "\nENGINE: echo servers over stdio, revision %s. Medians of %d interleaved rounds (start: of %d).\n",
		r.Era, r.Size.Rounds, r.Size.Starts)
	fmt.Fprintf(w, "Each round: a new process, %d calls to warm it, %s one at a time, %s with %d in flight. Every answer is checked.\n",
		r.Size.Warm, number(float64(r.Size.Sequential)), number(float64(r.Size.Pipelined)), r.Size.InFlight)
	fmt.Fprintln(w, "Latency: from the write of the request to the read of its answer. CPU: user and system of the server, per call.")
	t := table{title: "Measured"}
	t.add("server", "seq calls/s", "p50 µs", "p99 µs", "in flight calls/s", "p50 µs", "p99 µs",
		"CPU µs/call", "start ms", "peak RSS MB", "B/call")
	for _, s := range r.Servers {
		t.add(s.Name,
			number(median(rates(s.Seq))), number(median(p50s(s.Seq))), number(median(p99s(s.Seq))),
			number(median(rates(s.Pipe))), number(median(p50s(s.Pipe))), number(median(p99s(s.Pipe))),
			number(median(s.CPU)), number(median(s.StartMS)), megabytes(median(s.RSS)), number(median(s.AllocCall)))
	}
	t.print(w)
	r.printRatios(w)
	printGoals(w, "Goals (of toolbelt; ratios round by round, then their median)", r.Goals)
}

// printRatios sets every server against the floor and the two peers.
func (r *engineResult) printRatios(w io.Writer) {
	t := table{title: "Ratios (calls/s; above 1 is faster)"}
	t.add("server", "seq / floor", "in flight / floor", "seq / mcp-go", "in flight / mcp-go", "seq / go-sdk", "in flight / go-sdk")
	for _, s := range r.Servers {
		row := []string{s.Name}
		for _, name := range []string{floor, mcpgo, gosdk} {
			other := r.server(name)
			row = append(row, times(median(ratios(rates(s.Seq), rates(other.Seq)))),
				times(median(ratios(rates(s.Pipe), rates(other.Pipe)))))
		}
		t.add(row...)
	}
	t.print(w)
}
