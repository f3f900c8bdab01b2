package mcpcore_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// answer is what a test wants to know of an answer.
type answer struct {
	ID    json.RawMessage
	Error *struct {
		Code    int
		Message string
	}
	Result json.RawMessage
}

func parse(t *testing.T, line string) answer {
	t.Helper()
	var a answer
	if err := json.Unmarshal([]byte(line), &a); err != nil {
		t.Fatalf("%v: %.300s", err, line)
	}
	return a
}

// badLines are lines that are no good; each is answered by an error of this
// code and id, or by nothing where the code is 0.
var badLines = []struct {
	name, line string
	code       int
	id         string
}{
	{"malformed", `{"jsonrpc":"2.0","id":1,`, -32700, "null"},
	{"a word", `hello`, -32700, "null"},
	{"single quotes", `{'jsonrpc':'2.0'}`, -32700, "null"},
	{"trailing comma", `{"jsonrpc":"2.0","id":1,"method":"ping",}`, -32700, "null"},
	{"number", `123`, -32600, "null"},
	{"string", `"x"`, -32600, "null"},
	{"null", `null`, -32600, "null"},
	{"true", `true`, -32600, "null"},
	{"two numbers", `1 2`, -32700, "null"},
	{"empty object", `{}`, -32600, "null"},
	{"wrong case", `{"JSONRPC":"2.0","ID":1,"Method":"ping"}`, -32600, "null"},
	{"wrong case of method", `{"jsonrpc":"2.0","id":1,"Method":"ping"}`, -32600, "1"},
	{"no version", `{"id":1,"method":"ping"}`, -32600, "1"},
	{"version 1", `{"jsonrpc":"1.0","id":1,"method":"ping"}`, -32600, "1"},
	{"version as number", `{"jsonrpc":2.0,"id":1,"method":"ping"}`, -32600, "1"},
	{"id true", `{"jsonrpc":"2.0","id":true,"method":"ping"}`, -32600, "null"},
	{"id null", `{"jsonrpc":"2.0","id":null,"method":"ping"}`, -32600, "null"},
	{"id object", `{"jsonrpc":"2.0","id":{},"method":"ping"}`, -32600, "null"},
	{"id array", `{"jsonrpc":"2.0","id":[1],"method":"ping"}`, -32600, "null"},
	{"id twice", `{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}`, -32600, "null"},
	{"id twice by escapes", `{"jsonrpc":"2.0","id":1,"\u0069d":2,"method":"ping"}`, -32600, "null"},
	{"method number", `{"jsonrpc":"2.0","id":1,"method":5}`, -32600, "1"},
	{"method empty", `{"jsonrpc":"2.0","id":1,"method":""}`, -32600, "1"},
	{"method and result", `{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, -32600, "1"},
	{"params list", `{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}`, -32602, "1"},
	{"params twice", `{"jsonrpc":"2.0","id":1,"method":"ping","params":{},"params":{}}`, -32600, "null"},
	{"name twice", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b",` + modern + `}}`, -32602, "1"},
	{"arguments list", call("1", "echo", `[1]`), -32602, "1"},
	{"invalid UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", -32700, "null"},
	{"overlong UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc0\xaf\"}", -32700, "null"},
	{"surrogate as UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xed\xa0\x80\"}", -32700, "null"},
	{"NUL", "\x00", -32700, "null"},
	{"control character in a string", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\x01\"}", -32700, "null"},
	{"deep arrays", strings.Repeat("[", 20_000), -32600, "null"},
	{"deep and closed", strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), -32600, "null"},
	{"deep objects", strings.Repeat(`{"a":`, 20_000), -32600, "null"},
	{"deep arguments", call("1", "echo", `{"text":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+`}`), -32600, "null"},
	{"unknown method", `{"jsonrpc":"2.0","id":1,"method":"no/such","params":{` + modern + `}}`, -32601, "1"},
	{"method of another era", `{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{` + modern + `}}`, -32601, "1"},
	{"discover without metadata", `{"jsonrpc":"2.0","id":1,"method":"server/discover"}`, -32602, "1"},
	{"call before initialize", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}`, -32600, "1"},
	{"list before initialize", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, -32600, "1"},
	{"unsupported version", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"1999-01-01","io.modelcontextprotocol/clientCapabilities":{}}}}`, -32022, "1"},
	{"version with a handshake", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2025-06-18","io.modelcontextprotocol/clientCapabilities":{}}}}`, -32022, "1"},
	{"no capabilities", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`, -32602, "1"},
	{"capabilities list", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]}}}`, -32602, "1"},
	{"no version in metadata", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/clientCapabilities":{}}}}`, -32602, "1"},
	{"initialize without version", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`, -32602, "1"},
	{"initialize with metadata", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{` + modern + `}}`, -32601, "1"},
	{"unknown tool", call("1", "nope", `{}`), -32602, "1"},
	{"no tool", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + modern + `}}`, -32602, "1"},
	{"no uri", `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{` + modern + `}}`, -32602, "1"},
	{"no filter", `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{` + modern + `}}`, -32602, "1"},
	{"empty batch", `[]`, -32600, "null"},
	{"batch", `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, -32600, "null"},
	{"response to nothing", `{"jsonrpc":"2.0","id":"x","result":{}}`, 0, ""},
	{"error to nothing", `{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"x"}}`, 0, ""},
	{"unknown notification", `{"jsonrpc":"2.0","method":"notifications/none"}`, 0, ""},
	{"request without id", `{"jsonrpc":"2.0","method":"tools/list"}`, 0, ""},
	{"cancel unknown", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}`, 0, ""},
	{"cancel nothing", `{"jsonrpc":"2.0","method":"notifications/cancelled"}`, 0, ""},
	{"cancel object", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}`, 0, ""},
	{"blank", ``, 0, ""},
	{"spaces", " \t ", 0, ""},
	{"carriage return", "\r", 0, ""},
}

// Whatever a line holds, it is answered as it deserves, and the next good
// request is served.
func TestBadLines(t *testing.T) {
	l := mcptest.Pipe(t, newServer())
	for _, test := range badLines {
		t.Run(test.name, func(t *testing.T) {
			l.Send(test.line)
			if test.code != 0 {
				got := parse(t, l.Next())
				if got.Error == nil || got.Error.Code != test.code || string(got.ID) != test.id {
					t.Errorf("got %+v, want code %d and id %s", got, test.code, test.id)
				}
			}
			l.Alive()
		})
	}
}

func TestUnsupportedVersionSaysWhich(t *testing.T) {
	l := mcptest.Pipe(t, newServer())
	got := l.Ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"1999-01-01","io.modelcontextprotocol/clientCapabilities":{}}}}`)
	want := `"data":{"requested":"1999-01-01","supported":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"]}`
	if !strings.Contains(got, want) {
		t.Errorf("got %s, want %s in it", got, want)
	}
}

