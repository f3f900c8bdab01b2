//go:build unix

package replicas

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFilesystem has a server that shut itself off from the disk lose Redis
// and find it again, and holds principals apart across replicas.
func TestFilesystem(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := start(t, 2, "../../servers/filesystem/cmd/mcp-filesystem", "--drain-delay", "0s", dir)
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	l := &load{c: c, ctx: t.Context(), more: make(chan struct{}, 1)}
	s := &speaker{load: l, url: c.url, token: adasToken}
	if _, err := s.post("initialize", `"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}`, false); err != nil {
		t.Fatal(err)
	}
	reads := `"name":"read_text_file","arguments":{"path":"a.txt"}`
	at := func(i int) *speaker {
		return &speaker{load: l, session: s.session, url: "http://" + c.replicas[i].addr + "/mcp", token: s.token}
	}
	for i := range c.replicas {
		if raw, err := at(i).post("tools/call", reads, false); err != nil || !strings.Contains(raw, "hello") {
			t.Errorf("replica %d: %s, %v", i, raw, err)
		}
		bob := at(i)
		bob.token = bobsToken
		if _, err := bob.post("tools/call", reads, false); err == nil || !strings.HasPrefix(err.Error(), "404 ") {
			t.Errorf("another principal's session at replica %d: %v", i, err)
		}
	}
	c.redis.kill()
	for i := range c.replicas {
		if _, err := at(i).post("tools/call", reads, false); err == nil || !strings.HasPrefix(err.Error(), "503 ") {
			t.Errorf("a session without Redis at replica %d: %v", i, err)
		}
		if raw, err := at(i).post("tools/call", reads, true); err != nil || !strings.Contains(raw, "hello") {
			t.Errorf("a call that needs no session at replica %d: %s, %v", i, raw, err)
		}
		c.ready(i, http.StatusServiceUnavailable)
	}
	c.redis.start()
	for i := range c.replicas {
		c.ready(i, http.StatusOK)
		if _, err := at(i).post("tools/call", reads, false); err == nil || !strings.HasPrefix(err.Error(), "404 ") {
			t.Errorf("a session that Redis has forgotten at replica %d: %v", i, err)
		}
	}
	s.session = ""
	if _, err := s.post("initialize", `"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}`, false); err != nil {
		t.Error(err)
	}
	for i := range c.replicas {
		if raw, err := at(i).post("tools/call", reads, false); err != nil || !strings.Contains(raw, "hello") {
			t.Errorf("a new session at replica %d: %s, %v", i, raw, err)
		}
	}
}

// ready waits until a replica says that it is, or is not.
func (c *cluster) ready(i, want int) {
	c.t.Helper()
	deadline := time.After(patience)
	for {
		res, err := http.Get("http://" + c.replicas[i].addr + "/readyz")
		if err != nil {
			c.t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == want {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			c.t.Fatalf("replica %d says %d, want %d", i, res.StatusCode, want)
		}
	}
}
