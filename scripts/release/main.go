// Command release builds every server for every platform, reproducibly: the
// same commit and Go version give the same bytes on any machine, in any
// directory. It writes one archive per server and platform, and SHA256SUMS.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/scripts/internal/tree"
)

const platforms = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64"

// stamped is the package whose buildVersion and buildCommit the linker sets.
const stamped = "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

// release is what every archive of one run has in common.
type release struct {
	tree            *tree.Tree
	out             string
	version, commit string
	time            time.Time // of every file in an archive
}

func main() {
	out := flag.String("out", "dist", "directory to write, relative to the root of the tree")
	version := flag.String("version", "", "version to stamp (default: from git)")
	commit := flag.String("commit", "", "commit to stamp (default: from git)")
	only := flag.String("platforms", platforms, "GOOS/GOARCH, comma-separated")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*out, *version, *commit, strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(out, version, commit string, platforms []string) error {
	r, err := prepare(out, version, commit)
	if err != nil {
		return err
	}
	mains, err := filepath.Glob(filepath.Join(r.tree.Root, "servers/*/cmd/mcp-*/main.go"))
	if err != nil {
		return err
	}
	if len(mains) == 0 {
		return fmt.Errorf("no server has a cmd/mcp-*/main.go")
	}
	for _, main := range mains {
		for _, p := range platforms {
			name, err := r.build(filepath.Dir(main), p)
			if err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			fmt.Println(name)
		}
	}
	return writeSums(r.out)
}

// prepare settles what is stamped, and empties the output directory.
func prepare(out, version, commit string) (*release, error) {
	t, err := tree.Open()
	if err != nil {
		return nil, err
	}
	if version == "" {
		version = t.Git("describe", "--tags", "--match=v[0-9]*", "--dirty")
	}
	if commit == "" {
		commit = t.Git("rev-parse", "HEAD")
	}
	if version == "" { // no tag yet, or no git
		version = t.Version + "-dev"
		if id := t.Git("describe", "--always", "--exclude=*", "--abbrev=12", "--dirty"); id != "" {
			version += "+" + id
		}
	}
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		epoch = t.Git("log", "-1", "--format=%ct")
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("time of the commit: %w (without git, set SOURCE_DATE_EPOCH)", err)
	}
	if !filepath.IsAbs(out) {
		out = filepath.Join(t.Root, out)
	}
	// Only archives of an earlier run are removed: -out may point anywhere.
	old, err := filepath.Glob(filepath.Join(out, "mcp-*"))
	if err != nil {
		return nil, err
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			return nil, err
		}
	}
	return &release{tree: t, out: out, version: version, commit: commit, time: time.Unix(seconds, 0).UTC()},
		os.MkdirAll(out, 0o755)
}

// build compiles the server in dir for a platform and packs it; it returns the archive's name.
func (r *release) build(dir, platform string) (string, error) {
	goos, goarch, ok := strings.Cut(platform, "/")
	if !ok {
		return "", fmt.Errorf("not GOOS/GOARCH")
	}
	tmp, err := os.MkdirTemp("", "release")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	name := filepath.Base(dir)
	binary := name
	if goos == "windows" {
		binary += ".exe"
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", fmt.Sprintf("-s -w -X %[1]s.buildVersion=%[2]s -X %[1]s.buildCommit=%[3]s", stamped, r.version, r.commit),
		"-o", filepath.Join(tmp, binary), ".")
	cmd.Dir = dir
	// Whatever else the environment says about building would show in the bytes.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOAMD64=v1", "GOARM64=v8.0",
		"GOFLAGS=-mod=readonly", "GOFIPS140=off", "GOWORK="+filepath.Join(r.tree.Root, "go.work"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	server := filepath.Dir(filepath.Dir(dir))
	entries := []entry{ // sorted by name
		{"LICENSE", filepath.Join(server, "LICENSE"), 0o644},
		{"README.md", filepath.Join(server, "README.md"), 0o644},
		{binary, filepath.Join(tmp, binary), 0o755},
	}
	base := fmt.Sprintf("%s_%s_%s_%s", name, strings.TrimPrefix(r.version, "v"), goos, goarch)
	pack, ext := packTar, ".tar.gz"
	if goos == "windows" {
		pack, ext = packZip, ".zip"
	}
	return base + ext, writeFile(filepath.Join(r.out, base+ext), entries, r.time, pack)
}
