package httpd_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
)

// listening is a site on a listener of its own.
func listening(t *testing.T, o mcpcore.HTTPOptions, l httpd.Listen) (s *site, stop func() error) {
	t.Helper()
	s = unserved(t, o)
	addr := make(chan net.Addr, 1)
	l.Addr, l.Bound = "127.0.0.1:0", func(a net.Addr) { addr <- a }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.handler.Serve(ctx, l) }()
	scheme := "http"
	if l.Certificate != nil {
		scheme = "https"
	}
	s.url = scheme + "://" + await(t, "the address", addr).String() + "/mcp"
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return await(t, "the end of serving", ended)
	}
	t.Cleanup(func() {
		s.stop()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return s, stop
}

func (s *site) dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/mcp"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// TestSlow has clients that send a head, or a body, and never finish.
func TestSlow(t *testing.T) {
	s, _ := listening(t, mcpcore.HTTPOptions{BodyTimeout: 50 * time.Millisecond}, httpd.Listen{HeaderTimeout: 50 * time.Millisecond})
	t.Run("head", func(t *testing.T) {
		conn := s.dial()
		fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
		if text, err := io.ReadAll(conn); err != nil || strings.Contains(string(text), "200") {
			t.Errorf("%q %v", text, err)
		}
	})
	t.Run("body", func(t *testing.T) {
		conn := s.dial()
		fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
		text, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 408 ") || !strings.Contains(string(text), `"jsonrpc":"2.0"`) {
			t.Errorf("%q %v", text, err)
		}
	})
	t.Run("broken body", func(t *testing.T) {
		conn := s.dial()
		fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 400 ") {
			t.Errorf("%q %v", text, err)
		}
	})
	t.Run("no host", func(t *testing.T) {
		conn := s.dial()
		fmt.Fprintf(conn, "GET /healthz HTTP/1.0\r\n\r\n")
		text, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.0 403 ") {
			t.Errorf("%q %v", text, err)
		}
	})
	t.Run("whole URL of another host", func(t *testing.T) {
		conn := s.dial()
		fmt.Fprintf(conn, "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		text, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 403 ") {
			t.Errorf("%q %v", text, err)
		}
	})
	t.Run("smuggled", func(t *testing.T) {
		conn := s.dial()
		fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}{}{}")
		text, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 400 ") {
			t.Errorf("%q %v", text, err)
		}
	})
}

// TestUnread has a client that asks for much and reads nothing.
func TestUnread(t *testing.T) {
	s, _ := listening(t, mcpcore.HTTPOptions{WriteTimeout: 50 * time.Millisecond, MaxBody: 64 << 20}, httpd.Listen{})
	s.server.AddTools(mcpcore.Read("flood", "Send much.", func(ctx context.Context, _ nothing) (string, error) {
		defer func() { s.left <- "flood" }()
		for ctx.Err() == nil {
			mcpcore.Log(ctx, mcpcore.LevelInfo, "", strings.Repeat("x", 100_000))
			select { // a moment for the others
			case <-time.After(time.Millisecond):
			case <-ctx.Done():
			}
		}
		return "", ctx.Err()
	}))
	body, headers := modernCall(1, "tools/call", `"name":"flood"`)
	conn := s.dial()
	fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	for i := 0; i < len(headers); i += 2 {
		fmt.Fprintf(conn, "%s: %s\r\n", headers[i], headers[i+1])
	}
	fmt.Fprintf(conn, "\r\n%s", body)
	await(t, "the end of the call", s.left)
}

// TestConnections opens more than are allowed: they wait for their turn.
func TestConnections(t *testing.T) {
	s, _ := listening(t, mcpcore.HTTPOptions{}, httpd.Listen{MaxConns: 2})
	first, second := s.dial(), s.dial()
	ask := func(conn net.Conn) {
		fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	answered := func(conn net.Conn) {
		t.Helper()
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("%v %v", res, err)
		}
		res.Body.Close()
	}
	ask(first)
	answered(first)
	ask(second)
	answered(second)
	third := s.dial()
	ask(third)
	first.Close()
	answered(third)
}

// TestShutdown stops a server that has calls under way and streams open.
func TestShutdown(t *testing.T) {
	s, stop := listening(t, mcpcore.HTTPOptions{}, httpd.Listen{Drain: patience})
	id := s.session("2025-11-25")
	news := s.events(s.do(s.request("GET", "", "Mcp-Session-Id", id)))
	e := s.events(s.do(s.in(id, callJSON(1, "talk"))))
	e.until("two")
	await(t, "the call", s.came)
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	if _, more := news.next(); more {
		t.Error("the stream goes on")
	}
	s.release()
	e.until("late")
	if err := await(t, "the end", ended); err != nil {
		t.Error(err)
	}
}

