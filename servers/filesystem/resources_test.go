package filesystem_test

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// eras are a revision with a handshake and one without.
var eras = []string{"2025-06-18", mcptest.Latest()}

func fileURI(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

func TestResources(t *testing.T) {
	w := newWorld(t)
	write(t, w.top+"/other/x.json", "{}")
	write(t, w.in+"/odd name #?%.md", "# odd")
	write(t, w.in+"/image", "\x89PNG\r\n\x1a\n")
	write(t, w.in+"/latin.txt", "caf\xe9")
	write(t, w.in+"/empty", "")
	s := newServer(t, config(w.in, w.top+"/other:ro"))
	for _, revision := range eras {
		t.Run(revision, func(t *testing.T) {
			c := mcptest.Connect(t, s, mcptest.Options{Revision: revision})
			var listed []string
			for _, raw := range c.List("resources/list") {
				var r struct{ URI, Name, MIMEType, Description string }
				if err := json.Unmarshal(raw, &r); err != nil {
					t.Fatal(err)
				}
				listed = append(listed, strings.ReplaceAll(strings.Join([]string{r.URI, r.Name, r.MIMEType, r.Description}, " "), w.top, ""))
			}
			want := []string{
				"file:///in in inode/directory The allowed directory /in",
				"file:///other other inode/directory The allowed directory /other (read-only)",
			}
			if diff := cmp.Diff(want, listed); diff != "" {
				t.Errorf("resources (-want +got):\n%s", diff)
			}
			if got := c.List("resources/templates/list"); len(got) != 1 || !strings.Contains(string(got[0]), `"file:///{+path}"`) {
				t.Errorf("templates: %s", got)
			}
			for _, r := range []mcptest.Contents{
				{URI: fileURI(w.in + "/file"), MIMEType: "text/plain", Text: "inside\n"},
				{URI: fileURI(w.in + "/odd name #?%.md"), MIMEType: "text/markdown", Text: "# odd"},
				{URI: fileURI(w.top + "/other/x.json"), MIMEType: "application/json", Text: "{}"},
				{URI: fileURI(w.in + "/image"), MIMEType: "image/png", Blob: []byte("\x89PNG\r\n\x1a\n")},
				{URI: fileURI(w.in + "/latin.txt"), MIMEType: "text/plain", Blob: []byte("caf\xe9")},
				{URI: fileURI(w.in + "/empty"), MIMEType: "text/plain"},
				{URI: fileURI(w.in + "/dir"), MIMEType: "inode/directory", Text: "[FILE] file\n[FILE] up-up"},
				{URI: fileURI(w.top + "/other"), MIMEType: "inode/directory", Text: "[FILE] x.json"},
			} {
				if diff := cmp.Diff([]mcptest.Contents{r}, c.Read(r.URI)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", r.URI, diff)
				}
			}
			missing := map[string]int{"2025-06-18": -32002, mcptest.Latest(): -32602}[revision]
			for _, uri := range []string{fileURI(w.in + "/not-there"), fileURI(w.in + "/not/there")} {
				if e := c.Refused("resources/read", args{"uri": uri}); e.Code != missing {
					t.Errorf("%s: code %d, want %d: %v", uri, e.Code, missing, e)
				}
			}
		})
	}
}

func TestCompletion(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"apple", "apricot", "avocado/x", ".hidden", "a\nb"} {
		write(t, w.in+"/fruit/"+name, "")
	}
	c := serve(t, w.in)
	in := strings.TrimPrefix(w.in, "/")
	for typed, want := range map[string][]string{
		in + "/fruit/ap":       {in + "/fruit/apple", in + "/fruit/apricot"},
		in + "/fruit/a":        {in + "/fruit/a\nb", in + "/fruit/apple", in + "/fruit/apricot", in + "/fruit/avocado/"},
		"/" + in + "/fruit/ap": {in + "/fruit/apple", in + "/fruit/apricot"},
		in + "/fruit/.":        {in + "/fruit/.hidden"},
		in + "/fruit/z":        nil,
		in[:len(in)-1]:         {in + "/"},
		in + "/abs":            nil, // links that lead outside are not offered
		in + "/up/":            nil,
		in + "/../out/":        nil,
		"etc/":                 nil,
		"\x00":                 nil,
	} {
		if got := c.Complete("file:///{+path}", "path", typed, nil).Values; !cmp.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

// A change to a file, or in a directory, is told, and nothing of the outside.
func TestSubscriptions(t *testing.T) {
	w := newWorld(t)
	for _, revision := range eras {
		t.Run(revision, func(t *testing.T) {
			c := mcptest.Connect(t, newServer(t, config(w.in)), mcptest.Options{Revision: revision})
			file, dir := fileURI(w.in+"/file"), fileURI(w.in+"/dir")
			if revision == mcptest.Latest() {
				bad := []string{file, dir, fileURI(w.out + "/secret"), fileURI(w.in + "/abs-file"), fileURI(w.in + "/not-there")}
				c.Start("subscriptions/listen", args{"notifications": args{"resourceSubscriptions": bad}})
				ack := string(c.WaitNotifications("notifications/subscriptions/acknowledged", 1)[0].Params)
				if !strings.Contains(ack, `"resourceSubscriptions":["`+file+`","`+dir+`"]`) {
					t.Errorf("acknowledged: %s", ack)
				}
			} else {
				for _, uri := range []string{file, dir} {
					if _, err := c.Request("resources/subscribe", args{"uri": uri}); err != nil {
						t.Error(err)
					}
				}
				c.Refused("resources/subscribe", args{"uri": fileURI(w.in + "/abs-file")})
			}
			told := func(n int, uri string) {
				t.Helper()
				got := c.WaitNotifications("notifications/resources/updated", n)
				if len(got) != n || !strings.Contains(string(got[n-1].Params), `"`+uri+`"`) {
					t.Errorf("got %s, want one of %s", got, uri)
				}
			}
			write(t, w.out+"/secret", secret)
			works(t, c, "write_file", args{"path": "file", "content": "changed"})
			told(1, file)
			write(t, w.in+"/dir/new", "x")
			told(2, dir)
			if err := os.Remove(w.in + "/dir/new"); err != nil {
				t.Fatal(err)
			}
			told(3, dir)
		})
	}
}

// The client's own directories narrow what is allowed, and never widen it.
func TestRoots(t *testing.T) {
	w := newWorld(t)
	write(t, w.top+"/second/file", "second")
	dirs := []string{w.in, w.top + "/second"}
	for _, revision := range eras {
		for _, c := range []struct {
			name  string
			roots []string
			want  string // the allowed directories; "" for none
		}{
			{"none told", nil, "/in /second"},
			{"one", []string{fileURI(w.in)}, "/in"},
			{"below", []string{fileURI(w.in + "/dir")}, "/in/dir"},
			{"above", []string{fileURI(w.top)}, "/in /second"},
			{"everything", []string{"file:///"}, "/in /second"},
			{"outside", []string{fileURI(w.out)}, ""},
			{"outside by link", []string{fileURI(w.in + "/abs-dir")}, ""},
			{"outside by dots", []string{fileURI(w.in + "/../out")}, ""},
			{"sibling", []string{fileURI(w.in + "side")}, ""},
			{"no file", []string{"https://example.org/"}, ""},
			{"not there", []string{fileURI(w.in + "/not-there")}, ""},
			{"both and more", []string{fileURI(w.in), fileURI(w.top + "/second"), "file:///etc"}, "/in /second"},
			{"empty", []string{}, ""},
		} {
			t.Run(revision+"/"+c.name, func(t *testing.T) {
				s := newServer(t, filesystem.Config{Directories: dirs, ClientRoots: "narrow"})
				client := mcptest.Connect(t, s, mcptest.Options{Revision: revision, Roots: c.roots})
				r := client.Call("list_allowed_directories", nil)
				got := strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(r.Text(), "Allowed directories:\n"), "\n", " "), w.top, "")
				if c.want == "" {
					if !r.IsError || !strings.Contains(got, "no directory is allowed") {
						t.Errorf("got %s, want none", got)
					}
				} else if got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
				for path, root := range map[string]string{w.in + "/file": "/in", w.in + "/dir/file": "/in/dir", w.top + "/second/file": "/second"} {
					allowed := false
					for d := range strings.FieldsSeq(c.want) {
						allowed = allowed || strings.HasPrefix(root+"/", d+"/")
					}
					if r := client.Call("read_text_file", args{"path": path}); r.IsError == allowed {
						t.Errorf("%s: got %s", path, r.Text())
					}
					if _, err := client.Request("resources/read", args{"uri": fileURI(path)}); (err == nil) != allowed {
						t.Errorf("resource %s: got %v", path, err)
					}
				}
				refused(t, client, "read_text_file", args{"path": w.out + "/secret"}, "outside the allowed directories")
				refused(t, client, "read_text_file", args{"path": "/etc/passwd"}, "outside the allowed directories")
			})
		}
	}
	// Without being asked to, the server pays them no heed.
	c := mcptest.Connect(t, newServer(t, config(dirs...)), mcptest.Options{Roots: []string{fileURI(w.out)}})
	works(t, c, "read_text_file", args{"path": w.in + "/file"})
	refused(t, c, "read_text_file", args{"path": w.out + "/secret"}, "outside the allowed directories")
}
