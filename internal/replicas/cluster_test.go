//go:build unix

package replicas

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	adasToken = "token-of-ada-0123456789"
	bobsToken = "token-of-bob-0123456789"
	tokens    = `{"principals":[{"name":"ada","token":"` + adasToken + `","scopes":["mcp:read","mcp:write","mcp:delete"]},` +
		`{"name":"bob","token":"` + bobsToken + `","scopes":["mcp:read"]}]}`
)

// cluster is replicas of one server behind nginx.
type cluster struct {
	t        *testing.T
	redis    *redisServer
	replicas []*replica
	url      string // of the proxy
	client   *http.Client
	log      string // of the proxy
}

// replica is one server process.
type replica struct {
	cmd  *exec.Cmd
	addr string
	gone chan struct{} // closed when it has ended
	err  error
}

// start runs n replicas of a program of the repository.
func start(t *testing.T, n int, pkg string, args ...string) *cluster {
	t.Helper()
	c := &cluster{t: t, redis: startRedis(t)}
	exe := build(t, pkg)
	args = append([]string{
		"--http", "127.0.0.1:0", "--drain-delay", "2s", "--log-level", "info",
		"--state-key-file", keyFile(t), "--auth-tokens", written(t, "tokens.json", tokens),
	}, args...)
	for range n {
		c.replicas = append(c.replicas, startReplica(t, c.redis, exe, args))
	}
	cert, key := certificate(t)
	c.startProxy(cert, key)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConnsPerHost: 200}
	t.Cleanup(transport.CloseIdleConnections)
	c.client = &http.Client{Transport: transport, Timeout: patience}
	return c
}

func written(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// keyFile is a file with keys that replicas share.
func keyFile(t *testing.T) string { return written(t, "keys", fmt.Sprintf("%x\n", key)) }

func build(t *testing.T, pkg string) (exe string) {
	t.Helper()
	exe = filepath.Join(t.TempDir(), "server")
	// The go command keeps a result while what the test itself has read stays the
	// same, and what its child reads does not count.
	look := func(_ string, _ fs.DirEntry, err error) error { return err }
	for _, dir := range []string{"../../shared/mcpcore", "../../servers/filesystem", "../../deploy"} {
		if err := filepath.WalkDir(dir, look); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", exe, pkg).CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return exe
}

func startReplica(t *testing.T, store *redisServer, exe string, args []string) *replica {
	t.Helper()
	r := &replica{cmd: exec.Command(exe, args...), gone: make(chan struct{})}
	r.cmd.Env = append(os.Environ(), "FIXTURE_REDIS="+store.url(), "MCP_FILESYSTEM_REDIS="+store.url())
	stderr, err := r.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	heard, out := make(chan string, 1), t.Output()
	go func() {
		defer close(r.gone)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if _, url, ok := strings.Cut(lines.Text(), "url=http://"); ok {
				addr, _, _ := strings.Cut(url, "/")
				heard <- addr
				continue
			}
			fmt.Fprintln(out, lines.Text())
			if strings.Contains(lines.Text(), "password") {
				t.Error("the log tells the password of Redis")
			}
		}
		r.err = r.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill() // may have ended
		<-r.gone
	})
	select {
	case r.addr = <-heard:
	case <-r.gone:
		t.Fatal("the server does not listen")
	case <-time.After(patience):
		t.Fatal("the server does not begin to listen")
	}
	return r
}

// sample is a file of deploy/, with other names and addresses in it.
func sample(t *testing.T, name string, pairs ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "deploy", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%s holds no %q", name, pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// startProxy runs nginx as the sample has it, but for names and addresses.
func (c *cluster) startProxy(cert, key []byte) {
	t := c.t
	t.Helper()
	dir := t.TempDir()
	c.log = filepath.Join(dir, "mcp.log")
	var temp strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temp, "%s_temp_path %s;\n", kind, filepath.Join(dir, kind))
	}
	port := freePort(t)
	pairs := []string{
		"http {\n", "http {\n" + temp.String(),
		"/var/log/nginx/mcp.log", c.log, "listen 443", "listen 127.0.0.1:" + strconv.Itoa(port),
		"/etc/nginx/tls/cert.pem", written(t, "cert.pem", string(cert)), "/etc/nginx/tls/key.pem", written(t, "key.pem", string(key)),
	}
	for i := range 3 {
		line := fmt.Sprintf("server 10.0.0.1%d:8080 max_fails=2 fail_timeout=5s;", i+1)
		ours := ""
		if i < len(c.replicas) {
			ours = strings.Replace(line, fmt.Sprintf("10.0.0.1%d:8080", i+1), c.replicas[i].addr, 1)
		}
		pairs = append(pairs, line, ours)
	}
	text := sample(t, "nginx/nginx.conf", pairs...)
	if strings.Contains(text, "10.0.0.") {
		t.Fatal("the proxy would reach beyond this machine")
	}
	file := written(t, "nginx.conf", text)
	global := "daemon off; pid " + filepath.Join(dir, "pid") + ";"
	if os.Getuid() == 0 {
		global += " user root;"
	}
	run := func(args ...string) *exec.Cmd {
		cmd, err := c.redis.root.Command(context.Background(), "usr/sbin/nginx",
			append([]string{"-e", filepath.Join(dir, "error.log"), "-p", dir, "-c", file, "-g", global}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	if out, err := run("-t").CombinedOutput(); err != nil {
		t.Fatalf("nginx -t: %v\n%s", err, out)
	}
	cmd := run()
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // has ended, or ends now, with its workers
		_ = cmd.Wait()
	})
	c.url = "https://localhost:" + strconv.Itoa(port) + "/mcp"
	deadline := time.Now().Add(patience)
	for {
		conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx does not listen: %v", err)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// certificate makes one for localhost.
func certificate(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

// failures are the requests that failed, as the proxy logs them.
func (c *cluster) failures() (lines []string) {
	c.t.Helper()
	raw, err := os.ReadFile(c.log)
	if err != nil {
		c.t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		if fields := strings.Fields(string(line)); len(fields) > 4 && fields[4] >= "500" {
			lines = append(lines, string(line))
		}
	}
	return lines
}
