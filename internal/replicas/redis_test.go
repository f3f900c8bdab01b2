//go:build unix

package replicas

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/internal/debian"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/redis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

const password = "a password of tests"

var key = bytes.Repeat([]byte{1, 2}, 16)

// redisServer is Debian's, with nothing in it.
type redisServer struct {
	t    *testing.T
	root debian.Root
	port int
	cmd  *exec.Cmd
	dir  string
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	r := &redisServer{t: t, root: debian.Packages(t, "redis-server", "nginx", "haproxy"), port: freePort(t), dir: t.TempDir()}
	r.start()
	t.Cleanup(r.kill)
	return r
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// start starts it and waits until it answers.
func (r *redisServer) start() {
	r.t.Helper()
	cmd, err := r.root.Command(context.Background(), "usr/bin/redis-server", "-")
	if err != nil {
		r.t.Fatal(err)
	}
	cmd.Stdin = strings.NewReader(fmt.Sprintf("bind 127.0.0.1\nport %d\nsave \"\"\nappendonly no\ndir %s\nrequirepass \"%s\"\n", r.port, r.dir, password))
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	ready := make(chan bool, 1)
	go func() {
		var all []byte
		buf := make([]byte, 4096)
		for {
			n, err := out.Read(buf)
			all = append(all, buf[:n]...)
			if bytes.Contains(all, []byte("Ready to accept connections")) || err != nil {
				select {
				case ready <- err == nil:
				default:
				}
			}
			if err != nil {
				return
			}
		}
	}()
	r.cmd = cmd
	select {
	case ok := <-ready:
		if !ok {
			r.t.Fatal("Redis does not start")
		}
	case <-time.After(patience):
		r.t.Fatal("Redis does not get ready")
	}
}

func (r *redisServer) kill() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait() // was killed
		r.cmd = nil
	}
}

// stall has it answer nothing, and go lets it go on.
func (r *redisServer) stall() { _ = r.cmd.Process.Signal(syscall.SIGSTOP) }
func (r *redisServer) goOn()  { _ = r.cmd.Process.Signal(syscall.SIGCONT) }

func (r *redisServer) url() string {
	return "redis://:" + strings.ReplaceAll(password, " ", "%20") + "@127.0.0.1:" + strconv.Itoa(r.port)
}

// cli runs a command of Redis and returns what it says.
func (r *redisServer) cli(args ...string) string {
	r.t.Helper()
	cmd, err := r.root.Command(r.t.Context(), "usr/bin/redis-cli", append([]string{"-p", strconv.Itoa(r.port), "--no-auth-warning", "-a", password}, args...)...)
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("redis-cli %v: %v %s", args, err, out)
	}
	return string(out)
}

func (r *redisServer) open(keys ...[]byte) *redis.Store {
	r.t.Helper()
	s, err := redis.Open(redis.Config{URL: r.url(), Prefix: "test", Keys: keys, TaskBytes: 1 << 20})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			r.t.Error(err)
		}
	})
	return s
}
