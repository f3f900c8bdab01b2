package filesystem_test

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

const secret = "the secret that is outside"

// world is an allowed directory, and what lies round it.
type world struct{ top, in, out string }

func newWorld(t testing.TB) world {
	if runtime.GOOS == "windows" {
		t.Skip("the attacks are written for systems with links and slashes")
	}
	top := tempDir(t)
	w := world{top: top, in: top + "/in", out: top + "/out"}
	write(t, w.in+"/file", "inside\n")
	write(t, w.in+"/dir/file", "inside\n")
	for _, name := range []string{"/out/secret", "/out/dir/secret", "/inside/secret", "/in-side/secret", "/in.bak/secret"} {
		write(t, top+name, secret)
	}
	for name, target := range map[string]string{
		"abs-file": w.out + "/secret", "rel-file": "../out/secret", "abs-dir": w.out, "rel-dir": "../out",
		"up": "..", "dir/up-up": "../..", "chain": "chain2", "chain2": "dir/up-up/out/secret", "root": "/",
		"missing": w.out + "/not-there", "missing-dir": w.out + "/not/there", "proc": "/proc/self/root" + w.out + "/secret",
		"cwd": "/proc/self/cwd", "fd": "/proc/self/fd/0", "null": "/dev/null", "sibling": w.in + "side/secret",
		"through": "dir/../../out/secret", "self-out": w.in + "/../out/secret",
	} {
		link(t, target, w.in+"/"+name)
	}
	return w
}

// outside are paths that lead outside, by name.
func (w world) outside() map[string]string {
	return map[string]string{
		"parent": "..", "parent of file": "../out/secret", "deep": "dir/../../out/secret", "absolute": w.out + "/secret",
		"dots": w.in + "/../out/secret", "double dots": w.in + "/dir/../../out/secret", "slashes": w.in + "//..//out///secret",
		"single dots": w.in + "/./../out/./secret", "trailing dots": w.in + "/dir/../..", "trailing slash": w.out + "/secret/",
		"sibling": w.in + "side/secret", "sibling dash": w.in + "-side/secret", "sibling dot": w.in + ".bak/secret",
		"root": "/", "etc": "/etc/passwd", "two slashes": "//etc/passwd", "missing": w.out + "/nothing/at/all",
		"home": "~/.ssh/id_rsa", "home alone": "~", "proc root": "/proc/self/root/etc/passwd", "proc cwd": "/proc/self/cwd/x",
		"proc fd": "/proc/self/fd/0", "environ": "/proc/self/environ", "device": "/dev/zero", "stdin": "/dev/stdin",
		"link to file": w.in + "/abs-file", "relative link": w.in + "/rel-file", "below link": w.in + "/abs-dir/secret",
		"below relative link": "rel-dir/dir/secret", "link up": w.in + "/up/out/secret", "link up up": "dir/up-up/out/secret",
		"chain": "chain", "link to root": "root" + w.out + "/secret", "link to proc": "proc", "link to cwd": "cwd/x",
		"link to descriptor": "fd", "link to device": "null", "link to sibling": "sibling", "through": "through",
		"round": "self-out", "dangling": "missing", "below dangling": "missing/x", "dangling deep": "missing-dir/x",
	}
}

// faulty are paths that lead nowhere, with a word of the refusal.
func (w world) faulty() map[string]string {
	return map[string]string{
		"file\x00": "NUL", "\x00": "NUL", w.in + "/file\x00/../../out/secret": "NUL", "": "empty",
		strings.Repeat("a", 5000): "longer", strings.Repeat("a/", 2040) + "../../x/x/x/x/x/x": "longer",
		"file://" + w.out + "/secret": "URI", "file:///etc/passwd": "URI",
		"dir/" + strings.Repeat("b", 256): "",
	}
}

// odd are names that look like a way out and are none: all they may reach is
// something inside.
var odd = []string{
	"%2e%2e/out/secret", "..%2fout%2fsecret", `..\out\secret`, "．．/out/secret", "..;/out/secret", "....//out/secret",
	"..\u200b/out/secret", "dir/..\u2215out", "C:\\Windows\\win.ini", "\\\\server\\share", "file:/etc/passwd", " /etc/passwd",
	"..\n/out/secret", "$HOME/.ssh", "`id`", "-rf", "\u2024\u2024/out", "~root/.ssh/id_rsa",
}

