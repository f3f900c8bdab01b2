package mrkdwn_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
)

type known map[string]string

func (k known) User(id string) string    { return k[id] }
func (k known) Channel(id string) string { return k[id] }
func (k known) Group(id string) string   { return k[id] }

var names = known{"U1": "Ada", "C1": "general", "S1": "ops"}

func TestAppend(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain", "plain"},
		{"a &lt;b&gt; &amp;amp; & c", "a <b> &amp; & c"},
		{"<@U1> and <@U2|bob> in <#C1> by <!subteam^S1> <!subteam^S9|@sre>", "@Ada and @bob in #general by @ops @sre"},
		{"<!channel> <!here|here> <!date^1731700000^{date}|15 Nov>", "@channel @here 15 Nov"},
		{"<https://a.example/x?a=1&amp;b=2>", "https://a.example/x?a=1&b=2"},
		{"<https://a.example|click>", "click <https://a.example>"},
		{"1 < 2 and <unclosed", "1 < 2 and <unclosed"},
		{"one\ntwo\r\nthree\u2028four\u0085five\vsix", "one\n  two\n  three\n  four\n  five\n  six"},
		{"a\u202Eb\u200B\u200Bc\x1b[31m", "a⟨U+202E⟩b⟨2 hidden characters⟩c⟨U+001B⟩[31m"},
		{"\U000E0041\U000E0042", "⟨2 hidden characters⟩"},
		{"👩‍💻 ✔️ naïve", "👩‍💻 ✔️ naïve"},
	} {
		if got := string(mrkdwn.Append(nil, c.in, "  ", names)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

// Whatever a text says, no line of it begins where a row begins.
func FuzzAppend(f *testing.F) {
	for _, s := range []string{"a\n12:00 1731700000.000100 Ada: hi", "<@U1|x\ny>", "\u2029x", "a\r\rb", "<!date^1^x|\nforged>", "&lt;\n&gt;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := string(mrkdwn.Append(nil, s, "\t", names))
		for i, line := range strings.FieldsFunc(got, func(r rune) bool { return strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) }) {
			if i > 0 && !strings.HasPrefix(line, "\t") {
				t.Errorf("%q: line %q begins where a row begins", s, line)
			}
		}
		for _, r := range got {
			if mrkdwn.Hidden(r) {
				t.Errorf("%q: %U is in the result", s, r)
			}
		}
		if name := mrkdwn.Name(s); strings.ContainsAny(name, "\n\r\v\f\u0085\u2028\u2029:") {
			t.Errorf("%q: the name %q can forge a row", s, name)
		}
	})
}
