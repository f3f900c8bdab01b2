package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"

	"github.com/mcp-toolbelt/toolbelt/scripts/internal/tree"
)

// workSums writes go.work.sum anew: what the union of all modules selects and no
// go.sum has. Any go command adds to it what is missing, but none takes away.
func workSums(t *tree.Tree) error {
	if err := os.Remove(filepath.Join(t.Root, "go.work.sum")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	cmd := exec.Command("go", "list", "-e", "-deps", "-test", "work")
	cmd.Dir = t.Root
	cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(t.Root, "go.work"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go list: %w\n%s", err, out)
	}
	return nil
}

// readSums returns m's go.sum without the lines of its siblings.
func readSums(t *tree.Tree, m tree.Module) ([]byte, error) {
	data, err := os.ReadFile(m.Sums(t.Root))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var kept []byte
	for line := range bytes.Lines(data) {
		path, _, _ := bytes.Cut(line, []byte(" "))
		if !slices.ContainsFunc(t.Modules, func(s tree.Module) bool { return s.Path == string(path) }) {
			kept = append(kept, line...)
		}
	}
	return kept, err
}

// withSiblings adds the checksums of the siblings that m requires.
func withSiblings(t *tree.Tree, m tree.Module, sum []byte) ([]byte, error) {
	versions := map[module.Version]string{}
	for line := range strings.Lines(string(sum)) {
		if f := strings.Fields(line); len(f) == 3 {
			versions[module.Version{Path: f[0], Version: f[1]}] = f[2]
		}
	}
	for _, s := range t.Modules {
		if !m.Requires(s.Path) {
			continue
		}
		zip, mod, err := hashes(t, s)
		if err != nil {
			return nil, err
		}
		versions[module.Version{Path: s.Path, Version: t.Version}] = zip
		versions[module.Version{Path: s.Path, Version: t.Version + "/go.mod"}] = mod
	}
	keys := make([]module.Version, 0, len(versions))
	for k := range versions {
		keys = append(keys, k)
	}
	module.Sort(keys)
	var out []byte
	for _, k := range keys {
		out = fmt.Appendf(out, "%s %s %s\n", k.Path, k.Version, versions[k])
	}
	return out, nil
}

// hashes returns the checksums of s's zip and go.mod, as they are on disk.
func hashes(t *tree.Tree, s tree.Module) (zip, mod string, err error) {
	tmp, err := os.CreateTemp("", "module-*.zip")
	if err != nil {
		return "", "", err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	if err := t.Zip(tmp, s, t.Version); err != nil {
		return "", "", err
	}
	if zip, err = dirhash.HashZip(tmp.Name(), dirhash.Hash1); err != nil {
		return "", "", err
	}
	mod, err = dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return os.Open(filepath.Join(t.Root, s.Dir, "go.mod"))
	})
	return zip, mod, err
}