// uses are calls that use a path in each way that tools do.
func uses(w world, path string) map[string][]any {
	edits := []args{{"oldText": "the", "newText": "changed"}}
	return map[string][]any{
		"read":       {"read_text_file", args{"path": path}},
		"alias":      {"read_file", args{"path": path}},
		"head":       {"read_text_file", args{"path": path, "head": 1}},
		"tail":       {"read_text_file", args{"path": path, "tail": 1}},
		"media":      {"read_media_file", args{"path": path}},
		"write":      {"write_file", args{"path": path, "content": "written"}},
		"edit":       {"edit_file", args{"path": path, "edits": edits}},
		"dry":        {"edit_file", args{"path": path, "edits": edits, "dryRun": true}},
		"mkdir":      {"create_directory", args{"path": path}},
		"mkdir deep": {"create_directory", args{"path": path + "/x/y"}},
		"list":       {"list_directory", args{"path": path}},
		"sizes":      {"list_directory_with_sizes", args{"path": path}},
		"tree":       {"directory_tree", args{"path": path}},
		"move to":    {"move_file", args{"source": "file", "destination": path + "/x"}},
		"move from":  {"move_file", args{"source": path + "/x", "destination": w.in + "/stolen"}},
		"search":     {"search_files", args{"path": path, "pattern": "**"}},
		"info":       {"get_file_info", args{"path": path}},
	}
}

// tells reports what of the outside a text gives away.
func (w world) tells(t *testing.T, what, asked, text string) {
	t.Helper()
	for _, bad := range []string{secret, w.out, "/proc/", "openat", "escapes", "goroutine"} {
		if strings.Contains(text, bad) && !strings.Contains(asked, bad) {
			t.Errorf("%s %.80q tells %q: %.300s", what, asked, bad, text)
		}
	}
}

func TestOutside(t *testing.T) {
	w := newWorld(t)
	c := serve(t, w.in)
	before := snapshot(t, w.top)
	for name, path := range w.outside() {
		for use, call := range uses(w, path) {
			r := c.Call(call[0].(string), call[1])
			if !r.IsError || !strings.Contains(r.Text(), "is outside the allowed directories") {
				t.Errorf("%s, %s %q: got %.300s, want a refusal", name, use, path, r.Text())
			}
			w.tells(t, use, path, r.Text())
		}
		text := works(t, c, "read_multiple_files", args{"paths": []string{path, "file"}})
		if !strings.Contains(text, "is outside the allowed directories") || !strings.Contains(text, "inside\n") {
			t.Errorf("%s, several: got %s, want a refusal and a file", name, text)
		}
		w.tells(t, "several", path, text)
	}
	if diff := cmp.Diff(before, snapshot(t, w.top)); diff != "" {
		t.Errorf("something changed (-before +after):\n%s", diff)
	}
}

func TestFaultyPaths(t *testing.T) {
	w := newWorld(t)
	c := serve(t, w.in)
	before := snapshot(t, w.top)
	for path, word := range w.faulty() {
		for use, call := range uses(w, path) {
			r := c.Call(call[0].(string), call[1])
			plain := !strings.Contains(use, "mkdir deep") && !strings.HasPrefix(use, "move")
			if !r.IsError || plain && !strings.Contains(r.Text(), word) {
				t.Errorf("%s %.80q: got %.300s, want a refusal with %q", use, path, r.Text(), word)
			}
			w.tells(t, use, path, r.Text())
		}
	}
	if diff := cmp.Diff(before, snapshot(t, w.top)); diff != "" {
		t.Errorf("something changed (-before +after):\n%s", diff)
	}
}

func TestOddNames(t *testing.T) {
	w := newWorld(t)
	c := serve(t, w.in)
	around := func() map[string]string {
		all := snapshot(t, w.top)
		for path := range all {
			if strings.HasPrefix(path, w.in+"/") {
				delete(all, path)
			}
		}
		return all
	}
	before := around()
	for _, path := range odd {
		for use, call := range uses(w, path) {
			w.tells(t, use, path, c.Call(call[0].(string), call[1]).Text())
		}
	}
	if diff := cmp.Diff(before, around()); diff != "" {
		t.Errorf("the outside changed (-before +after):\n%s", diff)
	}
}

// A refusal is the same for what exists and what does not.
func TestExistenceIsNotTold(t *testing.T) {
	w := newWorld(t)
	link(t, w.out+"/nothing", w.in+"/abs-none")
	link(t, w.out+"/nothing", w.in+"/dir-none")
	c := serve(t, w.in)
	for _, pair := range [][2]string{
		{w.out + "/secret", w.out + "/nothin"}, {"abs-file", "abs-none"}, {"abs-dir/secret", "dir-none/secret"},
		{"rel-dir/secret", "rel-dir/nothin"}, {"/etc/passwd", "/etc/passwx"}, {"up/out/secret", "up/out/nothin"},
	} {
		there, not := uses(w, pair[0]), uses(w, pair[1])
		for use, call := range there {
			yes, no := c.Call(call[0].(string), call[1]).Text(), c.Call(not[use][0].(string), not[use][1]).Text()
			if want := strings.ReplaceAll(yes, pair[0], pair[1]); no != want {
				t.Errorf("%s: %q is answered %q, but %q is answered %q", use, pair[0], yes, pair[1], no)
			}
		}
		uri := func(p string) string {
			if p[0] != '/' {
				p = w.in + "/" + p
			}
			return "file://" + p
		}
		for _, method := range []string{"resources/read", "resources/subscribe"} {
			legacy := mcptest.Connect(t, newServer(t, config(w.in)), mcptest.Options{Revision: "2025-06-18"})
			yes, no := legacy.Refused(method, args{"uri": uri(pair[0])}), legacy.Refused(method, args{"uri": uri(pair[1])})
			if yes.Code != no.Code || strings.ReplaceAll(yes.Message, pair[0], pair[1]) != no.Message {
				t.Errorf("%s: %v and %v differ", method, yes, no)
			}
		}
	}
}

