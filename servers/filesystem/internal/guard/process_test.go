//go:build unix

package guard_test

import (
	"bufio"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
)

// child returns the test binary as a process that does name.
func child(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestUpdateParallel(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		dir := tempDir(t)
		write(t, dir+"/count", "0")
		g := open(t, impl(follow(dir)))
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				for range 5 {
					if _, err := g.Update(t.Context(), dir+"/count", countUp); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if got := content(t, dir+"/count"); got != "200" {
			t.Errorf("count %s, want 200", got)
		}
		noStray(t, dir)
	})
}

func TestUpdateProcesses(t *testing.T) {
	for _, impl := range []string{"native", "portable"} {
		t.Run(impl, func(t *testing.T) {
			dir := tempDir(t)
			write(t, dir+"/count", "0")
			const processes, each = 5, 40
			var cmds []*exec.Cmd
			for range processes {
				cmd := child(t, "update", dir, impl, strconv.Itoa(each))
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				cmds = append(cmds, cmd)
			}
			for _, cmd := range cmds {
				if err := cmd.Wait(); err != nil {
					t.Error(err)
				}
			}
			if got, want := content(t, dir+"/count"), strconv.Itoa(processes*each); got != want {
				t.Errorf("count %s, want %s", got, want)
			}
			noStray(t, dir)
		})
	}
}

// A writer is killed at any moment, again and again.
func TestKill(t *testing.T) {
	for _, impl := range []string{"native", "portable"} {
		t.Run(impl, func(t *testing.T) {
			dir := tempDir(t)
			write(t, dir+"/file", killText(0))
			stray := 0
			for range 25 {
				killWriter(t, dir, impl)
				got := content(t, dir+"/file")
				if len(got) != len(killText(0)) || strings.Trim(got, got[:1]) != "" {
					t.Fatalf("half written: %d bytes, from %.10q to %.10q", len(got), got, got[max(0, len(got)-10):])
				}
				stray += len(list(t, dir)) - 1
			}
			t.Logf("names left behind for the next write to remove: %d", stray)
			o := follow(dir)
			if impl == "portable" {
				o = o.Portable()
			}
			if _, err := open(t, o).WriteFile(dir+"/other", nil, guard.WriteOptions{}); err != nil {
				t.Fatal(err)
			}
			noStray(t, dir)
		})
	}
}

func killWriter(t *testing.T, dir, impl string) {
	t.Helper()
	cmd := child(t, "write", dir, impl)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Error(err)
	}
	<-time.After(time.Duration(rand.IntN(5000)) * time.Microsecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // says that it was killed
}

// A name left behind by a killed process is removed, one in use is not.
func TestStaleNames(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems know stale names by the process that made them")
	}
	dir := tempDir(t)
	for _, name := range []string{".mcp-filesystem-0.tmp", ".mcp-filesystem-3.tmp"} {
		write(t, dir+"/"+name, "left behind")
	}
	link(t, "/etc/passwd", dir+"/.mcp-filesystem-1.tmp")
	write(t, dir+"/file", "old")
	g := open(t, follow(dir))
	if _, err := g.WriteFile(dir+"/file", []byte("new"), guard.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(list(t, dir), " "), ".mcp-filesystem-1.tmp file"; got != want {
		t.Errorf("directory holds %q, want %q: a link is not ours", got, want)
	}
}

func TestDiskFull(t *testing.T) {
	dir := tempDir(t)
	unmount, err := mountSmall(dir, 1<<20)
	if err != nil {
		t.Skipf("no small file system can be mounted here: %v", err)
	}
	defer unmount()
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		g := open(t, impl(follow(dir)))
		if _, err := g.WriteFile(dir+"/file", []byte("old"), guard.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		big := make([]byte, 2<<20)
		for _, name := range []string{"file", "new"} {
			_, err := g.WriteFile(dir+"/"+name, big, guard.WriteOptions{})
			if !errors.Is(err, guard.ErrNoSpace) {
				t.Errorf("%s: error %v, want ErrNoSpace", name, err)
			}
		}
		_, err := g.Update(t.Context(), dir+"/file", func([]byte, guard.Info) ([]byte, error) { return big, nil })
		if !errors.Is(err, guard.ErrNoSpace) {
			t.Errorf("Update error %v, want ErrNoSpace", err)
		}
		if got := content(t, dir+"/file"); got != "old" {
			t.Errorf("file holds %d bytes, want the old content", len(got))
		}
		if got := list(t, dir); len(got) != 1 {
			t.Errorf("directory holds %q", got)
		}
	})
	t.Run("move across", func(t *testing.T) { moveAcross(t, dir) })
}

func moveAcross(t *testing.T, small string) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		dir := tempDir(t)
		g := open(t, impl(follow(dir, small)))
		write(t, dir+"/file", "text")
		old := time.Now().Add(-time.Hour).Truncate(time.Second)
		if err := errors.Join(os.Chtimes(dir+"/file", old, old), os.Chmod(dir+"/file", 0o640)); err != nil {
			t.Fatal(err)
		}
		write(t, dir+"/d/x", "x")
		write(t, dir+"/big", strings.Repeat("x", 2<<20))
		if err := g.Move(dir+"/file", small+"/moved"); err != nil {
			t.Fatal(err)
		}
		if got := content(t, small+"/moved"); got != "text" {
			t.Errorf("moved file holds %q", got)
		}
		if fi, err := os.Stat(small + "/moved"); err != nil || !fi.ModTime().Equal(old) || fi.Mode().Perm() != 0o640 {
			t.Errorf("moved file: %v, %v; want its old time and mode", fi, err)
		}
		if _, err := os.Stat(dir + "/file"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("source: %v", err)
		}
		if err := g.Move(dir+"/d", small+"/d"); !errors.Is(err, guard.ErrCrossDevice) {
			t.Errorf("directory: error %v, want ErrCrossDevice", err)
		}
		if err := g.Move(dir+"/big", small+"/big"); !errors.Is(err, guard.ErrNoSpace) {
			t.Errorf("too big: error %v, want ErrNoSpace", err)
		}
		if _, err := os.Stat(dir + "/big"); err != nil {
			t.Errorf("source is gone: %v", err)
		}
		if err := os.Remove(small + "/moved"); err != nil {
			t.Error(err)
		}
		noStray(t, small)
	})
}

func TestPermissionDenied(t *testing.T) {
	dir := tempDir(t)
	for _, name := range []string{"secret", "closed/file", "fixed/file"} {
		write(t, dir+"/"+name, "x")
	}
	for name, mode := range map[string]fs.FileMode{"secret": 0o400, "closed": 0o700, "fixed": 0o755} {
		if err := os.Chmod(dir+"/"+name, mode); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("only root can become somebody else here")
	}
	// The others on the way down have to let the child through.
	for d := dir; d != os.TempDir() && d != "/"; d = d[:strings.LastIndex(d, "/")] {
		if err := os.Chmod(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, impl := range []string{"native", "portable"} {
		cmd := child(t, "denied", dir, impl)
		cmd.Path = publicCopy(t, cmd.Path)
		if err := become(cmd, 65534); err != nil {
			t.Skip(err)
		}
		if err := cmd.Run(); err != nil {
			t.Errorf("%s: %v", impl, err)
		}
	}
}

// publicCopy copies a program to where everybody can run it.
func publicCopy(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "guard")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	to := dir + "/test"
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(to, data, 0o755), os.Chmod(to, 0o755)); err != nil {
		t.Fatal(err)
	}
	return to
}
