package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// fsJob is one thing asked of the file system servers, and of a classic
// command where one does the same.
type fsJob struct {
	Name  string
	tool  string
	calls []any                   // the arguments of each call, made one after the other
	extra any                     // when set, the arguments for our server in place of the first call's
	check func([]byte, int) error // of the answer to call i
	floor []string
	goal  *goal // time over the floor's; nil when there is no floor
	rival *goal // the reference's time over ours; nil when that is no goal
}

type pathArg struct {
	Path string `json:"path"`
}

type searchArg struct {
	Path    string `json:"path"`
	Pattern string `json:"pattern"`
}

// fsJobs is the table of jobs.
func fsJobs(g *grove) []*fsJob {
	within := func(name, floor string, limit float64) *goal {
		return &goal{What: name + ", time over " + floor + "'s", Op: "<=", Limit: limit, Unit: "x"}
	}
	reads := make([]any, len(g.small))
	for i, path := range g.small {
		reads[i] = pathArg{path}
	}
	return []*fsJob{
		{
			Name: "read a large text", tool: "read_text_file", calls: []any{pathArg{g.text}},
			check: g.checkText, floor: []string{"cat", g.text}, goal: within("read a large text", "cat", 4),
		},
		{
			Name: "search **/*.go", tool: "search_files", calls: []any{searchArg{g.source, "**/*.go"}},
			check: g.checkNames(".go", g.goFiles), floor: []string{"find", g.source, "-name", "*.go"},
			goal: within("search **/*.go", "find", 1),
		},
		{
			Name: "directory tree", tool: "directory_tree", calls: []any{pathArg{g.source}},
			check: g.checkNames("", g.size.Files), floor: []string{"find", g.source}, goal: within("directory tree", "find", 1.5),
		},
		{
			Name: "list a flat directory", tool: "list_directory", calls: []any{pathArg{g.flat}},
			check: g.checkNames("", g.size.Flat), floor: []string{"ls", "-U", g.flat},
			goal: within("list a flat directory", "ls -U", 2),
		},
		{
			Name: "small reads", tool: "read_text_file", calls: reads, check: g.checkSmall,
			rival: &goal{What: "small reads, the reference's time over ours", Op: ">=", Limit: 5, Unit: "x"},
		},
	}
}

// arguments returns the JSON of the calls for a server. Ours may take extra
// arguments that lift a default limit the reference does not have.
func (j *fsJob) arguments(server string) ([]string, error) {
	calls := j.calls
	if server == ours && j.extra != nil {
		calls = []any{j.extra}
	}
	out := make([]string, len(calls))
	for i, c := range calls {
		b, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		out[i] = string(b)
	}
	return out, nil
}

func (g *grove) checkText(answer []byte, _ int) error {
	if !bytes.Contains(answer, []byte(g.lastLn)) || int64(len(answer)) < g.size.TextBytes {
		return fmt.Errorf("incomplete, %s of %s MB", megabytes(float64(len(answer))), megabytes(float64(g.size.TextBytes)))
	}
	return nil
}

func (g *grove) checkNames(ext string, want int) func([]byte, int) error {
	return func(answer []byte, _ int) error {
		if got := countNames(answer, ext, max(g.size.Files, g.size.Flat)); got != want {
			return fmt.Errorf("incomplete, %d of %d names", got, want)
		}
		return nil
	}
}

func (g *grove) checkSmall(answer []byte, i int) error {
	if !bytes.Contains(answer, []byte(smallMark(i))) {
		return fmt.Errorf("incomplete, no end of file %d", i)
	}
	return nil
}
