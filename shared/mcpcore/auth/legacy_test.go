package auth_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

// The old transport asks the same questions of each message.
func TestLegacy(t *testing.T) {
	s := guarded(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/sse", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bobToken)
	res, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	until := func(text string) string {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && strings.Contains(data, text) {
				return data
			}
		}
		t.Fatalf("the stream ended before %s: %v", text, lines.Err())
		return ""
	}
	path := until("/message")
	post := func(token, body string) answer {
		t.Helper()
		return s.do("POST", path, body, "Authorization", "Bearer "+token)
	}
	const hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2024-11-05","capabilities":{}}}`
	post(adaToken, hello).want(t, 404, "no such session")
	post("wrong", hello).want(t, 401)
	if a := post(bobToken, hello); a.status != 202 {
		t.Fatalf("%+v", a)
	}
	until("serverInfo")
	post(bobToken, callJSON(1, "drop")).want(t, 403, `scope="mcp:delete"`)
	post(adaToken, callJSON(2, "look")).want(t, 404, "no such session")
	if a := post(bobToken, callJSON(3, "look")); a.status != 202 {
		t.Fatalf("%+v", a)
	}
	until("I am bob")
}
