package httpd_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
)

// rawRequest is what a client of its own making writes to the socket.
type rawRequest struct {
	name   string
	text   string
	status int
	code   int // of the JSON-RPC error; 0: it is none
}

// onWire is a good call of echo over a socket: head has more lines for its head,
// in place of those of the same name, and a line that ends in ":" removes.
func onWire(body string, head ...string) string {
	_, own := modernCall(7, "tools/call", echoed)
	lines := []string{"Host: localhost", "Content-Type: application/json", "Accept: application/json, text/event-stream",
		fmt.Sprintf("Content-Length: %d", len(body))}
	for pair := range slices.Chunk(own, 2) {
		lines = append(lines, pair[0]+": "+pair[1])
	}
	for _, line := range head {
		name, value, _ := strings.Cut(line, ":")
		lines = slices.DeleteFunc(lines, func(old string) bool { return strings.HasPrefix(old, name+":") })
		if value != "" {
			lines = append(lines, strings.TrimPrefix(line, "+"))
		}
	}
	return "POST /mcp HTTP/1.1\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

func chunked(body string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body) }

// framings disagree with themselves about where the request ends.
func framings() []rawRequest {
	const noLength, inChunks = "Content-Length:", "Transfer-Encoding: chunked"
	return []rawRequest{
		{"two lengths", onWire(good, "+Content-Length: 1"), 400, -32000},
		{"two lengths in one line", onWire(good, "Content-Length: 5, 6"), 400, -32000},
		{"negative length", onWire(good, "Content-Length: -1"), 400, -32000},
		{"length with a sign", onWire(good, fmt.Sprintf("Content-Length: +%d", len(good))), 400, -32000},
		{"length in hexadecimal", onWire(good, fmt.Sprintf("Content-Length: 0x%x", len(good))), 400, -32000},
		{"length beyond numbers", onWire(good, "Content-Length: 99999999999999999999"), 400, -32000},
		{"length of 5 GB", onWire(good, "Content-Length: 5000000000"), 413, -32000},
		{"a coding of its own", onWire(good, noLength, "Transfer-Encoding: xchunked"), 501, -32000},
		{"chunks twice", onWire(chunked(good), noLength, inChunks, "+Transfer-Encoding: chunked"), 501, -32000},
		{"chunks and a coding", onWire(chunked(good), noLength, "Transfer-Encoding: chunked, identity"), 501, -32000},
		{"chunks behind a tab", onWire(chunked(good), noLength, "Transfer-Encoding:\vchunked"), 400, -32000},
		{"chunk of a size that is none", onWire("HARM\r\n"+good, noLength, inChunks), 400, -32000},
		{"chunk larger than memory", onWire("FFFFFFFFFFFFFFFF\r\n"+strings.Repeat("x", 70_000), noLength, inChunks), 413, -32000},
		{"chunks beyond the limit", onWire(chunked(with("HARM", strings.Repeat("x", 70_000))), noLength, inChunks), 413, -32000},
		{"header in a trailer", onWire(fmt.Sprintf("%x\r\n%s\r\n0\r\nMcp-Name: echo\r\n\r\n", len(good), good), noLength, inChunks, "Mcp-Name:", "Trailer: Mcp-Name"), 400, -32020},
	}
}

