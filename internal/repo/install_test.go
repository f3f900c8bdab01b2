package repo

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInstall does what users will do once a version is published: the tree is
// stamped as for a release, put on a module proxy, and installed from there with
// an empty module cache and no sight of the workspace.
func TestInstall(t *testing.T) {
	if testing.Short() {
		t.Skip("builds every server")
	}
	t.Parallel()
	version := treeVersion(t)
	scripts, tmp := buildScripts(t), t.TempDir()
	tree, proxy := export(t, filepath.Join(tmp, "tree")), filepath.Join(tmp, "proxy")
	run(t, tree, nil, filepath.Join(scripts, "tidy"), "-stamp", version)
	run(t, tree, nil, filepath.Join(scripts, "modproxy"), "-out", proxy)

	configured := run(t, root, nil, "go", "env", "GOPROXY")
	cache := run(t, root, nil, "go", "env", "GOMODCACHE")
	env := []string{
		"GOWORK=off",
		"GOMODCACHE=" + filepath.Join(tmp, "mod"), // a used one may hold an older copy of this version
		"GOBIN=" + filepath.Join(tmp, "bin"),
		"GOFLAGS=-modcacherw -trimpath -buildvcs=false",
		// A module cache is a proxy, too: what it has need not be fetched again.
		"GOPROXY=" + strings.Join([]string{fileURL(proxy), fileURL(filepath.Join(cache, "cache", "download")), configured}, ","),
		"GONOSUMDB=*", // GOPRIVATE would bypass the proxy
	}
	empty := t.TempDir()
	if len(binaries()) == 0 {
		t.Error("no server has a binary")
	}
	for _, b := range binaries() {
		t.Run(b.name, func(t *testing.T) {
			run(t, empty, env, "go", "install", b.pkg+"@"+version)
			exe := filepath.Join(tmp, "bin", b.name)
			if found, err := exec.LookPath(exe); err == nil {
				exe = found // has .exe on Windows
			}
			checkVersion(t, exe, version)
		})
	}
	// A checkout of the tag has to build without the workspace, which is the one
	// time that the siblings' checksums in go.sum are compared with their zips.
	for _, m := range modules(t) {
		if readWorkspace(t).uses(m.dir) {
			t.Run("checkout of "+m.dir, func(t *testing.T) {
				run(t, filepath.Join(tree, m.dir), env, "go", "vet", "-mod=readonly", "./...")
			})
		}
	}
}

func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	return "file://" + path
}
