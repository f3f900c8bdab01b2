package mcpcore_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func keyOf(first byte) []byte { return append([]byte{first}, bytes.Repeat([]byte{7}, 31)...) }

func TestLoadStateKeys(t *testing.T) {
	one, two := keyOf(1), keyOf(2)
	hexed, based := hex.EncodeToString(one), base64.StdEncoding.EncodeToString(two)
	write := func(text string, mode os.FileMode) string {
		name := filepath.Join(t.TempDir(), "keys")
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, mode); err != nil { // whatever the umask is
			t.Fatal(err)
		}
		return name
	}
	for name, test := range map[string]struct {
		text string
		want [][]byte
		err  string
	}{
		"each form":   {"# keys\n\n" + hexed + " # the new one\r\n  " + based + "\n" + base64.RawStdEncoding.EncodeToString(one), [][]byte{one, two, one}, ""},
		"none":        {"# keys\n", nil, "holds no key"},
		"short":       {hexed[2:], nil, "line 1 is not a key of 32 bytes"},
		"no digits":   {"# keys\n" + strings.Repeat("x", 64), nil, "line 2 is not a key"},
		"all faults":  {"a\nb", nil, "line 2"},
		"not random":  {strings.Repeat("00", 32), nil, "line 1 is not random"},
		"too many":    {strings.Repeat(hexed+"\n", 17), nil, "more than 16 keys"},
		"far too big": {strings.Repeat("#\n", 40<<10), nil, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := mcpcore.LoadStateKeys(write(test.text, 0o600))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			if err != nil && strings.Contains(err.Error(), hexed[2:]) {
				t.Errorf("the key is in %v", err)
			}
		})
	}
	if runtime.GOOS == "windows" {
		return // files have no such permissions
	}
	if _, err := mcpcore.LoadStateKeys(write(hexed, 0o644)); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable by all: got %v", err)
	}
}

// What one replica has sealed, another with the same keys opens, while they
// are replaced one after the other.
func TestSharedKeys(t *testing.T) {
	old, fresh := keyOf(1), keyOf(2)
	replica := func(keys ...[]byte) *mcpcore.Server {
		s := asking()
		s.Options.StateKeys, s.Options.PageSize = keys, 2
		return s
	}
	client := func(s *mcpcore.Server) *mcptest.Client {
		return mcptest.Connect(t, s, mcptest.Options{ByHand: true, Capabilities: map[string]any{"elicitation": map[string]any{}}})
	}
	cursor := func(c *mcptest.Client) string {
		raw, err := c.Request("tools/list", nil)
		var page struct{ NextCursor string }
		if err != nil || json.Unmarshal(raw, &page) != nil || page.NextCursor == "" {
			t.Fatalf("no cursor in %s (%v)", raw, err)
		}
		return page.NextCursor
	}
	follow := func(c *mcptest.Client, cursor string) (ok bool) {
		_, err := c.Request("tools/list", map[string]any{"cursor": cursor})
		return err == nil
	}
	first, second, foreign := replica(old), replica(old), replica(fresh)
	a, b, other := client(first), client(second), client(foreign)

	raw, err := a.Request("tools/call", map[string]any{"name": "drop", "arguments": map[string]any{"what": "it"}})
	var q mcptest.InputRequired
	if err != nil || json.Unmarshal(raw, &q) != nil || q.RequestState == "" {
		t.Fatalf("%v %s", err, raw)
	}
	answered := map[string]any{
		"name": "drop", "arguments": map[string]any{"what": "it"}, "requestState": q.RequestState,
		"inputResponses": map[string]any{"ask-1": map[string]any{"action": "accept", "content": map[string]any{}}},
	}
	if raw, err := b.Request("tools/call", answered); err != nil || !strings.Contains(string(raw), "dropped it") {
		t.Errorf("the answer at another replica: got %s, %v", raw, err)
	}
	if e := other.Refused("tools/call", answered); e.Code != -32602 {
		t.Errorf("with another key: got %v", e)
	}

	before := cursor(a)
	if !follow(b, before) || follow(other, before) {
		t.Error("a cursor does not work at a replica with the same key, or does at one with another")
	}
	for _, s := range []*mcpcore.Server{first, second} { // so that both open what either will seal
		s.SetStateKeys([][]byte{old, fresh})
	}
	first.SetStateKeys([][]byte{fresh, old})
	after := cursor(a)
	if !follow(b, after) || !follow(a, before) || !follow(other, after) {
		t.Error("a cursor is lost while keys are replaced")
	}
	first.SetStateKeys([][]byte{fresh})
	if follow(a, before) || !follow(a, after) {
		t.Error("the old key opens still, or the new one does not")
	}
}
