// Command bench measures Toolbelt beside its peers: one run, interleaved
// rounds, medians, and ratios against the goals of the project.
//
//	go run ./internal/bench                     everything
//	go run ./internal/bench -only engine        echo servers: engine against engine
//	go run ./internal/bench -only http          echo servers over HTTP
//	go run ./internal/bench -only filesystem    the file system server against the reference
//	go run ./internal/bench -only slack         the Slack server against two peers
//	go run ./internal/bench -only postgres      the PostgreSQL server against the driver and npm's
//	go run ./internal/bench -only search        mcp-search against an engine on loopback, and over documents
//	go run ./internal/bench -quick              does it work at all; its numbers are not for quoting
//
// Absolute speeds belong to the machine and its neighbours; only the ratios
// inside one run mean something elsewhere.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
)

type options struct {
	only   string
	era    string
	rounds int
	calls  int
	quick  bool
	json   string
}

// report is what -json writes.
type report struct {
	Machine    string          `json:"machine"`
	Quick      bool            `json:"quick"`
	Engine     []*engineResult `json:"engine,omitempty"`
	HTTP       *httpResult     `json:"http,omitempty"`
	Filesystem *fsResult       `json:"filesystem,omitempty"`
	Search     *searchResult   `json:"search,omitempty"`
	Slack      *slackResult    `json:"slack,omitempty"`
	Postgres   *pgResult       `json:"postgres,omitempty"`
}

func main() {
	var o options
	flag.StringVar(&o.only, "only", "", "run one part: engine, http, filesystem, slack, postgres or search")
	flag.StringVar(&o.era, "era", legacy, "protocol revision of the engine part: "+legacy+", "+modern+" or both")
	flag.IntVar(&o.rounds, "rounds", 5, "interleaved rounds")
	flag.IntVar(&o.calls, "calls", 5000, "calls one at a time in each round")
	flag.BoolVar(&o.quick, "quick", false, "one small round, to see that everything works")
	flag.StringVar(&o.json, "json", "", "write every measured value to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func (o *options) validate() error {
	var err error
	if !slices.Contains([]string{"", "engine", "http", "filesystem", "slack", "postgres", "search"}, o.only) {
		err = errors.Join(err, fmt.Errorf("-only %s: want engine, http, filesystem, slack, postgres or search", o.only))
	}
	if o.era != legacy && o.era != modern && o.era != "both" {
		err = errors.Join(err, fmt.Errorf("-era %s: want %s, %s or both", o.era, legacy, modern))
	}
	if o.rounds < 1 || o.calls < 10 {
		err = errors.Join(err, errors.New("-rounds must be at least 1, -calls at least 10"))
	}
	if flag.NArg() > 0 {
		err = errors.Join(err, fmt.Errorf("unexpected argument %s", flag.Arg(0)))
	}
	return err
}

// run does the parts asked for. Everything it makes is in one temporary
// directory and every process is stopped before it returns.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	if err := o.validate(); err != nil {
		return err
	}
	if o.quick {
		o.rounds = 1
	}
	dir, err := os.MkdirTemp("", "toolbelt-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	w, err := newWorkshop(ctx, dir)
	if err != nil {
		return err
	}
	rep := report{Machine: machine(ctx), Quick: o.quick}
	fmt.Fprintln(out, rep.Machine)
	if o.quick {
		fmt.Fprintln(out, "QUICK RUN: one round of small jobs; these numbers are not for quoting.")
	}
	var servers []echoServer
	if o.only != "filesystem" && o.only != "slack" && o.only != "postgres" && o.only != "search" {
		if servers, err = echoServers(ctx, w, out); err != nil {
			return err
		}
	}
	if o.only == "" || o.only == "engine" {
		if rep.Engine, err = runEngine(ctx, servers, o, dir, out); err != nil {
			return err
		}
	}
	if o.only == "" || o.only == "http" {
		if rep.HTTP, err = runHTTP(ctx, servers, o, out); err != nil {
			return err
		}
	}
	if o.only == "" || o.only == "filesystem" {
		if rep.Filesystem, err = runFilesystem(ctx, w, o, dir, out); err != nil {
			return err
		}
	}
	if o.only == "" || o.only == "slack" {
		if rep.Slack, err = runSlack(ctx, w, o, dir, out); err != nil {
			return err
		}
	}
	if o.only == "" || o.only == "postgres" {
		if rep.Postgres, err = runPostgres(ctx, w, o, out); err != nil {
			return err
		}
	}
	if o.only == "" || o.only == "search" {
		if rep.Search, err = runSearch(ctx, w, o, dir, out); err != nil {
			return err
		}
	}
	return writeJSON(o.json, &rep)
}

func runEngine(ctx context.Context, servers []echoServer, o options, dir string, out io.Writer) ([]*engineResult, error) {
	eras := []string{o.era}
	if o.era == "both" {
		eras = []string{legacy, modern}
	}
	var results []*engineResult
	for _, era := range eras {
		r, err := benchEngine(ctx, servers, era, newEngineSize(o.rounds, o.calls, o.quick), dir)
		if err != nil {
			return nil, err
		}
		r.print(out)
		results = append(results, r)
	}
	return results, nil
}

func writeJSON(file string, rep *report) error {
	if file == "" {
		return nil
	}
	b, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

func machine(ctx context.Context) string {
	node, err := output(ctx, "", "node", "--version")
	if err != nil {
		node = "not installed"
	}
	return fmt.Sprintf("machine: %d cores, %s/%s, %s, node %s",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), node)
}
