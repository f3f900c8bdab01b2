package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// extended is a PostgreSQL with the extensions that tools for performance use.
// Most come with PostgreSQL; Debian has hypopg as a package of its own, which is
// unpacked beside links to what is installed: PostgreSQL looks for its files
// from where its program is.
var extended struct {
	once sync.Once
	*private.Server
	dir string
	err error
}

// extendedSQL makes extensions, a table worth an index, and some of what health
// finds.
const extendedSQL = `CREATE EXTENSION hypopg;

CREATE EXTENSION pg_stat_statements;

CREATE EXTENSION pgstattuple VERSION '1.4';

ALTER EXTENSION pgstattuple UPDATE TO '1.5';

CREATE EXTENSION hstore VERSION '1.4';

CREATE TABLE events (id bigint PRIMARY KEY, customer_id integer NOT NULL, kind text NOT NULL, at timestamptz NOT NULL, note text);

INSERT INTO events SELECT n, n % 5000, 'k' || n % 7, timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute', repeat('x', 40) FROM generate_series(1, 50000) n;

ANALYZE;

CREATE ROLE reader LOGIN;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;

CREATE SCHEMA "Faults";

CREATE TABLE "Faults".no_key (a int, b int) WITH (autovacuum_enabled = off);

ALTER TABLE "Faults".no_key ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;

INSERT INTO "Faults".no_key SELECT n, n FROM generate_series(1, 60000) n;

CREATE INDEX no_key_a ON "Faults".no_key (a);

CREATE INDEX no_key_a_again ON "Faults".no_key (a);

CREATE INDEX no_key_a_b ON "Faults".no_key (a, b);

CREATE INDEX broken ON "Faults".no_key (b);

UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"Faults".broken'::regclass;

CREATE TABLE "Faults".left_alone (id serial PRIMARY KEY) WITH (autovacuum_enabled = off);

SELECT setval('"Faults".left_alone_id_seq', 2000000000);

SELECT pg_create_physical_replication_slot('nobody', true);

`

// withExtensions is a client of a server, with all toolsets, on a database that
// has the extensions.
func withExtensions(t *testing.T, config postgres.Config) *mcptest.Client {
	t.Helper()
	extended.once.Do(func() { extended.err = startExtended(t) })
	if extended.err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(extended.err)
		}
		t.Skip(extended.err)
	}
	if config.URL.Reveal() == "" {
		config.URL = mcpcore.NewSecret(extended.URL("postgres", "postgres"))
	}
	return tuned(t, config)
}

// tuned is a client of a server with all toolsets.
func tuned(t *testing.T, config postgres.Config) *mcptest.Client {
	t.Helper()
	s := newServerWith(t, config)
	s.Options.Policy.Toolsets = []string{"all"}
	return mcptest.Connect(t, s, mcptest.Options{})
}

func startExtended(t *testing.T) error {
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(bins) == 0 {
		return errors.New("the extension hypopg is taken from Debian, and there is no PostgreSQL of Debian's")
	}
	version := filepath.Base(filepath.Dir(filepath.Dir(slices.Max(bins))))
	files, err := unpacked("postgresql-" + version + "-hypopg")
	if err != nil {
		return err
	}
	if extended.dir, err = os.MkdirTemp("", "mcp-pg-ext-"); err != nil {
		return err
	}
	if err := overlay(extended.dir, files, version); err != nil {
		return err
	}
	path := os.Getenv("PATH")
	os.Setenv("PATH", filepath.Join(extended.dir, "lib/postgresql", version, "bin")+string(os.PathListSeparator)+path)
	defer os.Setenv("PATH", path)
	extended.Server, err = private.Start(context.Background(), private.Options{
		SQL:      postgres.SampleSQL + extendedSQL,
		Settings: []string{"shared_preload_libraries=pg_stat_statements"},
	})
	return err
}

// unpacked is the directory with the files of a package of Debian's, and of what
// it needs and is not installed.
func unpacked(name string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "toolbelt-debian")
	dir := filepath.Join(cache, name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(cache, "half-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	script := `set -e
		needed=$(apt-get -q install --simulate --no-install-recommends "$1" | awk '/^Inst/ { print $2 }')
		apt-get -q -o APT::Sandbox::User= download "$1" $needed
		for package in *.deb; do dpkg -x "$package" root; done`
	cmd := exec.CommandContext(ctx, "sh", "-c", script, "sh", name)
	cmd.Dir = tmp
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the package %s cannot be had (apt-get update may help): %w: %s", name, err, out)
	}
	if err := os.Rename(filepath.Join(tmp, "root"), dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return dir, nil
}

// overlay makes a tree in dir as PostgreSQL has it below /usr, with the files of
// a package that is not installed. Programs are copied, as a link leads to
// where the program is, and the package's files, as the server's user may not
// reach the cache.
func overlay(dir, files, version string) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	lib, share := filepath.Join("lib/postgresql", version), filepath.Join("share/postgresql", version)
	var errs []error
	for _, name := range []string{"postgres", "initdb"} {
		errs = append(errs, copyTo(filepath.Join(dir, lib, "bin", name), filepath.Join("/usr", lib, "bin", name), 0o755))
	}
	for _, sub := range []string{lib + "/lib", share, share + "/extension"} {
		errs = append(errs, linkAll(filepath.Join(dir, sub), filepath.Join("/usr", sub)))
	}
	for _, pattern := range []string{lib + "/lib/*.so", share + "/extension/*"} {
		found, err := filepath.Glob(filepath.Join(files, "usr", pattern))
		errs = append(errs, err)
		for _, file := range found {
			errs = append(errs, copyTo(filepath.Join(dir, filepath.Dir(pattern), filepath.Base(file)), file, 0o644))
		}
	}
	return errors.Join(errs...)
}

// linkAll links what is in a directory, but for extension.
func linkAll(to, from string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "extension" {
			continue
		}
		if err := os.Symlink(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func copyTo(to, from string, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	_ = os.Remove(to) // where the package is installed as well
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func stopExtended() {
	if extended.Server != nil {
		extended.Stop()
	}
	if extended.dir != "" {
		os.RemoveAll(extended.dir)
	}
}
