// Package private starts a PostgreSQL of one's own: in a temporary directory,
// reached by a socket that nobody else can open, never as root, and gone with
// the process. Demonstrations and tests use it.
package private

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrNotInstalled is wrapped where no PostgreSQL was found.
var ErrNotInstalled = errors.New("no PostgreSQL is installed here")

// Options say how to start one. The zero value is fine.
type Options struct {
	SQL      string   // statements to begin with, each ending in ";" before an empty line
	Settings []string // such as "shared_preload_libraries=pg_stat_statements"
	TCP      bool     // listen on a port of 127.0.0.1 too
	Standby  bool     // stay in recovery, as a standby whose primary says nothing
	Of       *Server  // be its standby, by streaming replication; SQL is left out
}

// Server is a PostgreSQL that runs.
type Server struct {
	dir  string
	bin  string
	port int
	args []string // of the server
	cmd  *exec.Cmd
	done chan struct{}
	stop sync.Once
}

// Start makes a database cluster, and starts a server on it. Its superuser is
// postgres, and its database postgres as well.
func Start(ctx context.Context, o Options) (*Server, error) {
	bin, err := Find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mcp-pg-") // short: the path of a socket has at most 107 bytes
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin, port: usualPort}
	if err := s.start(ctx, o); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Command is a command that runs as the server does: in its directory, and never
// as root. A program without a path is one of PostgreSQL's.
func (s *Server) Command(ctx context.Context, program string, args ...string) (*exec.Cmd, error) {
	who, err := other(s.dir)
	if err != nil {
		return nil, err
	}
	if filepath.Base(program) == program {
		program = filepath.Join(s.bin, program)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, who
	cmd.Env = []string{"LC_ALL=C.UTF-8", "TZ=UTC", "PATH=" + s.bin, "HOME=" + s.dir}
	return cmd, nil
}

// run runs a command to its end.
func (s *Server) run(ctx context.Context, in, program string, args ...string) error {
	cmd, err := s.Command(ctx, program, args...)
	if err != nil {
		return err
	}
	return run(cmd, in)
}

// prepare makes the files of the cluster.
func (s *Server) prepare(ctx context.Context, o Options) error {
	data := filepath.Join(s.dir, "data")
	if o.Of != nil {
		if _, err := os.Stat(filepath.Join(s.bin, "pg_basebackup")); err != nil {
			return fmt.Errorf("a standby: %w with pg_basebackup", ErrNotInstalled)
		}
		return s.run(ctx, "", "pg_basebackup", "-D", data, "-h", o.Of.dir, "-p", strconv.Itoa(o.Of.port), "-U", "postgres", "-X", "stream", "-c", "fast", "-R", "--no-sync")
	}
	if err := s.run(ctx, "", "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"); err != nil || o.SQL == "" {
		return err
	}
	return s.run(ctx, o.SQL, "postgres", "--single", "-j", "-D", data, "-c", "fsync=off", "postgres")
}

func (s *Server) start(ctx context.Context, o Options) error {
	if err := s.prepare(ctx, o); err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	if o.Standby {
		if err := os.WriteFile(filepath.Join(data, "standby.signal"), nil, 0o644); err != nil {
			return err
		}
		o.Settings = append([]string{"max_connections=100"}, o.Settings...) // no fewer than the cluster was made with
	}
	listen := ""
	if o.TCP {
		listen = "127.0.0.1"
		var err error
		if s.port, err = freePort(); err != nil {
			return err
		}
	}
	s.args = []string{"-D", data, "-k", s.dir, "-p", strconv.Itoa(s.port), "-c", "listen_addresses=" + listen, "-c", "unix_socket_permissions=0700", "-c", "fsync=off", "-c", "max_connections=50"}
	for _, setting := range o.Settings {
		s.args = append(s.args, "-c", setting)
	}
	return s.launch(ctx)
}

// launch starts the server on files that are there.
func (s *Server) launch(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx) // Stop ends it
	var log bytes.Buffer
	cmd, err := s.Command(ctx, "postgres", s.args...)
	if err != nil {
		return err
	}
	cmd.Stderr = &log
	s.done = make(chan struct{})
	if err := launch(cmd, s.done); err != nil {
		return err
	}
	s.cmd = cmd
	if err := s.await(ctx); err != nil {
		s.Stop()
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(log.String()))
	}
	return nil
}

// Kill ends the server as a fault would: at once, and without a word.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // or it has ended
	<-s.done
}

// Restart ends the server, with all connections, and starts it again.
func (s *Server) Restart(ctx context.Context) error {
	s.end()
	return s.launch(ctx)
}

const usualPort = 5432

// freePort is a port that nobody listened on just now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// run runs a command to its end, and says what it printed when it fails.
func run(cmd *exec.Cmd, in string) error {
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err == nil && bytes.Contains(out, []byte("ERROR:")) {
		err = errors.New("a statement went wrong")
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, bytes.TrimSpace(out))
	}
	return nil
}

// await returns when the server answers.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		pid, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
		if lines := strings.Split(string(pid), "\n"); err == nil && len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready" {
			var d net.Dialer
			conn, err := d.DialContext(ctx, "unix", filepath.Join(s.dir, ".s.PGSQL."+strconv.Itoa(s.port)))
			if err == nil {
				return conn.Close()
			}
		}
		select {
		case <-s.done:
			return errors.New("the server stopped at once")
		case <-ctx.Done():
			return errors.New("the server does not answer")
		case <-tick.C:
		}
	}
}

// URL is the address of a database, for a user.
func (s *Server) URL(user, database string) string {
	return (&url.URL{
		Scheme: "postgresql", User: url.User(user), Path: "/" + database,
		RawQuery: url.Values{"host": {s.dir}, "port": {strconv.Itoa(s.port)}}.Encode(),
	}).String()
}

// Port is that of the socket, and of 127.0.0.1 where TCP was asked for.
func (s *Server) Port() int { return s.port }

// Dir is where the socket is.
func (s *Server) Dir() string { return s.dir }

// Stop ends the server and removes its files.
func (s *Server) Stop() {
	s.stop.Do(func() {
		s.end()
		_ = os.RemoveAll(s.dir)
	})
}

func (s *Server) end() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(fast) // or it has ended
	select {
	case <-s.done:
	case <-time.After(5 * time.Second):
		s.Kill()
	}
}

// Find looks for the programs of PostgreSQL on PATH and in the usual places,
// the newest first.
func Find() (bin string, err error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil && has(filepath.Dir(path)) {
			return filepath.Dir(path), nil
		}
	}
	for _, pattern := range places {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return len(b) - len(a) + strings.Compare(b, a) })
		for _, dir := range found {
			if has(dir) {
				return dir, nil
			}
		}
	}
	return "", ErrNotInstalled
}

func has(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}
