package postgres_test

import (
	"context"
	_ "embed" // of a schema
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// oddSQL makes schemas with names and tables of every sort.
//
//go:embed testdata/odd.sql
var oddSQL string

// database is the server that the tests of this package share; nil where no
// PostgreSQL is installed.
var database *private.Server

// asProgram is the variable that has this test binary be the server's program.
const asProgram = "MCP_POSTGRES_TEST_PROGRAM"

// program runs the server's program, without input, and returns what it prints
// and its exit code.
func program(t *testing.T, line ...string) (out string, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, line...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	raw, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(raw), cmd.ProcessState.ExitCode()
}

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		mcpcore.Main("mcp-postgres", postgres.New)
	}
	var err error
	database, err = private.Start(context.Background(), private.Options{SQL: postgres.SampleSQL + oddSQL})
	if err != nil && (!errors.Is(err, private.ErrNotInstalled) || os.Getenv("CI") == "true") {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	stopExtended()
	if database != nil {
		database.Stop()
	}
	os.Exit(code)
}

// nextDatabase numbers the databases that tests make.
var nextDatabase atomic.Int64

// served is a client of a server on the shared database.
func served(t *testing.T) *mcptest.Client {
	t.Helper()
	return mcptest.Connect(t, newServer(t), mcptest.Options{})
}

func newServer(t *testing.T) *mcpcore.Server {
	t.Helper()
	return newServerWith(t, postgres.Config{})
}

// newServerWith is newServer with settings.
func newServerWith(t *testing.T, config postgres.Config) *mcpcore.Server {
	t.Helper()
	if database == nil {
		t.Skip("no PostgreSQL is installed here")
	}
	if config.URL.Reveal() == "" {
		config.URL = mcpcore.NewSecret(database.URL("postgres", "postgres"))
	}
	s, err := postgres.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// change runs statements as the superuser, beside the server.
func change(t *testing.T, sql string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // it may clean up
	conn, err := pgx.Connect(ctx, database.URL("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}
