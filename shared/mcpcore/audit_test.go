package mcpcore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type fileIn struct {
	Path string `json:"path" jsonschema:"file" audit:"target"`
	Text string `json:"text,omitzero" jsonschema:"content"`
}

// audited is a server with an audit log.
type audited struct {
	*mcpcore.Server
	t     *testing.T
	file  string
	audit *mcpcore.Audit
	read  int          // lines that the test has seen
	wrote atomic.Int64 // calls that reached the handler of put
}

// hunter is a secret without the shape of one.
const hunter = "hunter2-correct-horse"

func newAudited(t *testing.T) *audited {
	t.Helper()
	file := filepath.Join(t.TempDir(), "audit.log")
	log, err := audit.Open(file, audit.Options{Server: "mcp-test"})
	if err != nil {
		t.Fatal(err)
	}
	a := &audited{t: t, file: file, audit: &mcpcore.Audit{Log: log}}
	long := strings.Repeat("long line\n", 20_000)
	a.Server = newServer(
		mcpcore.Read("get", "Get.", func(ctx context.Context, in fileIn) (string, error) {
			switch in.Path {
			case "outside":
				return "", mcpcore.Hint(mcpcore.Refused("fence", errors.New("not at outside")), "try there")
			case "partly":
				mcpcore.Partly(ctx, errors.New("is not there"))
				mcpcore.Partly(ctx, mcpcore.Refused("fence", errors.New("not at partly")))
				return "some", nil
			case "long":
				return long, nil
			case "broken":
				return "", fmt.Errorf("cannot use %s: %s", in.Text, hunter)
			case "breaks the log":
				a.breakLog()
				return "private", nil
			case "breaks the log, long":
				a.breakLog()
				return long, nil
			}
			return "got", nil
		}),
		mcpcore.Write("put", "Put.", func(_ context.Context, in fileIn) (string, error) {
			a.wrote.Add(1)
			if in.Path == "breaks the log" {
				a.breakLog()
			}
			return "put", nil
		}),
		mcpcore.Delete("wipe", "Wipe.", func(context.Context, fileIn) (string, error) { return "", nil }),
		mcpcore.Write("boom", "Panic.", func(context.Context, nothing) (string, error) { panic(hunter) }),
		mcpcore.Write("ask", "Ask.", func(ctx context.Context, _ nothing) (string, error) { return "", mcpcore.Confirm(ctx, "Really?") }),
	)
	a.AddTemplates(mcpcore.Template{URITemplate: "test://{+path}", Name: "file", Read: func(_ context.Context, uri string) ([]mcpcore.Contents, error) {
		return mcpcore.TextContents("one"), nil
	}})
	a.Options.Observers = []mcpcore.Observer{a.audit}
	a.Options.Policy.Deny = []string{"wipe"}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// breakLog has the log lie where nothing can be written.
func (a *audited) breakLog() {
	if err := errors.Join(os.Rename(a.file, a.file+".1"), os.Mkdir(a.file, 0o700)); err != nil {
		a.t.Error(err)
	}
}

func (a *audited) mendLog() {
	if err := errors.Join(os.Remove(a.file), os.Rename(a.file+".1", a.file)); err != nil {
		a.t.Error(err)
	}
}

// texts are the lines of the log.
func (a *audited) texts() []string {
	a.t.Helper()
	raw, err := os.ReadFile(a.file)
	if err != nil {
		a.t.Fatal(err)
	}
	return strings.FieldsFunc(string(raw), func(r rune) bool { return r == '\n' })
}

// lines are those that are new in the log, in short.
func (a *audited) lines() (short []string) {
	a.t.Helper()
	all := a.texts()
	for _, text := range all[a.read:] {
		var l audit.Line
		decodeInto(a.t, text, &l)
		short = append(short, strings.Join(strings.Fields(fmt.Sprint(
			l.Kind, " ", l.Method, " ", l.Tool, " ", l.Effect, " ", l.Target, " ", l.Decision, " ", l.Outcome, " ", l.Rule, " ", l.Error)), " "))
	}
	a.read = len(all)
	return short
}

// intact fails when the chain is broken or a secret is in the log.
func (a *audited) intact(secrets ...string) *audit.Report {
	a.t.Helper()
	raw, err := os.ReadFile(a.file)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, s := range append(secrets, hunter) {
		if strings.Contains(string(raw), s) {
			a.t.Errorf("%q is in the log:\n%s", s, raw)
		}
	}
	r, err := audit.Verify([]string{a.file})
	if err != nil {
		a.t.Fatalf("%v\n%s", err, raw)
	}
	return r
}

// Every call and every refusal leaves its line, a change one before it begins;
// what only looks at what there is leaves none.
func TestAuditLines(t *testing.T) {
	a := newAudited(t)
	conn := a.Connect(t.Context(), discard{})
	defer conn.Close()
	swap := func(line, old, new string) string { return strings.Replace(line, old, new, 1) }
	asking := swap(call("1", "ask", "{}"), `clientCapabilities":{}`, `clientCapabilities":{"elicitation":{}}`)
	token := "ghp_" + strings.Repeat("aB3", 12)
	for _, c := range []struct {
		line string
		want []string
	}{
		{call("1", "get", `{"path":"/a","text":"`+hunter+`"}`), []string{"call tools/call get read [/a] allow ok"}},
		{call("1", "get", `{"path":"outside"}`), []string{"call tools/call get read [outside] refuse refused fence not at outside"}},
		{call("1", "get", `{"path":"partly"}`), []string{"call tools/call get read [partly] part ok fence not at partly"}},
		{call("1", "get", `{"path":"broken","text":"`+hunter+`"}`), []string{"call tools/call get read [broken] allow failed"}},
		{call("1", "get", `{"path":["`+hunter+`x"]}`), []string{"call tools/call get read [] refuse refused invalid-params"}},
		{call("1", "get", `{"path":"/`+token+`","x":"`+hunter+`"}`), []string{"call tools/call get read [/****] refuse refused invalid-params"}},
		{call("1", "put", `{"path":"/b"}`), []string{"start tools/call put write [/b] allow", "call tools/call put write [/b] allow ok"}},
		{call("1", "boom", `{}`), []string{"start tools/call boom write [] allow", "call tools/call boom write [] allow failed"}},
		{asking, []string{"start tools/call ask write [] allow", "call tools/call ask write [] allow asked"}},
		{call("1", "ask", `{}`), []string{"start tools/call ask write [] allow", "call tools/call ask write [] refuse refused missing-capability"}},
		{call("1", "wipe", `{"path":"/c"}`), []string{"call tools/call wipe delete [/c] refuse refused --disable-tools " +
			"the tool wipe cannot be used here: the operator has disabled it (--disable-tools)"}},
		{call("1", "nobody", `{"path":"/c"}`), []string{"call tools/call nobody [] refuse refused invalid-params"}},
		{request("resources/read", `"uri":"test://u:`+hunter+`@h/x"`), []string{"call resources/read read [test://****@h/x] allow ok"}},
		{request("resources/read", `"uri":"none://x"`), []string{"call resources/read read [none://x] allow failed"}},
		{request("prompts/get", `"name":"`+token+`"`), []string{"call prompts/get **** read [] refuse refused invalid-params"}},
		{request("tools/list", `"x":1`), nil},
		{request("tools/fly", `"x":1`), []string{"call tools/fly [] refuse refused unknown-method"}},
		{`{"jsonrpc":"2.0","id":1,"method":"ping"}`, nil},
		{`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, []string{"call tools/list [] refuse refused invalid-request"}},
		{`{"` + hunter, []string{"call [] refuse refused json"}},
		{`[]`, []string{"call [] refuse refused invalid-request"}},
		{`{"jsonrpc":"2.0","method":"notifications/cancelled"}`, nil},
	} {
		conn.Receive([]byte(c.line))
		if diff := cmp.Diff(c.want, a.lines()); diff != "" {
			t.Errorf("%s\n%s", c.line, diff)
		}
	}
	conn.Oversized(100)
	if diff := cmp.Diff([]string{"call [] refuse refused invalid-request"}, a.lines()); diff != "" {
		t.Error(diff)
	}
	if r := a.intact(token); len(r.Open) > 0 {
		t.Errorf("calls %v have not ended", r.Open)
	}
}

// request is a line of the newest revision.
func request(method, params string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + params + `,` + modern + `}}`
}

// While nothing can be recorded nothing is done, and the client hears why.
func TestAuditFailsClosed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be moved here")
	}
	for _, path := range []string{"breaks the log", "breaks the log, long"} {
		t.Run(path, func(t *testing.T) {
			a := newAudited(t)
			log := logged(a.Server)
			c := mcptest.Connect(t, a.Server, mcptest.Options{})
			refused := func(what string, r *mcptest.Result) {
				t.Helper()
				if !r.IsError || !strings.Contains(r.Text(), "the audit log cannot be written") || strings.Contains(r.Text(), a.file) {
					t.Errorf("%s: got %q", what, r.Text())
				}
			}
			refused("a read that nobody can record", c.Call("get", map[string]any{"path": path}))
			refused("the next read", c.Call("get", map[string]any{"path": "/a"}))
			refused("a write", c.Call("put", map[string]any{"path": "/a"}))
			if n := a.wrote.Load(); n != 0 {
				t.Errorf("%d writes were made", n)
			}
			if e := c.Refused("resources/read", map[string]any{"uri": "test://x"}); !strings.Contains(e.Message, "the audit log cannot be written") {
				t.Errorf("a resource: got %v", e)
			}
			if len(c.Tools()) == 0 {
				t.Error("the tools are not listed")
			}
			a.mendLog()
			if r := c.Call("put", map[string]any{"path": "/a"}); r.IsError {
				t.Errorf("got %q once the log could be written", r.Text())
			}
			got := a.lines()
			if len(got) != 3 || !strings.HasPrefix(got[0], "lost") || a.intact().Lost != 5 {
				t.Errorf("got %q", got)
			}
			if text := log.String(); strings.Contains(text, "private") {
				t.Errorf("got %s", text)
			}
		})
	}
}

// A change that was made is answered, as its beginning is in the log; and with
// the weaker choice everything is.
func TestAuditBestEffort(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be moved here")
	}
	a := newAudited(t)
	c := mcptest.Connect(t, a.Server, mcptest.Options{})
	if r := c.Call("put", map[string]any{"path": "breaks the log"}); r.Text() != "put" {
		t.Errorf("got %q", r.Text())
	}
	a.audit.BestEffort = true
	for _, tool := range []string{"get", "put"} {
		if r := c.Call(tool, map[string]any{"path": "/a"}); r.IsError {
			t.Errorf("%s: got %q", tool, r.Text())
		}
	}
	a.mendLog()
	c.Call("get", map[string]any{"path": "/a"})
	if r := a.intact(); r.Lost != 4 || len(r.Open) != 1 {
		t.Errorf("got %+v", r)
	}
}

