package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// pgJob is a statement that every program is asked for.
type pgJob struct {
	Name   string
	sql    string
	calls  int
	once   bool          // in one round alone: it takes long
	limits bool          // ours runs with its own limits, and cuts the answer
	last   string        // that a whole answer holds
	most   time.Duration // that a program gets; 0: as long as it takes
	floor  bool          // the driver and psql are asked as well
	next   bool          // the call after it has to be answered
}

const (
	jobOne   = "SELECT 1"
	jobRows  = "10,000 rows x 5"
	jobMany  = "5 million rows x 3"
	jobCell  = "a cell of 300 MB"
	bigTimes = 40 * time.Second
)

// pgJobs is the table of jobs.
func pgJobs(quick bool) []*pgJob {
	calls, many, cell := 400, "5000000", "300000000"
	if quick {
		calls, many, cell = 20, "50000", "30000000"
	}
	return []*pgJob{
		{Name: jobOne, sql: "SELECT 1", calls: calls, last: "1", floor: true},
		{Name: jobRows, sql: "SELECT n AS id, 'customer ' || n AS name, n % 97 AS score, n * 1.25 AS total, timestamp '2026-01-01' + n * interval '1 minute' AS at FROM generate_series(1, 10000) n",
			calls: max(calls/40, 2), last: "customer 10000", floor: true},
		{Name: jobMany, sql: "SELECT n AS id, 'customer ' || n AS name, n % 97 AS score FROM (SELECT generate_series(1, " + many + ") AS n) s", calls: 1, once: true, limits: true, last: "customer " + many, most: bigTimes, floor: true},
		{Name: jobCell, sql: "SELECT repeat('x', " + cell + ") AS cell", calls: 1, once: true, limits: true, last: "xxxxxxxxxx", most: bigTimes, next: true},
	}
}

// row returns the row of a program and job, which it makes on first use.
func (r *pgResult) row(job, program string) *pgRow {
	for _, row := range r.Rows {
		if row.Job == job && row.Program == program {
			return row
		}
	}
	row := &pgRow{Job: job, Program: program}
	r.Rows = append(r.Rows, row)
	return row
}

// round gives every program its turn at one job.
func (b *pgBench) round(ctx context.Context, job *pgJob) error {
	if job.floor {
		if err := b.floorRow(job); err != nil {
			return err
		}
		if b.psql != nil {
			if err := b.psqlRow(job); err != nil {
				return err
			}
		}
	}
	for _, s := range b.servers {
		if err := b.serve(ctx, job, s); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// floorRow asks the program that is nothing but the driver, over its pipe as the
// servers, and has it time the driver in a loop of its own besides. Where rows
// are very many it writes none of them.
func (b *pgBench) floorRow(job *pgJob) error {
	ask := func(id, calls int) ([]byte, error) {
		return b.floor.roundTrip(fmt.Appendf(nil, "%d %d %s\n", id, calls, job.sql), id)
	}
	row, loop := b.res.row(job.Name, pgFloor), b.res.row(job.Name, pgLoop)
	var times []float64
	if !job.once {
		for i := range job.calls {
			begin := time.Now()
			line, err := ask(firstID+i, 1)
			if err != nil {
				return err
			}
			times = append(times, millis(time.Since(begin)))
			row.Bytes = len(line)
			if !bytes.Contains(line, []byte(job.last)) {
				return b.floor.fail(fmt.Errorf("incomplete: %.200s", line))
			}
		}
		row.MS, row.RSS = append(row.MS, median(times)), append(row.RSS, b.floor.peakRSS())
	}
	line, err := ask(firstID+job.calls, max(job.calls, 2))
	if err != nil {
		return err
	}
	var inside struct{ Nanos []float64 }
	if err := json.Unmarshal(line, &inside); err != nil {
		return b.floor.fail(err)
	}
	times = times[:0]
	for _, ns := range inside.Nanos {
		times = append(times, ns/1e6)
	}
	loop.MS, loop.RSS = append(loop.MS, median(times)), append(loop.RSS, b.floor.peakRSS())
	return nil
}

// psqlRow writes statements to a psql that runs, each with a line that it echoes
// behind the answer.
func (b *pgBench) psqlRow(job *pgJob) error {
	const mark = "answered-by-psql"
	var times []float64
	row := b.res.row(job.Name, pgPsql)
	for range job.calls {
		begin := time.Now()
		if _, err := b.psql.in.Write([]byte(job.sql + ";\n\\echo " + mark + "\n")); err != nil {
			return b.psql.fail(err)
		}
		row.Bytes = 0
		for {
			line, err := b.psql.readLine()
			if err != nil {
				return b.psql.fail(err)
			}
			if string(line) == mark {
				break
			}
			row.Bytes += len(line) + 1
		}
		times = append(times, millis(time.Since(begin)))
	}
	row.MS, row.RSS = append(row.MS, median(times)), append(row.RSS, b.psql.peakRSS())
	return nil
}

// serve runs a job in a process of its own: one call to warm it, then the calls
// that count, then a look at the most memory it held.
func (b *pgBench) serve(ctx context.Context, job *pgJob, s pgServer) error {
	row := b.res.row(job.Name, s.name)
	argv := s.argv
	if job.limits && s.name == ours {
		argv = []string{argv[0], argv[len(argv)-1]}
	}
	if job.most > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, job.most)
		defer cancel()
	}
	p, err := start(ctx, s.name, argv)
	if err != nil {
		return err
	}
	if err = p.initialize(); err == nil {
		_, err = p.list(s.tool)
	}
	call := func(id int, sql string) ([]byte, error) {
		return p.roundTrip(request(legacy, id, "tools/call", fmt.Sprintf(`"name":%q,"arguments":{"sql":%q}`, s.tool, sql)), id)
	}
	if err == nil {
		_, err = call(firstID, "SELECT 1")
	}
	if err == nil {
		err = row.calls(job, s, call)
	}
	row.RSS = append(row.RSS, p.peakRSS())
	if err != nil && ctx.Err() != nil && job.most > 0 {
		row.Fault, err = fmt.Sprintf("no answer in %.0f s", job.most.Seconds()), nil
	} else if err != nil && job.limits && s.name != ours {
		row.Fault, err = "the program ended", nil // such as for lack of memory
	}
	_, stopErr := p.stop()
	return errors.Join(err, stopErr)
}

func (row *pgRow) calls(job *pgJob, s pgServer, call func(int, string) ([]byte, error)) error {
	var times []float64
	for i := range job.calls {
		begin := time.Now()
		answer, err := call(firstID+1+i, job.sql)
		took := time.Since(begin)
		if err != nil {
			return err
		}
		times = append(times, millis(took))
		row.Bytes = len(answer)
		row.judge(job, s, answer)
	}
	row.MS = append(row.MS, median(times))
	if !job.next {
		return nil
	}
	answer, err := call(firstID+1+job.calls, "SELECT 4711 AS next")
	if err == nil && !bytes.Contains(answer, []byte("4711")) {
		row.Fault = "the next call is not answered"
	}
	return err
}

// judge notes what is wrong with an answer. Where ours has its limits, it says
// that it cut the answer, or why there is none.
func (row *pgRow) judge(job *pgJob, s pgServer, answer []byte) {
	failed := bytes.Contains(answer, []byte(`"isError":true`))
	switch whole := bytes.Contains(answer, []byte(job.last)) && !failed; {
	case whole:
	case job.limits && s.name == ours && (bytes.Contains(answer, []byte("Cut after")) || bytes.Contains(answer, []byte("larger than"))):
	case row.Fault == "":
		row.Fault = fmt.Sprintf("incomplete (%.120s)", answer)
	}
}
