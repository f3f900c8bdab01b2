//go:build unix

package guard_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
)

func owner(fi fs.FileInfo) string {
	st := fi.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d", st.Uid, st.Gid)
}

// Nothing here may block: a pipe without a writer would for ever.
func TestSpecialFiles(t *testing.T) {
	dir := tempDir(t)
	special := []string{"fifo", "socket", "link-fifo"}
	if err := syscall.Mkfifo(dir+"/fifo", 0o666); err != nil {
		t.Fatal(err)
	}
	link(t, "fifo", dir+"/link-fifo")
	l, err := net.Listen("unix", dir+"/socket")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if runtime.GOOS == "linux" && os.Getuid() == 0 {
		for name, minor := range map[string]int{"null": 3, "zero": 5} {
			if err := syscall.Mknod(dir+"/"+name, syscall.S_IFCHR|0o666, 1<<8|minor); err != nil {
				t.Logf("no devices can be made here: %v", err)
				continue
			}
			special = append(special, name)
		}
	}
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		g := open(t, impl(follow(dir)))
		for _, name := range special {
			path := dir + "/" + name
			if _, err := g.OpenFile(path); !errors.Is(err, guard.ErrNotRegular) {
				t.Errorf("OpenFile(%s) error %v, want ErrNotRegular", name, err)
			}
			if _, err := g.OpenDir(path); !errors.Is(err, guard.ErrNotDirectory) {
				t.Errorf("OpenDir(%s) error %v, want ErrNotDirectory", name, err)
			}
			if _, err := g.WriteFile(path, []byte("x"), guard.WriteOptions{}); !errors.Is(err, guard.ErrNotRegular) {
				t.Errorf("WriteFile(%s) error %v, want ErrNotRegular", name, err)
			}
			if _, err := g.Update(t.Context(), path, nil); !errors.Is(err, guard.ErrNotRegular) {
				t.Errorf("Update(%s) error %v, want ErrNotRegular", name, err)
			}
			if info, err := g.Stat(path); err != nil || info.IsRegular || info.IsDir {
				t.Errorf("Stat(%s) = %+v, %v", name, info, err)
			}
		}
	})
}

func TestOpenFaults(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		dir := tempDir(t)
		write(t, dir+"/file", "x")
		_, err := guard.Open(impl(follow(dir, dir+"/none", dir+"/file", "")))
		want := "allowed directory \"" + dir + "/none\": it does not exist\n" +
			"allowed directory \"" + dir + "/file\": it is not a directory\n" +
			"allowed directory \"\": the path is empty"
		if err == nil || err.Error() != want {
			t.Errorf("error:\n%v\nwant:\n%s", err, want)
		}
		if _, err := guard.Open(impl(guard.Options{})); err == nil {
			t.Error("no directories: no error")
		}
	})
}
