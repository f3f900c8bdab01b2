package main

import (
	"fmt"
	"io"
)

// server returns the server of that name in that era, or an empty one, whose
// ratios are then not measured.
func (r *httpResult) server(name, era string) *httpServer {
	for _, s := range r.Servers {
		if s.Name == name && s.Era == era {
			return s
		}
	}
	return &httpServer{Name: name, Era: era}
}

func httpGoals(r *httpResult) (goals []*goal) {
	add := func(what string, limit float64, a, b []timing) {
		goals = append(goals, &goal{What: what, Op: ">=", Limit: limit, Unit: "x", Values: ratios(rates(a), rates(b))})
	}
	for _, era := range []string{legacy, modern} {
		us := r.server(ours, era)
		for _, peer := range []struct {
			name  string
			limit float64
		}{{mcpgo, 1.2}, {gosdk, 5}} {
			them := r.server(peer.name, era)
			add(fmt.Sprintf("%s: calls/s of one client, over %s", era, peer.name), peer.limit, us.One, them.One)
			add(fmt.Sprintf("%s: calls/s of %d clients, over %s", era, r.Size.Clients, peer.name), peer.limit, us.Many, them.Many)
		}
	}
	old, recent := r.server(ours, legacy), r.server(ours, modern)
	add(modern+" over "+legacy+": calls/s of one client", 1, recent.One, old.One)
	add(fmt.Sprintf("%s over %s: calls/s of %d clients", modern, legacy, r.Size.Clients), 1, recent.Many, old.Many)
	for _, c := range r.Crowds {
		goals = append(goals, c.goals()...)
	}
	return goals
}

func (r *httpResult) print(w io.Writer) {
	fmt.Fprintf(w, "\nHTTP: echo servers at /mcp, in both eras. Medians of %d interleaved rounds.\n", r.Size.Rounds)
	fmt.Fprintf(w, "Each round: a new process, %s calls to warm it, %s of one client, %s of %d clients, each with a connection of its own\n",
		number(float64(r.Size.Warm)), number(float64(r.Size.One)), number(float64(r.Size.Many)), r.Size.Clients)
	fmt.Fprintln(w, "and in 2025-11-25 a session of its own. Every answer is checked. The floor is a handler of net/http that decodes nothing.")
	t := table{title: "Measured"}
	t.add("server", "era", "1 client calls/s", "p50 µs", "p99 µs", fmt.Sprintf("%d clients calls/s", r.Size.Clients), "p50 µs", "p99 µs",
		"CPU µs/call", "peak RSS MB", "B/call", "allocs/call")
	for _, s := range r.Servers {
		t.add(s.Name, s.Era,
			number(median(rates(s.One))), number(median(p50s(s.One))), number(median(p99s(s.One))),
			number(median(rates(s.Many))), number(median(p50s(s.Many))), number(median(p99s(s.Many))),
			number(median(s.CPU)), megabytes(median(s.RSS)), number(median(s.Bytes)), number(median(s.Objects)))
	}
	t.print(w)
	r.printRatios(w)
	printCrowds(w, r.Crowds)
	printGoals(w, "Goals (of toolbelt; ratios round by round, then their median)", r.Goals)
}

// printRatios sets every server against the floor and the two peers of its era.
func (r *httpResult) printRatios(w io.Writer) {
	t := table{title: "Ratios (calls/s of one client and of all; above 1 is faster)"}
	t.add("server", "era", "1 / floor", "all / floor", "1 / mcp-go", "all / mcp-go", "1 / go-sdk", "all / go-sdk")
	for _, s := range r.Servers {
		row := []string{s.Name, s.Era}
		for _, name := range []string{floor, mcpgo, gosdk} {
			other := r.server(name, s.Era)
			row = append(row, times(median(ratios(rates(s.One), rates(other.One)))),
				times(median(ratios(rates(s.Many), rates(other.Many)))))
		}
		t.add(row...)
	}
	t.print(w)
}
