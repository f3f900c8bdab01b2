package interop

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
	"github.com/mcp-toolbelt/toolbelt/servers/slack"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// TestSlackEmulated has mcp-slack read and write a Slack that others have
// written: the emulator of the npm package emulate, which knows no search, user
// groups, bookmarks and limits.
func TestSlackEmulated(t *testing.T) {
	url := emulated(t)
	s, err := slack.New(slack.Config{
		Account:    slack.Account{BotToken: mcpcore.NewSecret("xoxb-test-token"), APIURL: url + "/api/"},
		AllowWrite: true, WriteAllow: []string{"kind:public", "kind:im"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Options.Policy.Confirm = mcpcore.ConfirmNever
	c := mcptest.Connect(t, s, mcptest.Options{})
	ts := ""
	for _, step := range []struct {
		tool string
		args map[string]any
		want string // an expression
	}{
		{"channels_list", map[string]any{}, `#general C000000001`},
		{"users_search", map[string]any{"query": "admin"}, `U000000001 @admin`},
		{"conversations_add_message", map[string]any{"channel_id": "#general", "text": "hello from <!channel>"}, `^sent: (\d+\.\d{6})`},
		{"conversations_add_message", map[string]any{"channel_id": "C000000001", "thread_ts": "TS", "text": "a reply"}, `^sent: `},
		{"reactions_add", map[string]any{"channel_id": "C000000001", "timestamp": "TS", "emoji": "tada"}, `reacted`},
		{"conversations_replies", map[string]any{"channel_id": "C000000001", "thread_ts": "TS"}, "admin: hello from \uff20channel\n\\^ .*:tada: admin\n.*admin: a reply"},
		{"message_update", map[string]any{"channel_id": "C000000001", "message_ts": "TS", "text": "other words"}, `^changed`},
		{"conversations_history", map[string]any{"channel_id": "#general"}, `admin: other words`},
		{"file_upload", map[string]any{"channel_id": "C000000001", "filename": "a.txt", "content": "the contents"}, `^shared: file (F\w+)`},
		{"files_search", map[string]any{}, `F\w+ a.txt`},
		{"message_schedule", map[string]any{"channel_id": "C000000001", "text": "later", "post_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}, `^scheduled`},
		{"message_schedule", map[string]any{"channel_id": "C000000001", "action": "list"}, `later`},
		{"message_delete", map[string]any{"channel_id": "C000000001", "message_ts": "TS"}, `^deleted`},
	} {
		for key, value := range step.args {
			if value == "TS" {
				step.args[key] = ts
			}
		}
		got := c.Call(step.tool, step.args)
		found := regexp.MustCompile(step.want).FindStringSubmatch(got.Text())
		if got.IsError || found == nil {
			t.Fatalf("%s %v: got\n%s\nwant %s", step.tool, step.args, got.Text(), step.want)
		}
		if len(found) > 1 && ts == "" {
			ts = found[1]
		}
	}
}

// emulated starts the emulator and returns its address.
func emulated(t *testing.T) string {
	t.Helper()
	modules, node := npm.Packages(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().(*net.TCPAddr)
	listener.Close()
	url := fmt.Sprintf("http://127.0.0.1:%d", address.Port)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	cmd := exec.CommandContext(ctx, npm.Newer(t, modules, node), filepath.Join(modules, "node_modules", "emulate", "dist", "index.js"),
		"start", "--service", "slack", "--port", fmt.Sprint(address.Port), "--base-url", url)
	cmd.Dir = t.TempDir()
	var out lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := client.Post(url+"/api/api.test", "", strings.NewReader(""))
		if err == nil {
			res.Body.Close()
			return url
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("the emulator does not answer: %s", out.String())
		}
	}
}

// lockedBuffer takes what a program writes while a test may read it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
