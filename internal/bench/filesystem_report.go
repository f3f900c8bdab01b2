package main

import (
	"fmt"
	"io"
)

// fsGoals fills in the goals of the jobs and adds the one on memory.
func (r *fsResult) fsGoals(jobs []*fsJob) []*goal {
	var goals []*goal
	memory := &goal{What: "most memory in any job", Op: "<=", Limit: memoryLimit / 1e6, Unit: " MB"}
	for _, job := range jobs {
		us := r.row(job.Name, ours)
		if job.goal != nil {
			job.goal.Values = ratios(us.MS, r.row(job.Name, job.floor[0]).MS)
			job.goal.Spoilt = us.Fault
			goals = append(goals, job.goal)
		}
		if job.rival != nil {
			job.rival.Values = ratios(r.row(job.Name, reference).MS, us.MS)
			job.rival.Spoilt = us.Fault
			goals = append(goals, job.rival)
		}
		for i, rss := range us.RSS {
			if i == len(memory.Values) {
				memory.Values = append(memory.Values, 0)
			}
			memory.Values[i] = max(memory.Values[i], rss/1e6)
		}
	}
	return append(goals, memory)
}

func (r *fsResult) print(w io.Writer, jobs []*fsJob) {
	fmt.Fprintf(w, "\nFILESYSTEM: %s against npm %s@%s and classic commands. Medians of %d interleaved rounds.\n",
		ours, referenceNPM, referenceVers, r.Rounds)
	fmt.Fprintf(w, "Generated: a tree of %s files in %s directories, a directory of %s files, a text of %s MB, %s small files.\n",
		number(float64(r.Size.Files)), number(float64(r.Size.Dirs)), number(float64(r.Size.Flat)),
		megabytes(float64(r.Size.TextBytes)), number(float64(r.Size.Small)))
	fmt.Fprintln(w, "Servers: a process per job and round, the same call once to warm it, then the call is timed from the write of the")
	fmt.Fprintln(w, "request to the last byte of the answer. Commands: wall clock including the spawn, output read through a pipe.")
	fmt.Fprintln(w, "Memory: high-water mark of the server's process, start and both calls included. Every answer is checked to be complete.")
	t := table{title: "Measured"}
	t.add("job", "program", "ms", "over the command", "over the reference", "answer MB", "peak RSS MB", "note")
	for _, job := range jobs {
		for _, program := range r.programs(job) {
			row := r.row(job.Name, program)
			overFloor := none
			if job.floor != nil {
				overFloor = times(median(ratios(row.MS, r.row(job.Name, job.floor[0]).MS)))
			}
			t.add(job.Name, program, number(median(row.MS)), overFloor,
				times(median(ratios(row.MS, r.row(job.Name, reference).MS))),
				megabytes(float64(row.Bytes)), megabytes(median(row.RSS)), row.Fault)
		}
	}
	t.print(w)
	printGoals(w, "Goals (of toolbelt; ratios round by round, then their median)", r.Goals)
}

// programs returns the programs that have values for the job, in their order.
func (r *fsResult) programs(job *fsJob) []string {
	var out []string
	for _, row := range r.Rows {
		if row.Job == job.Name && len(row.MS) > 0 {
			out = append(out, row.Program)
		}
	}
	return out
}