// The arguments are in the log as the operator chose.
func TestAuditArguments(t *testing.T) {
	for choice, want := range map[mcpcore.AuditArguments]string{
		"":                    `"arguments":{"path":"text:2","text":"text:21"}`,
		mcpcore.AuditRedacted: `"arguments":{"path":"text:2","text":"text:21"}`,
		mcpcore.AuditNone:     `"target":["/a"],"outcome"`,
		mcpcore.AuditFull:     `"arguments":{"path":"/a","text":"` + hunter + `"}`,
	} {
		a := newAudited(t)
		a.audit.Arguments = choice
		mcptest.Connect(t, a.Server, mcptest.Options{}).Call("get", map[string]any{"path": "/a", "text": hunter})
		raw, err := os.ReadFile(a.file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(raw), want) {
			t.Errorf("%q: %s is not in %s", choice, want, raw)
		}
		if choice != mcpcore.AuditFull {
			a.intact()
		}
	}
}

// A call is recorded as long when it is streamed as when it is not.
func TestAuditBytes(t *testing.T) {
	a := newAudited(t)
	l := mcptest.Pipe(t, a.Server)
	answer := l.Ask(call("1", "get", `{"path":"long"}`))
	raw, err := os.ReadFile(a.file)
	if err != nil {
		t.Fatal(err)
	}
	var line audit.Line
	decodeInto(t, string(raw), &line)
	if diff := line.Bytes - len(answer); diff < -2 || diff > 2 {
		t.Errorf("got %d bytes in the log, %d in the answer", line.Bytes, len(answer))
	}
}

func BenchmarkAudit(b *testing.B) {
	for _, tool := range []string{"none", "echo", "put"} {
		b.Run(tool, func(b *testing.B) {
			s := newServer(mcpcore.Write("put", "Put.", func(_ context.Context, in textIn) (string, error) { return in.Text, nil }))
			log, err := audit.Open(filepath.Join(b.TempDir(), "audit.log"), audit.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer log.Close()
			name := tool
			if tool == "none" {
				name = "echo"
			} else {
				s.Options.Observers = []mcpcore.Observer{&mcpcore.Audit{Log: log}}
			}
			conn := s.Connect(context.Background(), discard{})
			defer conn.Close()
			line := []byte(call("1", name, `{"text":"hello"}`))
			b.ReportAllocs()
			for b.Loop() {
				conn.Receive(line)
			}
		})
	}
}
