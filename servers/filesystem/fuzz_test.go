package filesystem_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// FuzzTools calls a tool with any arguments that are JSON. Whatever they are,
// there is an answer, and the outside is neither told nor changed.
func FuzzTools(f *testing.F) {
	w := newWorld(f)
	before := snapshot(f, w.out)
	for path := range map[string]bool{"file": true, "../out/secret": true, "abs-file": true, "missing": true} {
		for _, call := range uses(w, path) {
			raw, err := json.Marshal(call[1])
			if err != nil {
				f.Fatal(err)
			}
			f.Add(call[0].(string), strings.ReplaceAll(string(raw), w.top, "TOP"))
		}
	}
	s := newServer(f, filesystem.Config{Directories: []string{w.in}})
	s.Options.MaxResultBytes = 1 << 20
	f.Fuzz(func(t *testing.T, tool, arguments string) {
		arguments = strings.ReplaceAll(arguments, "TOP", w.top)
		var object map[string]any
		if json.Unmarshal([]byte(arguments), &object) != nil || object == nil || !utf8.ValidString(tool+arguments) {
			return // a message that no client sends
		}
		c := mcptest.Connect(t, s, mcptest.Options{})
		raw, err := c.Request("tools/call", args{"name": tool, "arguments": rawJSON(arguments)})
		if strings.Contains(string(raw), secret) && !strings.Contains(arguments, "secret") {
			t.Errorf("%s %s tells the secret: %s, %v", tool, arguments, raw, err)
		}
		if diff := cmp.Diff(before, snapshot(t, w.out)); diff != "" {
			t.Errorf("%s %s changed the outside:\n%s", tool, arguments, diff)
		}
	})
}

// FuzzGlob matches any pattern against some names: it ends within a second, or
// is refused.
func FuzzGlob(f *testing.F) {
	for _, p := range []string{
		"**/*.go", "*.{go,md}", "[!a-c]?*", `\*`, "{a,{b,c}}/**", "**/**/*a*a*b", strings.Repeat("{*a,*b}", 10), "[a", "{a", "a]", "}", "/", "./x", "**/{a,b}/**",
	} {
		f.Add(p)
	}
	dir := tempDir(f)
	for _, name := range []string{strings.Repeat("a", 200), "a/" + strings.Repeat("ab", 100), "b/c/d/e/f.go", "é.md", "[x]", "{y}"} {
		write(f, dir+"/"+name, "")
	}
	s := newServer(f, config(dir))
	f.Fuzz(func(t *testing.T, pattern string) {
		c := mcptest.Connect(t, s, mcptest.Options{})
		start := time.Now()
		c.Call("search_files", args{"path": dir, "pattern": pattern})
		c.Call("directory_tree", args{"path": dir, "excludePatterns": []string{pattern}})
		if took := time.Since(start); took > time.Second {
			t.Errorf("%q takes %v", pattern, took)
		}
	})
}
