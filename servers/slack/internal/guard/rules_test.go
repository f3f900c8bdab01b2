package guard

import (
	"net/url"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

var conversations = []wire.Channel{
	{ID: "C1", Name: "general", General: true, Member: true},
	{ID: "C2", Name: "eng-web", External: true},
	{ID: "C3", Name: "eng-core", Archived: true, Member: true},
	{ID: "G1", Name: "eng-hiring", Private: true, Member: true},
	{ID: "D1", Name: "", Private: true, IM: true, Member: true},
	{ID: "G2", Name: "mpdm-ada--lin-1", Private: true, MPIM: true, Member: true},
}

func TestRules(t *testing.T) {
	for _, q := range []struct {
		allow, deny   string
		read, written string // ids
	}{
		{"kind:public", "", "C1 C2 C3", "C1 C3"},
		{"kind:public", "kind:archived,kind:external", "C1", "C1"},
		{"kind:external", "", "C2", "C2"},
		{"name:eng-*", "", "C2 C3", "C3"},
		{"name:*", "", "C1 C2 C3", "C1 C3"},
		{"name:#GENERAL", "", "C1", "C1"},
		{"member:true", "", "C1 C3", "C1 C3"},
		{"kind:private", "", "G1", "G1"}, // and neither im nor mpim
		{"kind:im", "", "D1", "D1"},
		{"kind:mpim", "", "G2", "G2"},
		{"kind:private+name:eng-*", "", "G1", "G1"},
		{"id:G1,id:D1,id:C2", "", "C2 G1 D1", "C2 G1 D1"},
		{"id:G1", "name:eng-*", "", ""},
		{"kind:public", "member:false", "C1 C3", "C1 C3"},
		{"kind:general", "", "C1", "C1"},
		{"", "", "", ""},
	} {
		split := func(s string) []string {
			return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
		}
		for _, writing := range []bool{false, true} {
			rules, err := parseRules(split(q.allow), split(q.deny), "--allow", "--deny")
			if err != nil {
				t.Fatal(err)
			}
			rules.writing = writing
			var open []string
			for i := range conversations {
				err := rules.check(&conversations[i])
				if err == nil {
					open = append(open, conversations[i].ID)
				} else if mcpcore.RuleOf(err) == "" || conversations[i].Name != "" && conversations[i].Private && strings.Contains(err.Error(), conversations[i].Name) {
					t.Errorf("%v: no rule is named, or the name is told", err)
				}
			}
			want := q.read
			if writing {
				want = q.written
			}
			if got := strings.Join(open, " "); got != want {
				t.Errorf("allow %q, deny %q, writing %t: %s are open, want %s", q.allow, q.deny, writing, got, want)
			}
		}
	}
}

// No rule opens a private conversation without saying so, and what is denied is
// never open.
func FuzzRules(f *testing.F) {
	f.Add("name:*", "kind:im", "x", true, false, true)
	f.Add("member:true+name:[a-z]*", "", "eng", false, false, false)
	f.Fuzz(func(t *testing.T, allow, deny, name string, private, im, member bool) {
		rules, err := parseRules([]string{allow}, []string{deny}, "--allow", "--deny")
		if err != nil {
			if rules, err = parseRules([]string{allow}, nil, "--allow", "--deny"); err != nil {
				return
			}
		}
		c := wire.Channel{ID: "C0", Name: name, Private: private || im, IM: im, Member: member}
		open := rules.check(&c) == nil
		if open && c.Private && !strings.Contains(allow, "kind:") && !strings.Contains(allow, "id:") {
			t.Errorf("%q opens a %s conversation", allow, c.Kind())
		}
		for i := range rules.Deny {
			if open && rules.Deny[i].holds(&c) {
				t.Errorf("%q is denied, and open", deny)
			}
		}
	})
}

func TestRefs(t *testing.T) {
	for text, want := range map[string]Ref{
		"C0123ABCD": {Channel: "C0123ABCD"}, "#general": {Channel: "#general"},
		"https://x.slack.com/archives/C0123ABCD":                                                                          {Channel: "C0123ABCD"},
		"https://x.slack.com/archives/C0123ABCD/p1731700000123456":                                                        {"C0123ABCD", "1731700000.123456", ""},
		"<https://x.enterprise.slack.com/archives/C0123ABCD/p1731700000123456?thread_ts=1731600000.000100&cid=C0123ABCD>": {"C0123ABCD", "1731700000.123456", "1731600000.000100"},
		"https://evil.example/archives/../C0123ABCD":                                                                      {Channel: "https://evil.example/archives/../C0123ABCD"},
	} {
		if got := ParseRef(text); got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
	for text, want := range map[string]string{"1731700000.123456": "1731700000.123456", "p1731700000123456": "1731700000.123456", "1731700000": "", "x": "", "": "", "17317000001": ""} {
		if got, _ := ParseTS(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// A token goes to Slack over TLS, and to where the API is.
func TestFileHosts(t *testing.T) {
	c := &client{base: "https://slack.com/api/"}
	for address, want := range map[string]bool{
		"https://files.slack.com/files-pri/T1-F1/a.txt": true, "https://FILES.slack.com/x": true, "https://files.slack.com:443/x": true, "https://x.slack.com/x": true,
		"http://files.slack.com/x": false, "https://files.slack.com.evil.example/x": false, "https://evilslack.com/x": false, "https://files.slack.com@evil.example/x": false,
		"https://files.slack.com:8443/x": false, "ftp://files.slack.com/x": false, "https://127.0.0.1/x": false, "//files.slack.com/x": false,
	} {
		u := parse(t, address)
		if got := c.fileHost(u); got != want {
			t.Errorf("%s: %t, want %t", address, got, want)
		}
	}
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
