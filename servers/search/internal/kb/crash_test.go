package kb_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/kb"
)

// TestKilled kills a process in the midst of indexing, again and again. The
// next one goes on from whatever is there, and in the end all is found.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("KB_TEST_INDEX"); dir != "" {
		child(dir, os.Getenv("KB_TEST_INDEXES"))
		return
	}
	dir, indexes := t.TempDir(), t.TempDir()
	const files = 400
	for i := range files {
		write(t, fmt.Sprintf("%s/%d/%d.md", dir, i%10, i), fmt.Sprintf("# Number %d\nword%d and some text that is the same.\n", i, i)+strings.Repeat("filler text ", 200))
	}
	for round := range 6 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "KB_TEST_INDEX="+dir, "KB_TEST_INDEXES="+indexes)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range round + 1 { // a line for each change of the index
			if !lines.Scan() {
				break
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	c := open(t, dir, indexes, nil)
	for i := range files {
		if got, want := search(t, c, kb.Query{Text: fmt.Sprintf("word%d", i), Most: 1}), fmt.Sprintf("%d/%d.md", i%10, i); got != want {
			t.Fatalf("word%d: got %q, want %q; %v", i, got, want, c.Status().Err)
		}
	}
	if s := c.Status(); s.Documents != files || s.Err != nil {
		t.Errorf("status %+v", s)
	}
}

// child indexes, changes, and indexes on, until it is killed.
func child(dir, indexes string) {
	root, err := guard.OpenRoot(dir)
	if err != nil {
		panic(err)
	}
	c := kb.Open(kb.Options{Name: "docs", Root: root, IndexDir: indexes})
	fmt.Fprintln(os.Stdout, "opened")
	_ = c.Ready(context.Background(), func(done, _ int64) { fmt.Fprintln(os.Stdout, done) })
	for {
		fmt.Fprintln(os.Stdout, "ready")
		_ = c.Reindex(context.Background())
	}
}
