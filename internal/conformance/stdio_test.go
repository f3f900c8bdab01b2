package conformance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const patience = 30 * time.Second

// requests are what a client can ask of the fixture. The suite speaks only
// HTTP, so each is sent over HTTP, where the suite has judged such answers, and
// over standard input and output, which must give the same.
var requests = []struct{ method, params string }{
	{"ping", ``},
	{"server/discover", ``},
	{"logging/setLevel", `"level":"info"`},
	{"logging/setLevel", `"level":"loud"`},
	{"tools/list", ``},
	{"tools/list", `"cursor":"none of yours"`},
	{"tools/call", `"name":"test_simple_text"`},
	{"tools/call", `"name":"test_image_content"`},
	{"tools/call", `"name":"test_audio_content"`},
	{"tools/call", `"name":"test_embedded_resource"`},
	{"tools/call", `"name":"test_multiple_content_types"`},
	{"tools/call", `"name":"test_tool_with_logging"`},
	{"tools/call", `"name":"test_tool_with_progress","_meta":{"progressToken":"p"}`},
	{"tools/call", `"name":"test_error_handling"`},
	{"tools/call", `"name":"test_reconnection"`},
	{"tools/call", `"name":"no_such_tool"`},
	{"tools/call", `"name":"test_x_mcp_header","arguments":{"region":7,"retries":"many"}`},
	{"tools/call", `"name":"test_x_mcp_header","arguments":{"region":"eu"}`},
	{"tools/call", `"name":"json_schema_2020_12_tool","arguments":{"phone":"1"}`},
	{"tools/call", `"name":"test_sampling","arguments":{"prompt":"hello"}`},
	{"tools/call", `"name":"test_elicitation","arguments":{"message":"hello"}`},
	{"tools/call", `"name":"test_elicitation_sep1034_defaults"`},
	{"tools/call", `"name":"test_elicitation_sep1330_enums"`},
	{"tools/call", `"name":"test_multiple_inputs"`},
	{"tools/call", `"name":"test_input_required_result_list_roots"`},
	{"tools/call", `"name":"slow_compute","arguments":{"label":"x"}`},
	{"tools/call", `"name":"failing_job"`}, // needs a client that knows tasks
	{"tools/call", `"arguments":[]`},
	{"resources/list", ``},
	{"resources/templates/list", ``},
	{"resources/read", `"uri":"test://static-text"`},
	{"resources/read", `"uri":"test://static-binary"`},
	{"resources/read", `"uri":"test://template/7/data"`},
	{"resources/read", `"uri":"test://none"`},
	{"resources/subscribe", `"uri":"test://watched-resource"`},
	{"resources/unsubscribe", `"uri":"test://watched-resource"`},
	{"prompts/list", ``},
	{"prompts/get", `"name":"test_simple_prompt"`},
	{"prompts/get", `"name":"test_prompt_with_arguments","arguments":{"arg1":"a","arg2":"b"}`},
	{"prompts/get", `"name":"test_prompt_with_arguments"`},
	{"prompts/get", `"name":"test_prompt_with_embedded_resource","arguments":{"resourceUri":"test://x"}`},
	{"prompts/get", `"name":"test_prompt_with_image"`},
	{"prompts/get", `"name":"none"`},
	{"completion/complete", `"ref":{"type":"ref/prompt","name":"test_prompt_with_arguments"},"argument":{"name":"arg1","value":"x"}`},
	{"completion/complete", `"ref":{"type":"ref/resource","uri":"test://template/{id}/data"},"argument":{"name":"id","value":"x"}`},
	{"tasks/get", `"taskId":"x"`},
	{"tasks/update", `"taskId":"x","inputResponses":{}`},
	{"tasks/cancel", `"taskId":"x"`},
	{"tools/destroy", ``},
}

// replies are what the client answers to what the server asks.
var replies = map[string]string{
	"sampling/createMessage": `{"role":"assistant","content":{"type":"text","text":"hello"},"model":"m"}`,
	"elicitation/create":     `{"action":"accept","content":{"response":"yes","name":"Ada","age":3,"score":1,"status":"active","verified":true}}`,
	"roots/list":             `{"roots":[{"uri":"file:///home/ada"}]}`,
}

const capabilities = `{"elicitation":{},"sampling":{},"roots":{}}`

// TestTransports compares the answers over both transports, in every revision.
func TestTransports(t *testing.T) {
	exe := build(t)
	for _, revision := range []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"} {
		t.Run(revision, func(t *testing.T) {
			messages := 0
			pipe, web := overStdio(t, exe), overHTTP(t, start(t, exe), revision)
			for i, q := range append([]struct{ method, params string }{{"initialize", ""}}, requests...) {
				line := requestLine(i+1, revision, q.method, q.params, capabilities)
				over := converse(t, pipe, i+1, line)
				messages += len(over)
				if got := converse(t, web, i+1, line); !slices.Equal(got, over) {
					t.Errorf("%s\nover HTTP:\n%s\nover stdio:\n%s", line, strings.Join(got, "\n"), strings.Join(over, "\n"))
				}
			}
			if t.Failed() {
				return
			}
			fmt.Printf("transports  %s: %d requests and %d messages back, the same over both\n", revision, len(requests)+1, messages)
		})
	}
}

