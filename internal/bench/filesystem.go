package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	reference   = "reference"
	fsBinary    = "servers/filesystem/cmd/mcp-filesystem"
	memoryLimit = 64e6 // bytes, for any call
)

// fsServer is one file system server under measurement.
type fsServer struct {
	name string
	argv []string
}

// fsRow is one program's values for one job, a value per round.
type fsRow struct {
	Job     string    `json:"job"`
	Program string    `json:"program"`
	MS      []float64 `json:"ms"`
	RSS     []float64 `json:"peakRSS,omitempty"`
	Bytes   int       `json:"answerBytes"`
	Fault   string    `json:"fault,omitempty"` // why the times do not count
}

// fsResult is the file system benchmark.
type fsResult struct {
	Rounds int      `json:"rounds"`
	Size   treeSize `json:"size"`
	Rows   []*fsRow `json:"rows"`
	Goals  []*goal  `json:"goals"`
}

func runFilesystem(ctx context.Context, w *workshop, o options, dir string, out io.Writer) (*fsResult, error) {
	servers, err := fsServers(ctx, w, out)
	if err != nil {
		return nil, err
	}
	root, err := filepath.EvalSymlinks(dir) // servers compare real paths
	if err != nil {
		return nil, err
	}
	root = filepath.Join(root, "files")
	if err := os.Mkdir(root, 0o755); err != nil {
		return nil, err
	}
	g, err := plant(root, newTreeSize(o.quick))
	if err != nil {
		return nil, err
	}
	res := &fsResult{Rounds: o.rounds, Size: g.size}
	jobs := fsJobs(g)
	for range o.rounds {
		for _, job := range jobs {
			if err := res.round(ctx, job, servers, root); err != nil {
				return nil, err
			}
		}
	}
	res.Goals = res.fsGoals(jobs)
	res.print(out, jobs)
	return res, nil
}

// fsServers builds ours and installs the reference. What is missing is left
// out, loudly.
func fsServers(ctx context.Context, w *workshop, note io.Writer) ([]fsServer, error) {
	var servers []fsServer
	bin, err := w.build(ctx, fsBinary)
	if err == nil {
		servers = append(servers, fsServer{ours, []string{bin}})
	} else {
		fmt.Fprintf(note, "note: %s is left out: %v\n", ours, err)
	}
	argv, err := w.reference(ctx)
	if err == nil {
		servers = append(servers, fsServer{reference, argv})
	} else {
		fmt.Fprintf(note, "note: the rows of the reference (npm %s) are left out: %v\n", referenceNPM, err)
	}
	return servers, ctx.Err()
}

// round gives every program its turn at one job.
func (r *fsResult) round(ctx context.Context, job *fsJob, servers []fsServer, root string) error {
	for _, s := range servers {
		if err := r.serve(ctx, job, s, root); err != nil {
			return err
		}
	}
	if job.floor == nil {
		return nil
	}
	row := r.row(job.Name, job.floor[0])
	took, n, err := runCommand(ctx, job.floor)
	row.MS, row.Bytes = append(row.MS, millis(took)), n
	return err
}

// row returns the row of a program and job, which it makes on first use.
func (r *fsResult) row(job, program string) *fsRow {
	for _, row := range r.Rows {
		if row.Job == job && row.Program == program {
			return row
		}
	}
	row := &fsRow{Job: job, Program: program}
	r.Rows = append(r.Rows, row)
	return row
}

// serve runs the job in a process of its own: one call to warm it, then the
// calls that count, then a look at the most memory it held.
func (r *fsResult) serve(ctx context.Context, job *fsJob, s fsServer, root string) error {
	row := r.row(job.Name, s.name)
	args, err := job.arguments(s.name)
	if err != nil {
		return err
	}
	p, err := start(ctx, s.name, append(s.argv[:len(s.argv):len(s.argv)], root))
	if err != nil {
		return err
	}
	err = p.greet(legacy, job.tool)
	if err == nil {
		err = row.calls(p, job, args)
	}
	row.RSS = append(row.RSS, p.peakRSS())
	_, stopErr := p.stop()
	return errors.Join(err, stopErr)
}

func (row *fsRow) calls(p *process, job *fsJob, args []string) error {
	requests := make([][]byte, len(args))
	for i, a := range args {
		requests[i] = request(legacy, firstID+1+i, "tools/call", fmt.Sprintf(`"name":%q,"arguments":%s`, job.tool, a))
	}
	warm := request(legacy, firstID, "tools/call", fmt.Sprintf(`"name":%q,"arguments":%s`, job.tool, args[0]))
	if _, err := p.roundTrip(warm, firstID); err != nil {
		return err
	}
	var took time.Duration // of the calls, without the checks between them
	row.Bytes = 0
	for i, req := range requests {
		begin := time.Now()
		answer, err := p.roundTrip(req, firstID+1+i)
		took += time.Since(begin)
		if err != nil {
			return err
		}
		row.Bytes += len(answer)
		if err := job.check(answer, i); err != nil && row.Fault == "" {
			row.Fault = err.Error()
			if bytes.Contains(answer[max(0, len(answer)-100):], []byte(`"isError":true`)) || len(answer) < 500 {
				row.Fault += fmt.Sprintf(" (%.300s)", answer)
			}
		}
	}
	row.MS = append(row.MS, millis(took))
	return nil
}

// runCommand takes the wall clock from the spawn of a command to its end,
// with its output read through a pipe. It returns how much that was.
func runCommand(ctx context.Context, argv []string) (time.Duration, int, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	begin := time.Now()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	buf := make([]byte, 256<<10)
	total := 0
	for {
		n, err := out.Read(buf)
		total += n
		if err != nil {
			break
		}
	}
	err = cmd.Wait()
	return time.Since(begin), total, err
}
