package repo

import (
	"path"
	"strings"
	"testing"
)

func TestNoReplace(t *testing.T) {
	for _, m := range modules(t) {
		for _, r := range m.Replace {
			t.Errorf("%s/go.mod replaces %s: go install refuses such a module", m.dir, r.Old.Path)
		}
	}
}

func TestOneGoLine(t *testing.T) {
	want := readWorkspace(t).Go
	for _, m := range modules(t) {
		if m.Go != want {
			t.Errorf("%s/go.mod: go %s, want %s as in go.work", m.dir, m.Go, want)
		}
	}
}

func TestModulePaths(t *testing.T) {
	for _, m := range modules(t) {
		if want := path.Join(modulePath, m.dir); m.Module.Path != want {
			t.Errorf("%s/go.mod: module %s, want %s", m.dir, m.Module.Path, want)
		}
	}
}

// A module without a LICENSE of its own gets the repository's when it is
// published, and then no longer has the checksum it had here.
func TestOwnLicense(t *testing.T) {
	w := readWorkspace(t)
	want := read(t, "LICENSE")
	for _, m := range modules(t) {
		if w.uses(m.dir) && read(t, path.Join(m.dir, "LICENSE")) != want {
			t.Errorf("%s/LICENSE differs from the one at the top", m.dir)
		}
	}
}

// Without a versioned replace the tree builds only where that version happens
// to be in the module cache.
func TestWorkspaceVersions(t *testing.T) {
	w := readWorkspace(t)
	replaced := map[string]string{}
	one := ""
	for _, r := range w.Replace {
		if r.Old.Version == "" {
			t.Errorf("go.work: the replace of %s has no version", r.Old.Path)
		}
		if one == "" {
			one = r.Old.Version
		}
		if r.Old.Version != one {
			t.Errorf("go.work: %s at %s, others at %s", r.Old.Path, r.Old.Version, one)
		}
		if want := "./" + strings.TrimPrefix(r.Old.Path, modulePath+"/"); r.New.Path != want {
			t.Errorf("go.work: %s is replaced by %s, want %s", r.Old.Path, r.New.Path, want)
		}
		replaced[r.Old.Path] = r.Old.Version
	}
	for _, m := range modules(t) {
		if w.uses(m.dir) && m.dir != "." && replaced[m.Module.Path] == "" {
			t.Errorf("go.work: no replace for %s", m.Module.Path)
		}
		for _, r := range m.Require {
			if strings.HasPrefix(r.Path, modulePath) && r.Version != replaced[r.Path] {
				t.Errorf("%s/go.mod requires %s %s, go.work has %q", m.dir, r.Path, r.Version, replaced[r.Path])
			}
		}
	}
	for _, u := range w.Use {
		if dir := path.Clean(u.DiskPath); dir != "." && dir != "shared/mcpcore" && path.Dir(dir) != "shared/mcpcore" && path.Dir(dir) != "servers" {
			t.Errorf("go.work uses %s, which is neither mcpcore, nor an extension of it, nor a server", dir)
		}
	}
}

func TestTidy(t *testing.T) {
	if testing.Short() {
		t.Skip("resolves every module")
	}
	t.Parallel()
	run(t, root, scriptsEnv, "go", "-C", "scripts", "run", "./tidy", "-check")
}