func requestLine(id int, revision, method, params, capabilities string) string {
	modern := revision >= "2026-07-28"
	switch {
	case method == "initialize" && !modern:
		params = fmt.Sprintf(`"protocolVersion":%q,"capabilities":%s,"clientInfo":{"name":"table","version":"1"}`, revision, capabilities)
	case modern:
		meta := fmt.Sprintf(`"_meta":{"io.modelcontextprotocol/protocolVersion":%q,"io.modelcontextprotocol/clientCapabilities":%s,`+
			`"io.modelcontextprotocol/logLevel":"info"`, revision, capabilities)
		if before, after, ok := strings.Cut(params, `"_meta":{`); ok {
			params = before + meta + "," + after
		} else {
			params = strings.TrimPrefix(params+","+meta+"}", ",")
		}
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{%s}}`, id, method, params)
}

// wire carries lines to a server and back.
type wire struct {
	send func(line string)
	back chan string
}

// sealed is what differs each time.
var sealed = regexp.MustCompile(`"requestState":"[^"]*"`)

// converse sends a request, answers what the server asks, and returns all that
// the server says up to its answer.
func converse(t *testing.T, w wire, id int, line string) (said []string) {
	t.Helper()
	w.send(line)
	for {
		var text string
		select {
		case text = <-w.back:
		case <-time.After(patience):
			t.Fatalf("%s: no answer, only %q", line, said)
		}
		var m struct {
			ID     json.RawMessage
			Method string
		}
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		said = append(said, sealed.ReplaceAllString(text, `"requestState":"…"`))
		switch {
		case m.Method == "" && string(m.ID) == fmt.Sprint(id):
			return said
		case m.Method != "" && m.ID != nil:
			w.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, replies[m.Method]))
		}
	}
}

func overStdio(t *testing.T, exe string) wire {
	t.Helper()
	cmd := exec.Command(exe)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	back, ended := make(chan string, 1000), make(chan struct{})
	go func() {
		defer close(ended)
		read(out, "", back)
	}()
	t.Cleanup(func() {
		in.Close()
		<-ended
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return wire{back: back, send: func(line string) {
		if _, err := io.WriteString(in, line+"\n"); err != nil {
			t.Error(err)
		}
	}}
}

// overHTTP posts each line; what comes back goes into one channel.
func overHTTP(t *testing.T, url, revision string) wire {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, Timeout: patience}
	back, session := make(chan string, 1000), ""
	return wire{back: back, send: func(line string) {
		r, err := http.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		describe(r, line, revision, session)
		res, err := client.Do(r)
		if err != nil {
			t.Error(err)
			return
		}
		if id := res.Header.Get("Mcp-Session-Id"); id != "" {
			session = id
		}
		prefix := ""
		if res.Header.Get("Content-Type") == "text/event-stream" {
			prefix = "data: "
		}
		follow(res.Body, prefix, back, func(last string) {
			next, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
			if err != nil {
				return
			}
			describe(next, "", revision, session)
			next.Header.Set("Last-Event-Id", last)
			if res, err := client.Do(next); err == nil {
				read(res.Body, "data: ", back)
				res.Body.Close()
			}
		})
	}}
}

// follow reads a response in the background; where it ends before the answer
// came, more tells where the rest is.
func follow(body io.ReadCloser, prefix string, back chan<- string, resume func(last string)) {
	go func() {
		defer body.Close()
		if last, answered := read(body, prefix, back); !answered && last != "" {
			resume(last)
		}
	}()
}

// describe sets the headers that a request has.
func describe(r *http.Request, line, revision, session string) {
	r.Header.Set("Accept", "application/json, text/event-stream")
	if session != "" {
		r.Header.Set("Mcp-Session-Id", session)
	}
	var m struct {
		Method string
		Params struct {
			Name, URI, TaskID string
			Arguments         json.RawMessage
		}
	}
	_ = json.Unmarshal([]byte(line), &m) // is of this file
	if line != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if m.Method != "initialize" || revision >= "2026-07-28" {
		r.Header.Set("Mcp-Protocol-Version", revision)
	}
	if m.Method == "" {
		return
	}
	r.Header.Set("Mcp-Method", m.Method)
	if name := m.Params.Name + m.Params.URI + m.Params.TaskID; name != "" {
		r.Header.Set("Mcp-Name", name)
	}
	var a map[string]any
	_ = json.Unmarshal(m.Params.Arguments, &a) // one is no object
	for argument, header := range map[string]string{"region": "Mcp-Param-Region", "retries": "Mcp-Param-Retries"} {
		if v, ok := a[argument]; ok {
			r.Header.Set(header, fmt.Sprint(v))
		}
	}
}

// read hands on the lines that have a prefix, and tells the last id of an event
// and whether an answer was among them.
func read(in io.Reader, prefix string, back chan<- string) (last string, answered bool) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			last = id
		}
		text, ok := strings.CutPrefix(lines.Text(), prefix)
		if !ok || text == "" {
			continue
		}
		back <- text
		answered = answered || strings.Contains(text, `"result":`) || strings.Contains(text, `"error":`)
	}
	return last, answered
}
