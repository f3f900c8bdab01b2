package incidents

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// server is mcp-filesystem as users run it.
var server string

func TestMain(m *testing.M) {
	code, err := withServer(m.Run)
	if err == nil && code == 0 {
		err = goleak.Find()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "incidents:", err)
		code = 1
	}
	os.Exit(code)
}

func withServer(run func() int) (int, error) {
	dir, err := os.MkdirTemp("", "incidents")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	server = filepath.Join(dir, "mcp-filesystem")
	if runtime.GOOS == "windows" {
		server += ".exe"
	}
	// The go command keeps a result while what the test itself has read stays the
	// same, and what its child reads does not count.
	for _, dir := range []string{"servers", "shared"} {
		read := func(_ string, _ fs.DirEntry, err error) error { return err }
		if err := filepath.WalkDir(filepath.Join(root, dir), read); err != nil {
			return 1, err
		}
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", server, "./cmd/mcp-filesystem")
	build.Dir = filepath.Join(root, "servers", "filesystem")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build mcp-filesystem: %w\n%s", err, out)
	}
	return run(), nil
}

// site is the program that serves a directory over HTTP.
type site struct {
	t    *testing.T
	addr string
	dir  string
}

const patience = 30 * time.Second

// start runs the program until the test ends.
func start(t *testing.T, args ...string) *site {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, dir: filepath.Join(top, "in")}
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, server, append(args, "--http", "127.0.0.1:0", "--confirm", "never", s.dir)...)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(log)
	url, read := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() {
			if _, found, ok := strings.Cut(lines.Text(), "url=http://"); ok && len(url) == 0 {
				url <- found
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-read
		_ = cmd.Wait() // says that it was killed
	})
	select {
	case found := <-url:
		s.addr, _, _ = strings.Cut(found, "/")
	case <-read:
		t.Fatal("the program has ended")
	case <-time.After(patience):
		t.Fatal("the program does not listen")
	}
	return s
}

// request is one over the socket: a call of the newest revision whose head has
// more lines, in place of those of the same name.
func (s *site) request(method, params string, lines ...string) string {
	meta := `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s%s}}`, method, params, meta)
	var p struct{ Params struct{ Name string } }
	_ = json.Unmarshal([]byte(body), &p) // what is no message has no name
	return s.head(body, append([]string{"Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: " + method, "Mcp-Name: " + p.Params.Name}, lines...)...)
}

func (s *site) head(body string, lines ...string) string {
	all := append([]string{
		"Host: " + s.addr, "Content-Type: application/json", "Accept: application/json, text/event-stream", fmt.Sprintf("Content-Length: %d", len(body)),
	}, lines...)
	last, order := map[string]string{}, []string{}
	for _, line := range all {
		name, value, _ := strings.Cut(line, ": ")
		if _, known := last[name]; !known {
			order = append(order, name)
		}
		last[name] = value
	}
	text := "POST /mcp HTTP/1.1\r\n"
	for _, name := range order {
		if last[name] != "" {
			text += name + ": " + last[name] + "\r\n"
		}
	}
	return text + "\r\n" + body
}

// write is a call that makes a file.
func (s *site) write(name string, lines ...string) string {
	return s.request("tools/call", fmt.Sprintf(`"name":"write_file","arguments":{"path":%q,"content":"x"},`, filepath.Join(s.dir, name)), lines...)
}

func (s *site) made(name string) bool {
	_, err := os.Lstat(filepath.Join(s.dir, name))
	return err == nil
}

func (s *site) dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// ask sends a request on a connection of its own and returns the answer, and
// what is left to read once the server is done with the connection, where it
// says that it is.
func (s *site) ask(text string) (status int, body, rest string) {
	s.t.Helper()
	conn := s.dial()
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		s.t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if res.Close {
		left, _ := io.ReadAll(in) // may end with a reset
		rest = string(left)
	}
	return res.StatusCode, string(raw), rest
}
