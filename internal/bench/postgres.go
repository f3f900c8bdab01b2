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
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
)

const (
	pgBinary   = "servers/postgres/cmd/mcp-postgres"
	pgFloor    = "raw pgx"
	pgLoop     = "raw pgx, no pipe"
	pgPsql     = "psql"
	pgArchived = "archived" // @modelcontextprotocol/server-postgres
	pgDBHub    = "dbhub"    // @bytebase/dbhub
)

// wholePart is how long what serves the whole part may live.
const wholePart = time.Hour

// pgServer is one server under measurement.
type pgServer struct {
	name string
	argv []string
	tool string // that runs SQL; each takes it as "sql"
}

// pgRow is one program's values for one job, a value per round.
type pgRow struct {
	Job     string    `json:"job"`
	Program string    `json:"program"`
	MS      []float64 `json:"ms"`
	RSS     []float64 `json:"peakRSS,omitempty"`
	Bytes   int       `json:"answerBytes"`
	Fault   string    `json:"fault,omitempty"` // why the times do not count
}

// pgResult is the PostgreSQL benchmark.
type pgResult struct {
	Rounds  int              `json:"rounds"`
	Rows    []*pgRow         `json:"rows"`
	Start   map[string]pgRow `json:"start"`
	Lists   map[string]int   `json:"toolsListBytes"`
	Binary  int64            `json:"binaryBytes"`
	Missing []string         `json:"missing,omitempty"`
	Goals   []*goal          `json:"goals"`
}

// pgBench is what the part is made with.
type pgBench struct {
	res     *pgResult
	url     string
	servers []pgServer
	floor   *process
	psql    *process
}

func runPostgres(ctx context.Context, w *workshop, o options, out io.Writer) (res *pgResult, err error) {
	b := &pgBench{res: &pgResult{Rounds: o.rounds, Start: map[string]pgRow{}, Lists: map[string]int{}}}
	db, err := startDatabase(ctx, w)
	if errors.Is(err, errAbsent) {
		fmt.Fprintf(out, "note: the part postgres is left out: %v\n", err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _, stopErr := db.stop(); err = errors.Join(err, stopErr) }()
	line, err := db.readLine()
	if err != nil {
		return nil, db.fail(err)
	}
	b.url = string(bytes.TrimSpace(line))
	if err := b.programs(ctx, w, out); err != nil {
		return nil, err
	}
	defer b.stop()
	if err := b.starts(ctx); err != nil {
		return nil, err
	}
	for round := range o.rounds {
		for _, job := range pgJobs(o.quick) {
			if round > 0 && job.once {
				continue
			}
			if err := b.round(ctx, job); err != nil {
				return nil, err
			}
		}
	}
	b.goals()
	b.res.print(out)
	return b.res, nil
}

// startDatabase starts a PostgreSQL for the purpose. It writes its address first.
func startDatabase(ctx context.Context, w *workshop) (*process, error) {
	bin, err := w.build(ctx, "servers/postgres/internal/private/run")
	if err != nil {
		return nil, err
	}
	p, err := startFor(ctx, wholePart, "PostgreSQL", []string{bin})
	if err != nil {
		return nil, err
	}
	if err := p.out.fill(); err != nil {
		_, stopErr := p.stop()
		return nil, errors.Join(fmt.Errorf("%w: %s", errAbsent, strings.TrimSpace(p.errs.String())), stopErr)
	}
	return p, nil
}

// readLine returns the next line.
func (p *process) readLine() ([]byte, error) {
	for {
		if line, ok := p.out.line(); ok {
			return line, nil
		}
		if err := p.out.fill(); err != nil {
			return nil, err
		}
	}
}

// programs builds ours and the floor, and installs the peers. What is missing is
// left out, loudly.
func (b *pgBench) programs(ctx context.Context, w *workshop, note io.Writer) error {
	bin, err := w.build(ctx, pgBinary, "CGO_ENABLED=0")
	if err != nil {
		return err
	}
	b.servers = []pgServer{{ours, []string{bin, "--max-rows=10000", "--max-bytes=64MiB", "--max-result-bytes=64MiB", b.url}, "query"}}
	stripped := filepath.Join(w.bin, "stripped")
	if _, err := outputEnv(ctx, filepath.Join(w.root, pgBinary), []string{"CGO_ENABLED=0"}, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", stripped, "."); err != nil {
		return err
	}
	if info, err := os.Stat(stripped); err == nil {
		b.res.Binary = info.Size()
	}
	absent := func(what string, err error) {
		b.res.Missing = append(b.res.Missing, what)
		fmt.Fprintf(note, "note: %s is left out: %v\n", what, err)
	}
	if node, err := exec.LookPath("node"); err != nil {
		absent("npm's servers", err)
	} else if modules, err := npm.Install(filepath.Join(w.root, "internal/bench/npm")); err != nil {
		absent("npm's servers", err)
	} else {
		modules = filepath.Join(modules, "node_modules")
		b.servers = append(b.servers,
			pgServer{pgArchived, []string{node, filepath.Join(modules, "@modelcontextprotocol/server-postgres/dist/index.js"), b.url}, "query"},
			pgServer{pgDBHub, []string{node, filepath.Join(modules, "@bytebase/dbhub/dist/index.js"), "--transport=stdio", "--dsn=" + b.url}, "execute_sql"})
	}
	floor, err := w.build(ctx, "internal/bench/peers/cmd/pgx", "GOWORK=off")
	if err != nil {
		return err
	}
	if b.floor, err = startFor(ctx, wholePart, pgFloor, []string{floor, b.url}); err != nil {
		return err
	}
	psql, err := exec.LookPath("psql")
	if err != nil {
		absent(pgPsql, err)
		return nil
	}
	b.psql, err = startFor(ctx, wholePart, pgPsql, []string{psql, "-XqAt", b.url})
	return err
}

func (b *pgBench) stop() {
	for _, p := range []*process{b.floor, b.psql} {
		if p != nil {
			p.stop() // how these end is not measured
		}
	}
}

// starts measures from the spawn of a server to its answer to initialize, and
// what its list of tools takes.
func (b *pgBench) starts(ctx context.Context) error {
	for range max(b.res.Rounds, 1) {
		for _, s := range b.servers {
			begin := time.Now()
			p, err := start(ctx, s.name, s.argv)
			if err != nil {
				return err
			}
			row := b.res.Start[s.name]
			err = p.initialize()
			row.MS = append(row.MS, millis(time.Since(begin)))
			var list []byte
			if err == nil {
				list, err = p.list(s.tool)
			}
			b.res.Lists[s.name] = len(list)
			b.res.Start[s.name] = row
			_, stopErr := p.stop()
			if err := errors.Join(err, stopErr); err != nil {
				return err
			}
		}
	}
	return nil
}

// initialize is greet for servers of which some know older revisions alone.
func (p *process) initialize() error {
	return p.ask(request(legacy, 1, "initialize", `"protocolVersion":"`+legacy+`","capabilities":{},"clientInfo":{"name":"bench","version":"1"}`), 1, `"serverInfo"`)
}

// list is the list of tools, in which one has to be.
func (p *process) list(tool string) ([]byte, error) {
	initialized := []byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n")
	answer, err := p.roundTrip(append(initialized, request(legacy, 2, "tools/list", "")...), 2)
	if err == nil && !bytes.Contains(answer, []byte(tool)) {
		err = p.fail(fmt.Errorf("the tool %s is not among %.300s", tool, answer))
	}
	return answer, err
}
