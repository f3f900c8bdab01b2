package repo

import (
	"debug/elf"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The container file's own command builds each server, as a binary that needs
// nothing beside it, which is all that a container from scratch has.
func TestContainerFile(t *testing.T) {
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("builds every server, as a container for Linux does")
	}
	t.Parallel()
	text := read(t, "deploy/container/Containerfile")
	_, rest, _ := strings.Cut(text, "\nRUN ")
	command, _, _ := strings.Cut(rest, "\n")
	if !strings.HasPrefix(command, "go build ") || !strings.Contains(text, "\nUSER 65532:65532\n") || !strings.Contains(text, "\nFROM scratch\n") {
		t.Fatalf("the container file is not as expected: %q", command)
	}
	_, rest, _ = strings.Cut(text, "\nENV ")
	settings, _, _ := strings.Cut(rest, "\n")
	for _, b := range binaries() {
		exe := filepath.Join(t.TempDir(), "mcp")
		env := append(strings.Fields(settings), "SERVER="+b.server, "VERSION=v9.8.7", "COMMIT=0123456")
		run(t, root, env, "sh", "-c", strings.Replace(command, "/out/mcp", exe, 1))
		f, err := elf.Open(exe)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range f.Progs {
			if p.Type == elf.PT_INTERP {
				t.Errorf("%s needs libraries", b.name)
			}
		}
		f.Close()
		out, err := exec.CommandContext(t.Context(), exe, "version").Output()
		if err != nil || !strings.Contains(string(out), "v9.8.7 (commit 0123456)") {
			t.Errorf("%s says %s (%v)", b.name, out, err)
		}
	}
}
