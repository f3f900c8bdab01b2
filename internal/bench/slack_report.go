package main

import (
	"fmt"
	"io"
)

// goals are what the project wants of the Slack server.
func (r *slackResult) goals() {
	us, peer := r.row(ours), r.row(slackPeer)
	mega := func(values []float64) []float64 {
		out := make([]float64, len(values))
		for i, v := range values {
			out[i] = v / 1e6
		}
		return out
	}
	users := number(float64(r.Users))
	r.Goals = []*goal{
		{What: "initialize with " + users + " users, to " + slackPeer + " --no-cache", Op: "<=", Limit: 1.25, Unit: "x", Values: ratios(us.Start, peer.Start)},
		{What: "memory after tools/list, to the same", Op: "<=", Limit: 1.1, Unit: "x", Values: ratios(us.RSS, peer.RSS)},
		{What: "most memory after a search of " + users + " users", Op: "<=", Limit: 64, Unit: " MB", Values: mega(r.Search)},
		{What: "tools/list", Op: "<=", Limit: 10, Unit: " kB", Values: []float64{float64(us.Tools) / 1e3}},
		{What: "a thread of 50 with names, to its text", Op: "<=", Limit: 1.3, Unit: "x", Values: r.Thread},
		{What: "a page of 200: slack-go's decode to our decode and format", Op: ">=", Limit: 5, Unit: "x", Values: r.Decode},
		{What: "an export of " + number(float64(r.Messages)) + " messages: start, open, first search", Op: "<=", Limit: 1500, Unit: " ms", Values: r.Export},
		{What: "most memory of that", Op: "<=", Limit: 150, Unit: " MB", Values: mega(r.ExportM)},
		{What: "stripped binary", Op: "<=", Limit: 14, Unit: " MiB", Values: []float64{r.Stripped / (1 << 20)}},
	}
}

func (r *slackResult) print(w io.Writer) {
	fmt.Fprintf(w, "\nSLACK: %s against npm %s@%s and %s@%s. Medians of %d interleaved rounds.\n", ours, slackPeer, slackPeerVers, slackOld, slackOldVers, r.Rounds)
	fmt.Fprintf(w, "Ours is set to a fake Slack with %s users, names on; %s has its demo token and --no-cache, where no names resolve;\n", number(float64(r.Users)), slackPeer)
	fmt.Fprintln(w, "the archived server has any token, as it asks nothing before a call.")
	t := table{title: "Measured"}
	t.add("program", "initialize ms", "RSS MB after tools/list", "tools/list bytes")
	for _, row := range r.Rows {
		t.add(row.Program, number(median(row.Start)), megabytes(median(row.RSS)), number(float64(row.Tools)))
	}
	t.print(w)
	printGoals(w, "Goals (of toolbelt; ratios round by round, then their median)", r.Goals)
}
