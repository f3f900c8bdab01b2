//go:build unix

package private

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
)

// fast is the signal by which PostgreSQL ends without waiting for its clients.
const fast = syscall.SIGINT

var places = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin",
	"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/opt/homebrew/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// other is who the server runs as, and gives dir to that user: PostgreSQL
// refuses to run as root.
func other(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{}
	endWithParent(attr)
	if os.Getuid() != 0 {
		return attr, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 != nil || err2 != nil {
			continue
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			return nil, fmt.Errorf("a directory for the user %s: %w", name, err)
		}
		return attr, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody; run this as another user")
}

// launch starts the server, on a thread that lives as long: its end would be
// taken for the end of the parent.
func launch(cmd *exec.Cmd, done chan struct{}) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
			close(done)
		}
	}()
	return <-started
}
