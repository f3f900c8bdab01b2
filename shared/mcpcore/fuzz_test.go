package mcpcore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Whatever came before, a ping is answered, and every line out is JSON.
func FuzzConnection(f *testing.F) {
	const hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{"elicitation":{}},"clientInfo":{"name":"f","version":"1"}}}` + "\n"
	for _, line := range badLines {
		if len(line.line) < 1000 {
			f.Add([]byte(line.line))
			f.Add([]byte(hello + line.line))
		}
	}
	f.Add([]byte(hello + `[{"jsonrpc":"2.0","id":1,"method":"tools/list"},{"jsonrpc":"2.0","id":1,"method":"ping"},5]`))
	f.Add([]byte(call("1", "echo", `{"text":"x"}`) + call("2", "echo", `{"text":1e400}`) + "\n" + call("1", "drop", `{}`)))
	f.Add([]byte(hello + `{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"echo","_meta":{"progressToken":{}}}}`))
	f.Add([]byte(`{"jsonrpc":"2.0","id":3,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` + modern + `}}` + "\n" +
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}`))
	f.Add([]byte(`{"jsonrpc":"2.0","id":4,"method":"resources/read","params":{"uri":"test:///files/a/b%20c",` + modern + `}}`))
	f.Add([]byte("\xef\xbb\xbf{}\r\n\x00"))
	s := rich()
	s.AddTools(mcpcore.Read("echo", "Say it again.", func(_ context.Context, in textIn) (string, error) { return in.Text, nil }))
	f.Fuzz(func(t *testing.T, text []byte) {
		in := append(bytes.Clone(text), "\n{\"jsonrpc\":\"2.0\",\"id\":\"the ping\",\"method\":\"ping\"}\n"...)
		var out safeBuffer
		if err := s.Serve(context.Background(), bytes.NewReader(in), &out); err != nil {
			t.Fatal(err)
		}
		answered := false
		for line := range strings.Lines(out.String()) {
			if !json.Valid([]byte(line)) || !strings.HasSuffix(line, "\n") {
				t.Errorf("not a line of JSON: %q", line)
			}
			answered = answered || line == "{\"jsonrpc\":\"2.0\",\"id\":\"the ping\",\"result\":{}}\n"
		}
		if !answered {
			t.Errorf("the ping was not answered: %q", out.String())
		}
	})
}

// oneAnswer keeps the last message.
type oneAnswer struct{ msg []byte }

func (o *oneAnswer) Send(msg []byte) error {
	o.msg = bytes.Clone(msg)
	return nil
}

// A template finds the same variables as a plain reading of its parts.
func FuzzTemplate(f *testing.F) {
	for _, uri := range []string{"test:///a/x/b", "test:///a/x/b/c?d#e", "test:///a%2Fb/x/%20", "test:///%/x/b", "test:////x/b", "test:///a/y/b", "test:///a/x/x/x/", "", "test:///\n/x/\n"} {
		f.Add(uri)
	}
	s := newServer()
	s.AddTemplates(mcpcore.Template{URITemplate: "test:///{a}/x/{+b}", Name: "t", Read: func(ctx context.Context, _ string) ([]mcpcore.Contents, error) {
		return mcpcore.TextContents(mcpcore.Variable(ctx, "a") + "\x00" + mcpcore.Variable(ctx, "b")), nil
	}})
	f.Fuzz(func(t *testing.T, uri string) {
		uri = strings.ToValidUTF8(uri, "?")
		params, err := json.Marshal(uri)
		if err != nil {
			t.Fatal(err)
		}
		out := &oneAnswer{}
		conn := s.Connect(context.Background(), out)
		defer conn.Close()
		conn.Receive([]byte(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":` + string(params) + `,` + modern + `}}`))
		var got struct {
			Result struct{ Contents []struct{ Text string } }
		}
		if err := json.Unmarshal(out.msg, &got); err != nil {
			t.Fatal(err)
		}
		want, ok := plainMatch(uri)
		if (len(got.Result.Contents) == 1) != ok {
			t.Fatalf("%q: got %s, want a match: %v", uri, out.msg, ok)
		}
		if ok && got.Result.Contents[0].Text != strings.ToValidUTF8(want, "\ufffd") && strings.ToValidUTF8(want, "") == want {
			t.Errorf("%q: got %q, want %q", uri, got.Result.Contents[0].Text, want)
		}
	})
}

func plainMatch(uri string) (string, bool) {
	rest, ok := strings.CutPrefix(uri, "test:///")
	a, b, has := strings.Cut(rest, "/")
	b, x := strings.CutPrefix(b, "x/")
	if !ok || !has || !x || a == "" || b == "" || strings.ContainsAny(a, "?#") {
		return "", false
	}
	a, errA := url.PathUnescape(a)
	b, errB := url.PathUnescape(b)
	return a + "\x00" + b, errA == nil && errB == nil
}
