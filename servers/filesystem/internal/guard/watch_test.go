package guard_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
)

func TestWatch(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "a.txt")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	g, err := guard.Open(guard.Options{Roots: []guard.Root{{Path: root}}, FollowLinks: true})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	w := g.Watcher()
	defer w.Close()

	fileChanged, dirChanged := make(chan bool, 100), make(chan bool, 100)
	stopFile, err := w.Watch(file, func() { fileChanged <- true })
	if err != nil {
		t.Fatal(err)
	}
	stopDir, err := w.Watch(root, func() { dirChanged <- true })
	if err != nil {
		t.Fatal(err)
	}
	wait := func(what string, c chan bool) {
		t.Helper()
		select {
		case <-c:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: no word of the change", what)
		}
	}
	write("two")
	wait("a written file", fileChanged)
	wait("its directory", dirChanged)
	if _, err := g.WriteFile(file, []byte("three"), guard.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	wait("a replaced file", fileChanged)
	stopFile()
	stopFile()
	stopDir()
	if _, err := w.Watch(filepath.Join(root, "..", "other"), func() {}); err == nil {
		t.Error("a path outside can be watched")
	}
}
