// Package debian gives tests the programs of Debian packages: it downloads the
// packages with apt and unpacks them into a directory of the user's. It needs
// neither root nor an installation.
package debian

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
)

// Root is a directory with the files of packages.
type Root struct{ dir string }

// Packages unpacks packages with what they need, unless an earlier run did.
// Where there is no apt the test is skipped.
func Packages(t *testing.T, names ...string) Root {
	t.Helper()
	for _, tool := range []string{"apt-get", "dpkg"} {
		if _, err := exec.LookPath(tool); err != nil {
			unavailable(t, "%s needs programs of Debian, and there is no %s", t.Name(), tool)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(strings.Join(names, " ") + "\n" + string(release)))
	dir := filepath.Join(cache, "toolbelt-debian", hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(dir); err == nil {
		return Root{dir}
	}
	if testing.Short() {
		unavailable(t, "the Debian packages %v are not there yet, and -short downloads nothing", names)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if err := unpack(ctx, dir, names); err != nil {
		if offline.MatchString(err.Error()) {
			unavailable(t, "%v", err)
		}
		t.Fatal(err)
	}
	return Root{dir}
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

// offline recognises what apt says when it cannot reach a mirror.
var offline = regexp.MustCompile(`Could not resolve|Could not connect|Temporary failure|Unable to connect|Connection timed out|Unable to locate package`)

// unpack fills a directory of its own and then gives it its name, so that dir
// is whole or not there. The lock keeps runs side by side from doing the same
// twice.
func unpack(ctx context.Context, dir string, names []string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := npm.Lock(lock); err == nil {
		if _, err := os.Stat(dir); err == nil {
			return nil // by whoever held the lock
		}
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".half-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := download(ctx, tmp, names); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(tmp, "*.deb"))
	if err != nil {
		return err
	}
	for _, deb := range debs {
		if _, err := run(ctx, tmp, "dpkg", "-x", deb, filepath.Join(tmp, "root")); err != nil {
			return err
		}
	}
	return os.Rename(filepath.Join(tmp, "root"), dir)
}

// download fetches packages, and what they need and the machine does not have.
// Lists of packages of its own let it do without root, and find what mirrors
// have today.
func download(ctx context.Context, dir string, names []string) error {
	for _, sub := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	apt := func(args ...string) (string, error) {
		own := []string{
			"-q", "-o", "Dir::State::Lists=" + filepath.Join(dir, "lists"), "-o", "Dir::Cache=" + filepath.Join(dir, "cache"),
			"-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=", "-o", "Acquire::Retries=2",
		}
		return run(ctx, dir, "apt-get", append(own, args...)...)
	}
	if _, err := apt("update"); err != nil {
		return err
	}
	plan, err := apt(append([]string{"install", "--simulate", "--no-install-recommends"}, names...)...)
	if err != nil {
		return err
	}
	all := slices.Clone(names)
	for line := range strings.Lines(plan) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Inst" && !slices.Contains(all, fields[1]) {
			all = append(all, fields[1])
		}
	}
	_, err = apt(append([]string{"download"}, all...)...)
	return err
}

func run(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return string(out), nil
}

// Path is where a file of the packages is, such as usr/share/dict/words.
func (r Root) Path(name string) string { return filepath.Join(r.dir, name) }

// Command runs a program of the packages, such as usr/sbin/nginx.
func (r Root) Command(ctx context.Context, program string, args ...string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(r.dir, program), args...)
	var libs []string
	err := filepath.WalkDir(r.dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && strings.Contains(d.Name(), ".so.") && !slices.Contains(libs, filepath.Dir(name)) {
			libs = append(libs, filepath.Dir(name))
		}
		return err
	})
	if err == nil && cmd.Err != nil {
		err = errors.Join(errors.New("the packages have no "+program), cmd.Err)
	}
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(libs, ":"))
	return cmd, err
}
