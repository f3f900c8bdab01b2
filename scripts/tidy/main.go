// Command tidy runs "go mod tidy" in every module of the tree, those of
// go.work in the order core, servers, root.
//
// How the checksums of sibling modules are kept: a go.sum holds none in daily
// work, since every edit of mcpcore would change those of all its users. The
// workspace needs none (go.work replaces each sibling by its directory), and
// neither does "go install module@version", which reads no go.sum at all. Only
// building a tagged checkout with GOWORK=off does, so "tidy -stamp vX.Y.Z", run
// for the release commit, writes the version and these checksums everywhere,
// and the first plain tidy after it takes them out again.
//
// A module is tidied through a throw-away copy of its go.mod that points at the
// siblings' directories, so that unpublished siblings resolve, the module cache
// never holds a stale one, and no go.mod of the tree ever has a replace.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"github.com/mcp-toolbelt/toolbelt/scripts/internal/tree"
)

func main() {
	check := flag.Bool("check", false, "change nothing; fail if a go.mod or go.sum is not tidy")
	stamp := flag.String("stamp", "", "also set this version everywhere and write the siblings' checksums")
	flag.Parse()
	if flag.NArg() > 0 || *check && *stamp != "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*check, *stamp); err != nil {
		fmt.Fprintln(os.Stderr, "tidy:", err)
		os.Exit(1)
	}
}

func run(check bool, stamp string) error {
	t, err := tree.Open()
	if err != nil {
		return err
	}
	if stamp != "" {
		// A requirement that is yet to be found would upset the order of the modules.
		if err := run(true, ""); err != nil {
			return err
		}
		if t, err = setVersion(t, stamp); err != nil {
			return err
		}
	}
	var untidy []string
	for _, m := range slices.Concat(t.Modules, t.Aside) {
		want, err := tidied(t, m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.Dir, err)
		}
		if stamp != "" {
			// A module's zip holds its go.sum, so those it requires are on disk by now.
			if want.sum, err = withSiblings(t, m, want.sum); err != nil {
				return err
			}
		}
		changed, err := want.apply(t, m, check)
		if err != nil {
			return err
		}
		untidy = append(untidy, changed...)
		if err := t.Relist(); err != nil { // a first go.sum belongs to the zip, too
			return err
		}
	}
	if !check {
		return workSums(t)
	}
	if len(untidy) > 0 {
		return fmt.Errorf("not tidy: %s (run make tidy)", strings.Join(untidy, ", "))
	}
	return nil
}

// setVersion writes version into go.work and every require of a sibling.
func setVersion(t *tree.Tree, version string) (*tree.Tree, error) {
	if semver.Canonical(version) != version {
		return nil, fmt.Errorf("%q is not a version like v1.2.3", version)
	}
	name := filepath.Join(t.Root, "go.work")
	work, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	// As text, since modfile would take the block of replaces and its comment apart.
	work = bytes.ReplaceAll(work, []byte(" "+t.Version+" =>"), []byte(" "+version+" =>"))
	for _, m := range t.Modules {
		mod, err := t.At(m, version)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(t.Root, m.Dir, "go.mod"), mod, 0o644); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(name, work, 0o644); err != nil {
		return nil, err
	}
	return tree.Open()
}

// files is what a module's go.mod and go.sum should hold.
type files struct{ mod, sum []byte }

func tidied(t *tree.Tree, m tree.Module) (files, error) {
	tmp, err := os.MkdirTemp("", "tidy")
	if err != nil {
		return files{}, err
	}
	defer os.RemoveAll(tmp)
	mod, sum := filepath.Join(tmp, "go.mod"), filepath.Join(tmp, "go.sum")

	data, err := os.ReadFile(filepath.Join(t.Root, m.Dir, "go.mod"))
	if err != nil {
		return files{}, err
	}
	f, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		return files{}, err
	}
	for _, s := range t.Modules {
		if s.Path == m.Path {
			continue
		}
		if err := f.AddReplace(s.Path, t.Version, filepath.Join(t.Root, s.Dir), ""); err != nil {
			return files{}, err
		}
	}
	if err := writeModule(mod, f); err != nil {
		return files{}, err
	}
	old, err := readSums(t, m)
	if err != nil {
		return files{}, err
	}
	if err := os.WriteFile(sum, old, 0o644); err != nil {
		return files{}, err
	}
	cmd := exec.Command("go", "mod", "tidy", "-modfile="+mod)
	cmd.Dir = filepath.Join(t.Root, m.Dir)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return files{}, fmt.Errorf("go mod tidy: %w\n%s", err, out)
	}
	return readTidied(mod, sum)
}

func writeModule(name string, f *modfile.File) error {
	f.Cleanup()
	data, err := f.Format()
	if err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}

// readTidied takes the replaces out of what go mod tidy wrote.
func readTidied(mod, sum string) (files, error) {
	data, err := os.ReadFile(mod)
	if err != nil {
		return files{}, err
	}
	f, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		return files{}, err
	}
	for _, r := range slices.Clone(f.Replace) {
		if err := f.DropReplace(r.Old.Path, r.Old.Version); err != nil {
			return files{}, err
		}
	}
	if err := writeModule(mod, f); err != nil {
		return files{}, err
	}
	var got files
	if got.mod, err = os.ReadFile(mod); err != nil {
		return files{}, err
	}
	got.sum, err = os.ReadFile(sum)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return got, err
}

// apply writes what differs, or with check only names it.
func (want files) apply(t *tree.Tree, m tree.Module, check bool) ([]string, error) {
	var changed []string
	for name, data := range map[string][]byte{"go.mod": want.mod, "go.sum": want.sum} {
		full := filepath.Join(t.Root, m.Dir, name)
		have, err := os.ReadFile(full)
		if check && name == "go.sum" {
			have, err = readSums(t, m) // a release commit holds the siblings' too
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if bytes.Equal(have, data) {
			continue
		}
		changed = append(changed, filepath.ToSlash(filepath.Join(m.Dir, name)))
		if check {
			continue
		}
		if len(data) == 0 {
			err = os.Remove(full)
		} else {
			err = os.WriteFile(full, data, 0o644)
		}
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(changed)
	return changed, nil
}