// The same lines, after a handshake: the server stays, whatever it says.
func TestBadLinesAfterHandshake(t *testing.T) {
	for _, revision := range mcptest.Revisions()[:4] {
		t.Run(revision, func(t *testing.T) {
			l := mcptest.Pipe(t, newServer())
			l.Handshake(revision)
			for i, test := range badLines {
				// Some lines are good after a handshake, and their answers may come late.
				l.Send(strings.Replace(test.line, `"id":1`, fmt.Sprintf(`"id":%d`, 1000+i), 1))
				id := fmt.Sprintf(`"next-%d"`, i)
				l.Send(`{"jsonrpc":"2.0","id":` + id + `,"method":"ping"}`)
				for {
					if got := l.Next(); strings.Contains(got, id) {
						break
					}
				}
			}
		})
	}
}

// Good messages in a form that is not the plain one.
func TestOddLines(t *testing.T) {
	const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	const pong = `{"jsonrpc":"2.0","id":1,"result":{}}`
	for _, test := range []struct {
		name, text string
		answers    int
	}{
		{"trailing spaces", ping + " \t \n", 1},
		{"leading spaces", "  " + ping + "\n", 1},
		{"CRLF", ping + "\r\n", 1},
		{"CR at both ends", "\r" + ping + "\r\r\n", 1},
		{"blank lines", "\n\n\r\n" + ping + "\n\n", 1},
		{"BOM", "\xef\xbb\xbf" + ping + "\n", 1},
		{"two on a line", ping + ping + "\n", 2},
		{"two on a line with space", ping + "  " + ping + " \n", 2},
		{"three on a line", ping + ping + ping + "\n", 3},
		{"spaces inside", "{ \"jsonrpc\" : \"2.0\" , \"id\" : 1 ,\t\"method\" : \"ping\" }\n", 1},
		{"escapes", `{"\u006asonrpc":"2.0","id":1,"method":"\u0070in\u0067"}` + "\n", 1},
		{"unknown members", `{"jsonrpc":"2.0","id":1,"method":"ping","extra":{"a":[1]}}` + "\n", 1},
		{"params null", `{"jsonrpc":"2.0","id":1,"method":"ping","params":null}` + "\n", 1},
		{"without newline at the end", ping, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := mcptest.Pipe(t, newServer())
			l.Write(test.text)
			l.CloseInput()
			got := l.Rest()
			for _, line := range got {
				if line != pong {
					t.Errorf("got %s, want %s", line, pong)
				}
			}
			if len(got) != test.answers {
				t.Errorf("got %d answers, want %d", len(got), test.answers)
			}
			if err := l.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Ids come back byte for byte.
func TestIDs(t *testing.T) {
	l := mcptest.Pipe(t, newServer())
	for _, id := range []string{
		`0`, `1`, `-1`, `"1"`, `9007199254740993`, `9223372036854775807`, `-9223372036854775808`,
		`123456789012345678901234567890`, `1.5`, `-0`, `1e3`, `1E+3`, `1.0`, `""`, `" "`, `"é"`, `"\u00e9"`, `"\"\\\/\b\n"`,
		`"😀"`, `"\ud83d\ude00"`, `"\ud83d"`, `"</script>"`, `"` + strings.Repeat("x", 100_000) + `"`,
	} {
		got := l.Ask(call(id, "echo", `{"text":"x"}`))
		if want := `{"jsonrpc":"2.0","id":` + id + `,"result":`; !strings.HasPrefix(got, want) {
			t.Errorf("got %.80s, want %.80s", got, want)
		}
		got = l.Ask(call(id, "nope", `{}`))
		if want := `{"jsonrpc":"2.0","id":` + id + `,"error":`; !strings.HasPrefix(got, want) {
			t.Errorf("got %.80s, want %.80s", got, want)
		}
	}
}

func TestBatches(t *testing.T) {
	ping := func(id string) string { return `{"jsonrpc":"2.0","id":` + id + `,"method":"ping"}` }
	pong := func(id string) string { return `{"jsonrpc":"2.0","id":` + id + `,"result":{}}` }
	for _, test := range []struct {
		name, line string
		want       []string // members of the one array; nil: no answer
	}{
		{"one", `[` + ping("1") + `]`, []string{pong("1")}},
		{"two", `[` + ping("1") + `,` + ping(`"1"`) + `]`, []string{pong("1"), pong(`"1"`)}},
		{"notifications", `[{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","method":"x"}]`, nil},
		{"both", `[{"jsonrpc":"2.0","method":"x"},` + ping("2") + `]`, []string{pong("2")}},
		{"invalid elements", `[1,{},` + ping("3") + `]`, []string{`"code":-32600`, `"code":-32600`, pong("3")}},
		{"nested", `[[],` + ping("4") + `]`, []string{`"code":-32600`, pong("4")}},
		{"call", `[{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"echo","arguments":{"text":"x"}}}]`, []string{`"text":"x"`}},
		{"response", `[{"jsonrpc":"2.0","id":5,"result":{}}]`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := mcptest.Pipe(t, newServer())
			l.Handshake("2025-03-26")
			l.Send(test.line)
			if test.want != nil {
				got := l.Next()
				var all []json.RawMessage
				if err := json.Unmarshal([]byte(got), &all); err != nil || len(all) != len(test.want) {
					t.Errorf("got %s, want %d answers in an array", got, len(test.want))
				}
				for _, want := range test.want {
					if !strings.Contains(got, want) {
						t.Errorf("got %s, want %s in it", got, want)
					}
				}
			}
			l.Alive()
			if got := parse(t, l.Ask(`[]`)); got.Error == nil || got.Error.Code != -32600 {
				t.Errorf("empty batch: got %+v, want -32600", got)
			}
		})
	}
}
