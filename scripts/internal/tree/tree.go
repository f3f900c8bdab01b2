// Package tree reads the workspace: where it starts, which modules it has, in
// what order they depend on each other, and which files belong to them.
package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Tree is a checkout of the repository.
type Tree struct {
	Root    string   // absolute
	Version string   // the one version of all modules, from go.work
	Modules []Module // those of go.work, each after the ones it requires
	Aside   []Module // modules that are in the tree but never published
	Files   []string // slash-separated, relative to Root, sorted
}

// Module is one go.mod and the directory it governs.
type Module struct {
	Dir  string // slash-separated, relative to the root
	Path string
	File *modfile.File
}

// Requires tells whether m names path among its requirements.
func (m Module) Requires(path string) bool {
	return slices.ContainsFunc(m.File.Require, func(r *modfile.Require) bool { return r.Mod.Path == path })
}

// Sums is the path of m's go.sum below root.
func (m Module) Sums(root string) string { return filepath.Join(root, m.Dir, "go.sum") }

// FindRoot returns the nearest directory at or above the current one that has a go.work.
func FindRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.work here or above")
		}
		dir = up
	}
}

// Open reads the tree that the current directory is in.
func Open() (*Tree, error) {
	root, err := FindRoot()
	if err != nil {
		return nil, err
	}
	t := &Tree{Root: root}
	if err := t.Relist(); err != nil {
		return nil, err
	}
	work, err := t.Work()
	if err != nil {
		return nil, err
	}
	for _, r := range work.Replace {
		if t.Version == "" {
			t.Version = r.Old.Version
		}
		if r.Old.Version == "" || r.Old.Version != t.Version {
			return nil, fmt.Errorf("go.work: %s is replaced at %q, others at %q", r.Old.Path, r.Old.Version, t.Version)
		}
	}
	var used []string
	for _, u := range work.Use {
		used = append(used, filepath.ToSlash(filepath.Clean(u.Path)))
	}
	var published []Module
	for _, f := range t.Files {
		dir, ok := strings.CutSuffix("./"+f, "/go.mod")
		if !ok {
			continue
		}
		m, err := readModule(root, filepath.ToSlash(filepath.Clean(dir)))
		if err != nil {
			return nil, err
		}
		if slices.Contains(used, m.Dir) {
			published = append(published, m)
		} else {
			t.Aside = append(t.Aside, m)
		}
	}
	if len(published) != len(used) {
		return nil, fmt.Errorf("go.work uses %d modules, the tree has %d of them", len(used), len(published))
	}
	t.Modules, err = inOrder(published)
	return t, err
}

// Work parses the tree's go.work.
func (t *Tree) Work() (*modfile.WorkFile, error) {
	data, err := os.ReadFile(filepath.Join(t.Root, "go.work"))
	if err != nil {
		return nil, err
	}
	return modfile.ParseWork("go.work", data, nil)
}

// Git runs git in the tree and returns what it prints; "" without a repository of the tree's own.
func (t *Tree) Git(args ...string) string {
	out, err := git(t.Root, args...)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}

func git(root string, args ...string) (string, error) {
	// Without its own .git the tree is an export, perhaps inside another repository.
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		return "", err
	}
	out, err := exec.Command("git", append([]string{"-C", root}, args...)...).Output()
	return string(out), err
}

// Relist reads anew which files the tree has: what git tracks or would offer
// to track, or everything when there is no git.
func (t *Tree) Relist() error {
	files, err := listFiles(t.Root)
	t.Files = files
	return err
}

func listFiles(root string) ([]string, error) {
	out, err := git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return walk(root)
	}
	var files []string
	for f := range strings.SplitSeq(out, "\x00") {
		// A deleted file stays in the index until the deletion is committed.
		if info, err := os.Lstat(filepath.Join(root, f)); err == nil && info.Mode().IsRegular() {
			files = append(files, f)
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

func walk(root string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() && (rel == ".git" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.Type().IsRegular() {
			files = append(files, filepath.ToSlash(rel))
		}
		return nil
	})
	slices.Sort(files)
	return files, err
}

func readModule(root, dir string) (Module, error) {
	name := filepath.Join(root, dir, "go.mod")
	data, err := os.ReadFile(name)
	if err != nil {
		return Module{}, err
	}
	f, err := modfile.Parse(name, data, nil)
	if err != nil {
		return Module{}, err
	}
	if len(f.Replace) > 0 {
		return Module{}, fmt.Errorf("%s/go.mod: go install refuses a module with a replace", dir)
	}
	return Module{Dir: dir, Path: f.Module.Mod.Path, File: f}, nil
}

// inOrder sorts modules so that each comes after those it requires.
func inOrder(modules []Module) ([]Module, error) {
	var sorted []Module
	for len(sorted) < len(modules) {
		before := len(sorted)
		for _, m := range modules {
			has := func(path string) bool {
				return slices.ContainsFunc(sorted, func(s Module) bool { return s.Path == path })
			}
			waits := func(s Module) bool { return m.Requires(s.Path) && !has(s.Path) }
			if !has(m.Path) && !slices.ContainsFunc(modules, waits) {
				sorted = append(sorted, m)
			}
		}
		if len(sorted) == before {
			return nil, errors.New("the modules of go.work require each other in a circle")
		}
	}
	return sorted, nil
}
