//go:build unix

package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// tlsCollector is a collector at localhost, and the file with its certificate.
// It keeps what it is sent.
func tlsCollector(t *testing.T) (url, ca string, sent func() string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all bytes.Buffer
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		all.WriteString(r.URL.Path + "\n")
		_, _ = io.Copy(&all, r.Body)
	}))
	web.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	web.StartTLS()
	t.Cleanup(web.Close)
	return strings.Replace(web.URL, "127.0.0.1", "localhost", 1), ca, func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}

// listening reads a log until it has said where the server and the metrics are.
func listening(t *testing.T, log io.Reader) (server, metrics, seen string) {
	t.Helper()
	lines := bufio.NewReader(log)
	for server == "" || metrics == "" {
		line, err := lines.ReadString('\n')
		seen += line
		if err != nil {
			t.Fatalf("%v: %s", err, seen)
		}
		if found := regexp.MustCompile(`msg=(listening|metrics) url=(\S+)`).FindStringSubmatch(line); found != nil {
			*map[string]*string{"listening": &server, "metrics": &metrics}[found[1]] = found[2]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return server, metrics, seen
}

// A process that the kernel confines reaches a collector by name and over TLS:
// what it needs of the disk for that it has read before.
func TestTelemetryConfined(t *testing.T) {
	url, ca, sent := tlsCollector(t)
	dir := tempDir(t)
	if err := os.WriteFile(dir+"/file", []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, "--http", "127.0.0.1:0", "--metrics", "localhost:0", "--otlp-endpoint", url, dir)
	cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+ca) // has the system trust it
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	server, metrics, seen := listening(t, log)
	if hasLandlock() && !strings.Contains(seen, "landlock confines the process") {
		t.Errorf("the process is not confined: %s", seen)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func(method, url, body string) string {
		r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
			"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "read_text_file",
		} {
			r.Header.Set(name, value)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	if got := ask("POST", server, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_text_file","arguments":{"path":"file"},`+
		`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`); !strings.Contains(got, `"text":"text"`) {
		t.Errorf("got %s", got)
	}
	if got := ask("GET", metrics, ""); !strings.Contains(got, `gen_ai_tool_name="read_text_file"`) {
		t.Errorf("got the metrics %s", got)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"/v1/traces\n", "/v1/metrics\n", "tools/call read_text_file", "mcp-filesystem"} {
		if !strings.Contains(sent(), want) {
			t.Errorf("the collector was not sent %q", want)
		}
	}
}

// Over standard input and output it is the same; what is left is sent when the
// client leaves.
func TestTelemetryOverStdio(t *testing.T) {
	url, ca, sent := tlsCollector(t)
	cmd := program(t, "--otlp-ca", ca, tempDir(t))
	cmd.Env = append(cmd.Env, "OTEL_EXPORTER_OTLP_ENDPOINT="+url)
	var log bytes.Buffer
	cmd.Stderr = &log
	l := mcptest.Command(t, cmd)
	l.Handshake("2025-06-18")
	l.Ask(request(t, 1, "list_allowed_directories", map[string]any{}))
	l.CloseInput()
	if err := l.Wait(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"tools/call list_allowed_directories", "mcp.server.session.duration"} {
		if !strings.Contains(sent(), want) {
			t.Errorf("the collector was not sent %q; the log: %s", want, &log)
		}
	}
}

// The commands that serve nobody take no address and send nothing.
func TestTelemetryOfCommands(t *testing.T) {
	url, ca, sent := tlsCollector(t)
	web := httptest.NewServer(http.NotFoundHandler()) // its address is taken
	defer web.Close()
	for _, command := range []string{"tools", "doctor"} {
		cmd := program(t, command, "--metrics", web.Listener.Addr().String(), "--otlp-ca", ca, "--otlp-endpoint", url, tempDir(t))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", command, err, out)
		}
	}
	if sent() != "" {
		t.Errorf("the collector was sent %q", sent())
	}
	cmd := program(t, "--metrics", web.Listener.Addr().String(), tempDir(t))
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "mcp-filesystem: --metrics: ") {
		t.Errorf("%v: %s", err, out)
	}
}
