//go:build unix

package filesystem_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// soon is a context that ends when a call should long have been answered.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// Nothing waits for a pipe, a socket or a device.
func TestSpecialFiles(t *testing.T) {
	w := newWorld(t)
	if err := syscall.Mkfifo(w.in+"/fifo", 0o666); err != nil {
		t.Skip(err)
	}
	link(t, "fifo", w.in+"/to-fifo")
	special := []string{"fifo", "to-fifo"}
	t.Chdir(w.in) // the name of a socket is short
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	special = append(special, "socket")
	if syscall.Mknod(w.in+"/zero", syscall.S_IFCHR|0o666, 1<<8|5) == nil {
		special = append(special, "zero")
	}
	c := serve(t, w.in)
	ctx := soon(t)
	var wg sync.WaitGroup
	for _, name := range special {
		for use, call := range uses(w, name) {
			wg.Go(func() {
				r := c.Call(call[0].(string), call[1])
				if use != "info" && !r.IsError {
					t.Errorf("%s %s: not refused: %s", use, name, r.Text())
				}
			})
		}
		wg.Go(func() {
			if text := works(t, c, "read_multiple_files", args{"paths": []string{name, "file"}}); !strings.Contains(text, "inside") {
				t.Errorf("several %s: %s", name, text)
			}
		})
		wg.Go(func() { c.Refused("resources/read", args{"uri": "file://" + w.in + "/" + name}) })
	}
	wg.Wait()
	if ctx.Err() != nil {
		t.Error("some call waited")
	}
	works(t, c, "list_directory", args{"path": w.in})
	works(t, c, "list_directory_with_sizes", args{"path": w.in})
	works(t, c, "directory_tree", args{"path": w.in})
	works(t, c, "search_files", args{"path": w.in, "pattern": "**/fifo"})
}

// Files that say they are empty, and links in /proc that are none.
func TestProc(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	c := serve(t, "/proc/self")
	for _, a := range []args{{"path": "status"}, {"path": "status", "head": 1}, {"path": "status", "startLine": 1, "endLine": 3}} {
		if text := works(t, c, "read_text_file", a); !strings.Contains(text, "Name:") {
			t.Errorf("%v: got %q", a, text)
		}
	}
	if text := works(t, c, "read_text_file", args{"path": "status", "tail": 2}); strings.Count(text, "\n") != 1 {
		t.Errorf("tail: got %q, want two lines", text)
	}
	if text := works(t, c, "read_multiple_files", args{"paths": []string{"status"}}); !strings.Contains(text, "Name:") {
		t.Errorf("several: got %q", text)
	}
	for _, path := range []string{"root/etc/passwd", "cwd", "exe", "fd/0", "mem", "task/self/root/etc"} {
		refused(t, c, "read_text_file", args{"path": path})
	}
	refused(t, c, "list_directory", args{"path": "root"})
}

// Patterns that are made to take for ever.
func TestExplodingPatterns(t *testing.T) {
	dir := tempDir(t)
	deep := dir
	for range 12 {
		deep += "/" + strings.Repeat("a", 200)
		if err := os.Mkdir(deep, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range "abcdefghij" {
		write(t, filepath.Join(dir, strings.Repeat("a", 254)+string(c)), "")
	}
	c := serve(t, dir)
	ctx := soon(t)
	for _, p := range []string{
		strings.Repeat("*a", 30) + "b", "**/" + strings.Repeat("*a", 30) + "*b", strings.Repeat("**/", 30) + "b", strings.Repeat("**/a*/", 15) + "b",
		strings.Repeat("{a,b}", 10), strings.Repeat("{*a,*b}", 10) + "c", "**/" + strings.Repeat("{*a,*b}", 10) + "/**/" + strings.Repeat("*a", 20) + "c", strings.Repeat("{*a}", 60) + "b", strings.Repeat("*", 1000),
		strings.Repeat("{a,", 500) + "b" + strings.Repeat("}", 500), strings.Repeat("{", 2000), "{" + strings.Repeat("a,", 2000) + "}",
		strings.Repeat("{a,b}", 11), strings.Repeat("{", 10) + "a,b" + strings.Repeat("}", 10), "+(a|aa)+b", "(a+)+$", strings.Repeat("[a-z]", 800),
		strings.Repeat("?", 4000), "[" + strings.Repeat("a-z", 1300) + "]", "@(a|@(a|@(a|b)))", strings.Repeat("a", 5000), strings.Repeat(`\`, 4001),
		"[[:alpha:]]*", "{{{{a,b},c},d},e}*{{{{a,b},c},d},e}*{{a,b},c}b",
	} {
		start := time.Now()
		text := c.Call("search_files", args{"path": dir, "pattern": p, "excludePatterns": []string{p, p}}).Text()
		if strings.Contains(text, "time") && strings.Contains(text, "limit") {
			t.Errorf("%.40q: %s", p, text)
		}
		c.Call("directory_tree", args{"path": dir, "excludePatterns": []string{p, p, p}})
		t.Logf("%8v %.40q: %.60q", time.Since(start).Round(time.Millisecond), p, text)
	}
	if ctx.Err() != nil {
		t.Error("the patterns took too long")
	}
}
