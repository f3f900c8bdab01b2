package repo

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var platforms = flag.String("platforms", "linux/amd64,windows/arm64", "what TestRelease builds; all, or GOOS/GOARCH with commas")

// TestRelease builds the archives in two copies of the tree, the second time
// deeper in the file system and, for all platforms, with an empty build cache.
func TestRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("builds every server twice")
	}
	t.Parallel()
	const version, commit = "v9.8.7", "0123456789abcdef0123456789abcdef01234567"
	scripts, tmp := buildScripts(t), t.TempDir()
	args := []string{"-version", version, "-commit", commit}
	if *platforms != "all" {
		args = append(args, "-platforms", *platforms)
	}
	var sums []string
	for _, place := range []string{"a", "another/place/b"} {
		env := []string{"SOURCE_DATE_EPOCH=1700000000"}
		if len(sums) > 0 && *platforms == "all" {
			env = append(env, "GOCACHE="+filepath.Join(tmp, "cache"))
		}
		tree := export(t, filepath.Join(tmp, place))
		run(t, tree, env, filepath.Join(scripts, "release"), args...)
		data, err := os.ReadFile(filepath.Join(tree, "dist", "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, string(data))
	}
	if sums[0] != sums[1] {
		t.Errorf("two builds differ:\n%s\n%s", sums[0], sums[1])
	}
	if len(binaries()) == 0 {
		t.Error("no server has a binary")
	}
	for _, b := range binaries() {
		name := strings.Join([]string{b.name, strings.TrimPrefix(version, "v"), runtime.GOOS, runtime.GOARCH}, "_") + ".tar.gz"
		if !strings.Contains(sums[0], name) {
			continue // built for other machines only
		}
		dir := t.TempDir()
		got := unpack(t, filepath.Join(tmp, "a", "dist", name), dir)
		if want := []string{"LICENSE", "README.md", b.name}; !slices.Equal(got, want) {
			t.Errorf("%s holds %v, want %v", name, got, want)
		}
		checkVersion(t, filepath.Join(dir, b.name), version, commit[:7])
	}
}

// unpack writes the files of an archive to dir and returns their names.
func unpack(t *testing.T, name, dir string) []string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(h.Name)), data, h.FileInfo().Mode()); err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
}