func TestOutsideResources(t *testing.T) {
	w := newWorld(t)
	s := newServer(t, config(w.in))
	before := snapshot(t, w.top)
	for _, revision := range []string{"2025-06-18", mcptest.Latest()} {
		c := mcptest.Connect(t, s, mcptest.Options{Revision: revision})
		uris := []string{
			"file:///etc/passwd", "file://localhost/etc/passwd", "file://evil.example/etc/passwd", "http://example.org/", "file:etc/passwd",
			"file://" + w.in + "/../out/secret", "file://" + w.in + "/%2e%2e/out/secret", "file://" + w.in + "/..%2fout%2fsecret",
			"file://" + w.in + "/%252e%252e/out/secret", "file://" + w.in + "/file%00", "file://" + w.in + "/file?x", "file://" + w.in + "/file#x",
			"file://" + w.in + "/file?", "FILE:///etc/passwd", "file:///", "file://", "file:////etc/passwd", "file:///%zz", "", "\x00",
			"file://" + w.in + "/" + strings.Repeat("a", 10_000),
		}
		for _, path := range w.outside() {
			if !filepath.IsAbs(path) {
				path = w.in + "/" + path
			}
			uris = append(uris, (&url.URL{Scheme: "file", Path: path}).String())
		}
		for _, uri := range uris {
			e := c.Refused("resources/read", args{"uri": uri})
			w.tells(t, "read", uri, e.Message)
			if revision != mcptest.Latest() {
				e := c.Refused("resources/subscribe", args{"uri": uri})
				w.tells(t, "subscribe", uri, e.Message)
			}
		}
		for _, path := range w.outside() {
			for _, value := range []string{path, strings.TrimPrefix(path, "/"), path + "/", strings.TrimPrefix(w.in+"/"+path, "/") + "/"} {
				got := c.Complete("file:///{+path}", "path", value, nil)
				for _, found := range got.Values {
					if !strings.HasPrefix("/"+found, w.in+"/") || strings.Contains(found, "secret") {
						t.Errorf("completing %q gives %q", value, found)
					}
				}
			}
		}
	}
	if diff := cmp.Diff(before, snapshot(t, w.top)); diff != "" {
		t.Errorf("something changed (-before +after):\n%s", diff)
	}
}

// The allowed directory gives way to a link after the start.
func TestRootReplaced(t *testing.T) {
	w := newWorld(t)
	c := serve(t, w.in)
	if err := os.Rename(w.in, w.top+"/kept"); err != nil {
		t.Fatal(err)
	}
	link(t, w.out, w.in)
	before := snapshot(t, w.out)
	for _, path := range []string{w.in + "/secret", w.in + "/dir/secret", w.in + "/not-there", "secret"} {
		for use, call := range uses(w, path) {
			if use == "mkdir" || use == "mkdir deep" {
				continue // in the directory that was opened
			}
			r := c.Call(call[0].(string), call[1])
			w.tells(t, use, path, r.Text())
		}
	}
	if r := c.Call("list_directory", args{"path": w.in}); strings.Contains(r.Text(), "secret") && !strings.Contains(r.Text(), "dir") {
		t.Errorf("lists the outside: %s", r.Text())
	}
	if diff := cmp.Diff(before, snapshot(t, w.out)); diff != "" {
		t.Errorf("the outside changed (-before +after):\n%s", diff)
	}
}

// What else has the name of an outside file is read as the file it is, and
// never written through.
func TestHardLinks(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"w", "e"} {
		if err := os.Link(w.out+"/secret", w.in+"/"+name); err != nil {
			t.Skip(err)
		}
	}
	c := serve(t, w.in)
	works(t, c, "write_file", args{"path": "w", "content": "mine"})
	works(t, c, "edit_file", args{"path": "e", "edits": []args{{"oldText": "secret", "newText": "mine"}}})
	if got := content(t, w.out+"/secret"); got != secret {
		t.Errorf("the outside file holds %q", got)
	}
}