// TestShutdownDeaf stops a server with a call that does not listen.
func TestShutdownDeaf(t *testing.T) {
	s, stop := listening(t, mcpcore.HTTPOptions{}, httpd.Listen{Drain: 100 * time.Millisecond})
	s.server.AddTools(mcpcore.Read("deaf", "Wait.", func(context.Context, nothing) (string, error) {
		s.came <- "deaf"
		<-s.open
		return "late", nil
	}))
	s.server.Options.DrainTimeout = 50 * time.Millisecond
	leave, done := s.start(s.modern("tools/call", `"name":"deaf"`))
	defer leave()
	await(t, "the call", s.came)
	if err := stop(); err != nil {
		t.Error(err)
	}
	await(t, "the answer", done)
	s.release()
}

// TestTLS changes the certificate while serving, to a good one and a bad one.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	roots := x509.NewCertPool()
	age := time.Now().Add(-time.Hour)
	write := func(serial int64) {
		certPEM, keyPEM := selfSigned(t, serial)
		roots.AppendCertsFromPEM(certPEM)
		age = age.Add(time.Minute) // a file system may not tell apart two writes in a row
		for name, text := range map[string][]byte{cert: certPEM, key: keyPEM} {
			if err := os.WriteFile(name, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(name, age, age); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(1)
	pair, err := httpd.LoadCertificate(cert, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := listening(t, mcpcore.HTTPOptions{}, httpd.Listen{Certificate: pair})
	serial := func() int64 {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		s.client.Transport = transport
		res := s.do(s.modern("tools/list", ""))
		if text := s.read(res); res.StatusCode != 200 || res.ProtoMajor != 2 {
			t.Errorf("%d %s %s", res.StatusCode, res.Proto, text)
		}
		return res.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Errorf("serial %d", got)
	}
	write(2)
	if got := serial(); got != 2 {
		t.Errorf("serial after the change %d", got)
	}
	if err := os.WriteFile(cert, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := serial(); got != 2 {
		t.Errorf("serial after a bad change %d", got)
	}
	if _, err := httpd.LoadCertificate(cert, key, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a bad certificate is taken at the start")
	}
}

func selfSigned(t *testing.T, serial int64) (certPEM, keyPEM []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// TestDoor lets in who should be let in.
func TestDoor(t *testing.T) {
	good := mcpcore.HTTPOptions{AllowedHosts: []string{"mcp.example", "other.example:99"}, AllowedOrigins: []string{"https://Good.example/"}}
	s := newSite(t, good)
	for _, headers := range [][]string{
		{"Host", "localhost"}, {"Host", "localhost:1234"}, {"Host", "127.0.0.1"}, {"Host", "127.9.9.9:1"}, {"Host", "[::1]:80"}, {"Host", "::1"},
		{"Host", "MCP.example"}, {"Host", "mcp.example:443"}, {"Host", "other.example:99"},
		{"Origin", "https://good.example"}, {"Origin", "https://GOOD.example"},
		{"Host", "localhost:80", "Origin", "http://localhost:80"},
		{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"},
		{"Origin", "https://good.example", "Sec-Fetch-Site", "cross-site"},
		{"Content-Type", "Application/JSON; charset=UTF-8"}, {"Accept", ""}, {"Accept", "*/*"}, {"Accept", "application/*;q=0.5, text/*"},
	} {
		if res := s.do(s.modern("tools/list", "", headers...)); res.StatusCode != 200 {
			t.Errorf("%v: %d %s", headers, res.StatusCode, s.read(res))
		}
	}
	if res := s.do(s.modern("tools/list", "", "Host", "other.example")); res.StatusCode != 403 {
		t.Errorf("another port: %d", res.StatusCode)
	}
	res := s.do(s.request("OPTIONS", "", "Origin", "https://good.example", "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "mcp-session-id, Mcp-Param-Region, cookie, mcp-param-x:y"))
	allowed := res.Header.Get("Access-Control-Allow-Headers")
	if res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != "https://good.example" ||
		!strings.Contains(allowed, "mcp-param-region") || strings.Contains(allowed, "cookie") || strings.Contains(allowed, ":") {
		t.Errorf("preflight: %d %v", res.StatusCode, res.Header)
	}
	if res.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Error("cookies are allowed")
	}
	open := newSite(t, mcpcore.HTTPOptions{AnyAddress: true})
	if res := open.do(open.modern("tools/list", "", "Host", "192.168.1.5:80")); res.StatusCode != 200 {
		t.Errorf("an address of a server for all: %d", res.StatusCode)
	}
	if res := open.do(open.modern("tools/list", "", "Host", "rebound.example")); res.StatusCode != 403 {
		t.Errorf("a name of a server for all: %d", res.StatusCode)
	}
	for addr, want := range map[string]bool{
		"127.0.0.1:80": true, "localhost:80": true, "[::1]:80": true, ":80": false, "0.0.0.0:80": false, "[::]:80": false,
		"192.168.1.5:80": false, "localhost.example:80": false, "127.0.0.1": false, "": false,
	} {
		if got := httpd.Loopback(addr); got != want {
			t.Errorf("Loopback(%q) = %v", addr, got)
		}
	}
}