// heads are no heads of HTTP, or of another service.
func heads() []rawRequest {
	return []rawRequest{
		{"space before a colon", onWire(good, "Content-Type:", "Content-Type : application/json"), 400, -32000},
		{"space in a name", onWire(good, "+X Y: z"), 400, -32000},
		{"line without a colon", onWire(good, "+HARM: x")[:20] + "\r\nHARM\r\n\r\n", 400, -32000},
		{"zero byte in a value", onWire(good, "+X-A: a\x00b"), 400, -32000},
		{"line end in a value", onWire(good, "+X-A: a\rMcp-Name: wait"), 400, -32000},
		{"two hosts", onWire(good, "+Host: evil.example"), 400, -32000},
		{"host with a path", onWire(good, "Host: localhost/evil"), 400, -32000},
		{"no host", onWire(good, "Host:"), 400, -32000},
		{"evil origin behind a fold", onWire(good, "+X-A: a\r\nOrigin: https://evil.example"), 403, -32000},
		{"head of 100 KB", onWire(good, "+X-A: "+strings.Repeat("a", 100_000)), 431, -32000},
		{"10,000 headers", onWire(good, "+"+strings.Repeat("X-A: a\r\n", 10_000)+"X-B: b"), 431, -32000},
		{"URL of 100 KB", "GET /" + strings.Repeat("a", 100_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431, -32000},
		{"whole URL of another host", strings.Replace(onWire(good), "/mcp", "http://evil.example/mcp", 1), 403, -32000},
		{"CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", 403, -32000},
		{"CONNECT to this host", "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n", 404, -32000},
		{"TRACE with a header to reflect", "TRACE /mcp HTTP/1.1\r\nHost: localhost\r\nX-Secret: HARM\r\n\r\n", 405, -32000},
		{"websocket", "GET /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAccept: text/event-stream\r\n\r\n", 400, -32600},
		{"HTTP/2 out of the blue", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 403, -32000},
		{"HTTP/1.1 of another case", strings.Replace(onWire(good), "HTTP/1.1", "http/1.1", 1), 400, -32000},
		{"HTTP/3.0", strings.Replace(onWire(good), "HTTP/1.1", "HTTP/3.0", 1), 505, -32000},
		{"an asterisk", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nAccess-Control-Request-Method: POST\r\n\r\n", 403, -32000},
		{"no HTTP", "HARM\r\n\r\n", 400, -32000},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, -32000},
		{"an expectation of its own", onWire(good, "+Expect: HARM"), 417, -32000},
		{"evil origin that waits to be told to continue", onWire("", "Content-Length: 100", "+Expect: 100-continue", "+Origin: https://evil.example"), 403, -32000},
		{"too much that waits to be told to continue", onWire("", "Content-Length: 100000", "+Expect: 100-continue"), 413, -32000},
	}
}

// codings are bodies in another form than UTF-8.
func codings() []rawRequest {
	wide := func(text string) string { // UTF-16, little end first
		var b strings.Builder
		for i := range len(text) {
			b.WriteByte(text[i])
			b.WriteByte(0)
		}
		return b.String()
	}
	bomb := "\x1f\x8b\x08\x00" + strings.Repeat("\x00", 1000)
	return []rawRequest{
		{"packed", onWire(bomb, "+Content-Encoding: gzip"), 415, -32000},
		{"packed twice", onWire(bomb, "+Content-Encoding: gzip, gzip"), 415, -32000},
		{"packed behind another", onWire(bomb, "+Content-Encoding: identity", "+Content-Encoding: gzip"), 415, -32000},
		{"packed and silent", onWire(bomb), 400, -32700},
		{"packed as a transfer", onWire(bomb, "Content-Length:", "Transfer-Encoding: gzip, chunked"), 501, -32000},
		{"UTF-16", onWire(wide(good)), 400, -32700},
		{"UTF-16 with its mark", onWire("\xff\xfe" + wide(good)), 400, -32700},
		{"UTF-8 with a mark", onWire("\xef\xbb\xbf" + good), 400, -32700},
		{"zero bytes around", onWire("\x00" + good + "\x00"), 400, -32700},
		{"overlong UTF-8", onWire(with("HARM", "\xc0\xaf")), 400, -32700},
		{"surrogates in UTF-8", onWire(with("HARM", "\xed\xa0\x80")), 400, -32700},
		{"zero byte in a method", onWire(with(`"tools/call"`, `"tools/call\u0000"`)), 400, -32020},
		{"zero byte in a name", onWire(with(`"name":"echo"`, `"name":"echo\u0000"`)), 400, -32020},
		{"zero byte in an argument's name", onWire(with(`"text"`, `"text\u0000"`)), 200, 0},
		{"id of a list", onWire(with(`"id":7`, `"id":[7]`)), 400, -32600},
		{"id true", onWire(with(`"id":7`, `"id":true`)), 400, -32600},
		{"id of no number", onWire(with(`"id":7`, `"id":07`)), 400, -32700},
		{"id NaN", onWire(with(`"id":7`, `"id":NaN`)), 400, -32700},
	}
}

// TestHostileRaw writes to the socket what a client of HTTP would not: each is
// refused without an effect, what follows on the connection is not taken for a
// request, and the server goes on.
func TestHostileRaw(t *testing.T) {
	s, _ := listening(t, mcpcore.HTTPOptions{MaxBody: 64 << 10}, httpd.Listen{})
	all := slices.Concat(framings(), heads(), codings())
	for _, h := range all {
		t.Run(h.name, func(t *testing.T) {
			conn := s.dial()
			defer conn.Close()
			go io.WriteString(conn, h.text) // the server may not read all of it
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			raw, _ := io.ReadAll(res.Body) // the server may close before all is read
			text := string(raw)
			if res.StatusCode != h.status {
				t.Fatalf("status %d, want %d: %s", res.StatusCode, h.status, text)
			}
			if want := fmt.Sprintf(`"error":{"code":%d,`, h.code); h.code != 0 && !(strings.HasPrefix(text, `{"jsonrpc":"2.0","id":`) && strings.Contains(text, want)) {
				t.Errorf("got %s, want %s", text, want)
			}
			if strings.Contains(text, "HARM") {
				t.Errorf("what was sent is sent back: %s", text)
			}
		})
	}
	select {
	case text := <-s.calls:
		t.Errorf("a refused call had an effect: %q", text)
	default:
	}
	fmt.Printf("httpd: %d hostile requests refused on the socket\n", len(all))
	if res := s.do(s.modern("tools/call", `"name":"echo","arguments":{"text":"good"}`)); res.StatusCode != 200 || await(t, "the call", s.calls) != "good" {
		t.Errorf("a good call after all: %d", res.StatusCode)
	}
}

// TestTwoReadings sends requests that a proxy in front may see the end of
// elsewhere: what follows them is not served.
func TestTwoReadings(t *testing.T) {
	s, _ := listening(t, mcpcore.HTTPOptions{}, httpd.Listen{ConnIdle: 100 * time.Millisecond})
	hidden := onWire(with("HARM", "hidden"))
	for name, text := range map[string]string{
		"a length and chunks": onWire(chunked(good)+hidden, "+Transfer-Encoding: chunked"),
		"chunks":              onWire(chunked(good)+hidden, "Content-Length:", "Transfer-Encoding: chunked"),
		"HTTP/1.0":            strings.Replace(onWire(good), "HTTP/1.1", "HTTP/1.0", 1) + hidden,
		"a refusal by size":   onWire("", "Content-Length: 5000000") + hidden,
		"a refusal of chunks": onWire(chunked(good)+hidden, "Content-Length:", "Transfer-Encoding: chunked", "+Origin: https://evil.example"),
	} {
		t.Run(name, func(t *testing.T) {
			conn := s.dial()
			defer conn.Close()
			go io.WriteString(conn, text)
			raw, _ := io.ReadAll(conn) // the server may close before all is read
			if n := strings.Count(string(raw), "HTTP/1."); n != 1 || strings.Contains(string(raw), "hidden") {
				t.Errorf("%d answers: %s", n, raw)
			}
		})
	}
	for len(s.calls) > 0 {
		if text := <-s.calls; text != "HARM" {
			t.Errorf("%q was served", text)
		}
	}
}

// TestIdleConnections has clients that stay and say nothing, before a request
// and behind one.
func TestIdleConnections(t *testing.T) {
	s, _ := listening(t, mcpcore.HTTPOptions{}, httpd.Listen{ConnIdle: 50 * time.Millisecond, HeaderTimeout: 50 * time.Millisecond})
	for _, text := range []string{"", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", onWire(good)} {
		conn := s.dial()
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		if raw, err := io.ReadAll(conn); err != nil || (text != "") != strings.HasPrefix(string(raw), "HTTP/1.1 200 ") {
			t.Errorf("%q: %q %v", text, raw, err)
		}
	}
}
