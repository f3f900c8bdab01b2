package guard_test

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
)

// mountSmall mounts a file system of a few bytes at dir.
func mountSmall(dir string, size int) (unmount func(), err error) {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+strconv.Itoa(size)); err != nil {
		return nil, err
	}
	return func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }, nil
}

// become makes cmd run as another user.
func become(cmd *exec.Cmd, id uint32) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
	return nil
}

func TestLandlock(t *testing.T) {
	if abi, err := ll.LandlockGetABIVersion(); err != nil || abi < 3 {
		t.Skipf("landlock %d here: %v", abi, err)
	}
	dir := tempDir(t)
	for _, name := range []string{"rw/file", "ro/file", "out/file", "extra"} {
		write(t, dir+"/"+name, "x")
	}
	out, err := child(t, "landlock", dir).Output()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestWriteKeepsAttributes(t *testing.T) {
	dir := tempDir(t)
	path := dir + "/file"
	write(t, path, "old")
	if err := unix.Setxattr(path, "user.note", []byte("kept"), 0); err != nil {
		t.Skipf("no user attributes here: %v", err)
	}
	g := open(t, follow(dir))
	if _, err := g.WriteFile(path, []byte("new"), guard.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 16)
	n, err := unix.Getxattr(path, "user.note", buf)
	if err != nil || string(buf[:n]) != "kept" {
		t.Errorf("attribute %q, %v", buf[:max(n, 0)], err)
	}
}

func TestLockedByAnother(t *testing.T) {
	dir := tempDir(t)
	write(t, dir+"/file", "0")
	fd, err := unix.Open(dir+"/file", unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(fd, unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	g := open(t, follow(dir))
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := g.Update(short, dir+"/file", countUp); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v while another has the lock, want the deadline", err)
	}
	if err := unix.Close(fd); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Update(t.Context(), dir+"/file", countUp); err != nil {
		t.Error(err)
	}
	if got := content(t, dir+"/file"); got != "1" {
		t.Errorf("file holds %q, want 1", got)
	}
}

// A read-only directory stays so under a second mount of it.
func TestReadOnlyByIdentity(t *testing.T) {
	dir := tempDir(t)
	write(t, dir+"/ro/file", "old")
	write(t, dir+"/again/x", "x")
	if err := unix.Mount(dir+"/ro", dir+"/again", "", unix.MS_BIND, ""); err != nil {
		t.Skipf("nothing can be mounted here: %v", err)
	}
	defer func() { _ = unix.Unmount(dir+"/again", unix.MNT_DETACH) }()
	o := follow(dir, dir+"/ro")
	o.Roots[1].ReadOnly = true
	g := open(t, o)
	if _, err := g.WriteFile(dir+"/again/file", []byte("new"), guard.WriteOptions{}); !errors.Is(err, guard.ErrReadOnly) {
		t.Errorf("error %v, want ErrReadOnly", err)
	}
	if err := g.Mkdir(dir + "/again/d"); !errors.Is(err, guard.ErrReadOnly) {
		t.Errorf("Mkdir error %v, want ErrReadOnly", err)
	}
}
