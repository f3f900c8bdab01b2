package httpd_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
)

// TestStoreBounded has a client miss more events than are kept: it is told,
// and what it has not missed it gets.
func TestStoreBounded(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{MaxStored: 4096})
	done := make(chan struct{})
	s.server.AddTools(mcpcore.Read("chatter", "Say much.", func(ctx context.Context, _ nothing) (string, error) {
		mcpcore.Log(ctx, mcpcore.LevelInfo, "", "first")
		<-s.open
		for i := range 500 {
			mcpcore.Log(ctx, mcpcore.LevelInfo, "", fmt.Sprintf("%d %s", i, strings.Repeat("x", 100)))
		}
		defer close(done)
		return "the answer", nil
	}))
	id := s.session("2025-11-25")
	e := s.events(s.do(s.in(id, callJSON(1, "chatter"))))
	first := e.until("first")
	get := func(last string) *http.Response {
		return s.do(s.request("GET", "", "Mcp-Session-Id", id, "Last-Event-Id", last))
	}
	e.res.Body.Close()
	s.release()
	await(t, "the end of the call", done)
	for get(first.id).StatusCode != http.StatusBadRequest { // until the server has heard of the loss
	}
	last := ""
	for n := 501; last == ""; n-- { // from the answer back, as far as there is something
		if res := get(fmt.Sprintf("1-%d", n)); res.StatusCode == 200 {
			last = s.events(res).until("the answer").id
		}
	}
	if last != "1-502" {
		t.Errorf("the answer has id %s", last)
	}
}

// TestLargeAnswer sends an answer that is larger than what is kept, behind
// events that were not read yet.
func TestLargeAnswer(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{MaxStored: 1024})
	large := strings.Repeat("x", 1<<20)
	s.server.AddTools(mcpcore.Read("large", "Give much.", func(ctx context.Context, _ nothing) (string, error) {
		mcpcore.Log(ctx, mcpcore.LevelInfo, "", "first")
		mcpcore.Log(ctx, mcpcore.LevelInfo, "", "second")
		return large, nil
	}))
	for _, r := range []*http.Request{s.in(s.session("2025-11-25"), callJSON(1, "large")), s.modern("tools/call", `"name":"large"`)} {
		e := s.events(s.do(r))
		e.until("first")
		e.until("second")
		if one := e.until(`"result"`); len(one.data) < len(large) {
			t.Errorf("%d bytes", len(one.data))
		}
	}
}

// overHTTP2 is a site with TLS, and a client of it that speaks HTTP/2.
func overHTTP2(t *testing.T) (*site, *http.Client) {
	t.Helper()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certPEM, keyPEM := selfSigned(t, 1)
	for name, text := range map[string][]byte{cert: certPEM, key: keyPEM} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pair, err := httpd.LoadCertificate(cert, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := listening(t, mcpcore.HTTPOptions{KeepAlive: 10 * time.Millisecond}, httpd.Listen{Certificate: pair})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return s, &http.Client{Transport: transport, Timeout: patience}
}

// TestHTTP2 leaves a call on a connection that goes on.
func TestHTTP2(t *testing.T) {
	s, client := overHTTP2(t)
	s.client = client
	for _, tool := range []string{"wait", "talk"} {
		leave, done := s.start(s.modern("tools/call", `"name":"`+tool+`"`))
		await(t, "the call", s.came)
		leave()
		await(t, "the end of the call", s.left)
		<-done
	}
	res := s.do(s.modern("tools/list", ""))
	if text := s.read(res); res.StatusCode != 200 || res.ProtoMajor != 2 {
		t.Errorf("%d %s %s", res.StatusCode, res.Proto, text)
	}
}
