package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	module        = "github.com/mcp-toolbelt/toolbelt"
	referenceNPM  = "@modelcontextprotocol/server-filesystem"
	referenceVers = "2026.8.31"
)

// workshop knows where the sources are and where built programs go.
type workshop struct {
	root  string // of the repository
	bin   string // built afresh on every run, removed at the end
	cache string // what is downloaded once and kept
}

func newWorkshop(ctx context.Context, bin string) (*workshop, error) {
	dir, err := output(ctx, "", "go", "list", "-f", "{{.Dir}}", module+"/internal/bench")
	if err != nil {
		return nil, fmt.Errorf("run this inside the repository: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	return &workshop{
		root:  filepath.Dir(filepath.Dir(dir)),
		bin:   bin,
		cache: filepath.Join(cache, "toolbelt-bench"),
	}, nil
}

// errAbsent tells that there is nothing to measure (yet).
var errAbsent = errors.New("not there")

// build compiles the program in dir, relative to the repository, and returns
// the path of the binary. env adds to the environment.
func (w *workshop) build(ctx context.Context, dir string, env ...string) (string, error) {
	full := filepath.Join(w.root, dir)
	if found, err := filepath.Glob(filepath.Join(full, "*.go")); err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s: %w", dir, errAbsent)
	}
	bin := filepath.Join(w.bin, strings.ReplaceAll(dir, "/", "-"))
	_, err := outputEnv(ctx, full, env, "go", "build", "-trimpath", "-o", bin, ".")
	return bin, err
}

// reference returns the command line of the reference server for the file
// system, which npm installs on the first run.
func (w *workshop) reference(ctx context.Context) ([]string, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("node: %w", errAbsent)
	}
	dir, err := w.npm(ctx, referenceNPM, referenceVers)
	return []string{node, filepath.Join(dir, "node_modules", referenceNPM, "dist", "index.js")}, err
}

// npm installs a package on the first run, and returns the directory.
func (w *workshop) npm(ctx context.Context, pkg, version string) (string, error) {
	dir := filepath.Join(w.cache, strings.NewReplacer("@", "", "/", "-").Replace(pkg)+"-"+version)
	if _, err := os.Stat(filepath.Join(dir, "node_modules", filepath.FromSlash(pkg))); !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	_, err := output(ctx, dir, "npm", "install", "--no-audit", "--no-fund", "--prefix", dir, pkg+"@"+version)
	return dir, err
}

// output runs a command in dir and returns its standard output, trimmed.
func output(ctx context.Context, dir string, argv ...string) (string, error) {
	return outputEnv(ctx, dir, nil, argv...)
}

func outputEnv(ctx context.Context, dir string, env []string, argv ...string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, bytes.TrimSpace(errs.Bytes()))
	}
	return strings.TrimSpace(string(out)), nil
}
