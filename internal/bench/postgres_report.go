package main

import (
	"fmt"
	"io"
	"slices"
)

// goals compares what was measured with what is wanted.
func (b *pgBench) goals() {
	r := b.res
	over := func(job string, limit float64) *goal {
		us := r.row(job, ours)
		return &goal{What: job + ", time over raw pgx's", Op: "<=", Limit: limit, Unit: "x", Values: ratios(us.MS, r.row(job, pgFloor).MS), Spoilt: us.Fault}
	}
	scaled := func(what, job string, limit float64, unit string, values []float64, by float64) *goal {
		g := &goal{What: what, Op: "<=", Limit: limit, Unit: unit, Spoilt: r.row(job, ours).Fault}
		for _, v := range values {
			g.Values = append(g.Values, v/by)
		}
		return g
	}
	many, cell := r.row(jobMany, ours), r.row(jobCell, ours)
	r.Goals = []*goal{
		over(jobOne, 2), over(jobRows, 1.6),
		scaled(jobMany+": the answer, cut", jobMany, 1000, " ms", many.MS, 1),
		scaled(jobMany+": most memory", jobMany, 40, " MB", many.RSS, 1e6),
		scaled(jobCell+": most memory, and the next call answers", jobCell, 40, " MB", cell.RSS, 1e6),
		scaled("from start to initialize", jobOne, 60, " ms", r.Start[ours].MS, 1),
		scaled("tools/list", jobOne, 6, " kB", []float64{float64(r.Lists[ours])}, 1e3),
		scaled("the binary, stripped, without cgo", jobOne, 15, " MB", []float64{float64(r.Binary)}, 1e6),
	}
}

// base is what a job takes the floor; one with very many rows is written by none.
func (r *pgResult) base(job string) []float64 {
	if row := r.row(job, pgFloor); len(row.MS) > 0 {
		return row.MS
	}
	return r.row(job, pgLoop).MS
}

func (r *pgResult) print(w io.Writer) {
	fmt.Fprintf(w, "\nPOSTGRES: %s against raw pgx, psql, and npm's @modelcontextprotocol/server-postgres (%s) and @bytebase/dbhub. Medians of %d interleaved rounds.\n",
		ours, pgArchived, r.Rounds)
	fmt.Fprintln(w, "One PostgreSQL for all, over TCP. Raw pgx: a program that is asked over its pipe as well, has the driver run the statement,")
	fmt.Fprintln(w, "and answers with encoding/json; no pipe: the driver in a loop of that program, which reads every value and writes nothing.")
	fmt.Fprintln(w, "Servers: a process per job and round, one call to warm it; a call is timed from the write of the request to the last byte of")
	fmt.Fprintf(w, "the answer. %s has its limits raised for %s; the large jobs, which run once, meet its own.\n", ours, jobRows)
	t := table{title: "Measured"}
	t.add("job", "program", "ms", "over raw pgx", "answer MB", "peak RSS MB", "note")
	for _, row := range slices.Clone(r.Rows) {
		if len(row.MS) == 0 && row.Fault == "" {
			continue
		}
		t.add(row.Job, row.Program, number(median(row.MS)), times(median(ratios(row.MS, r.base(row.Job)))),
			megabytes(float64(row.Bytes)), megabytes(median(row.RSS)), row.Fault)
	}
	t.print(w)
	t = table{title: "Start"}
	t.add("server", "to initialize, ms", "tools/list, bytes")
	for _, name := range []string{ours, pgArchived, pgDBHub} {
		if row, ok := r.Start[name]; ok {
			t.add(name, number(median(row.MS)), number(float64(r.Lists[name])))
		}
	}
	t.print(w)
	printGoals(w, "Goals (of toolbelt; ratios round by round, then their median)", r.Goals)
}
