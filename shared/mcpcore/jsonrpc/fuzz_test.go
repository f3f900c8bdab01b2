package jsonrpc_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

var seeds = []string{
	`{"jsonrpc":"2.0","id":1,"method":"ping"}`, `{"jsonrpc":"2.0","id":"\u0031","method":"ping","params":{"a":[1,{"b":null}]}}`,
	`{"jsonrpc":"2.0","id":9007199254740993,"result":{}}`, `{"jsonrpc":"2.0","id":null,"error":{"code":1}}`, `[1,2,[]]`, `[]`, `{}{}`,
	`"\ud83d\ude00\ud83d"`, `-0`, `1e400`, `01`, `1.`, `.5`, `+1`, `truefalse`, "\"\x01\"", "\"\xff\"", `{"a":1,"a":2}`, strings.Repeat("[", 600),
	`{"id":1.5e-3,"id":2}`, " \t\r\n{} ", `"\u00"`, `"\x"`, `nul`, `[1,]`, `{"a":}`, `{"a" 1}`,
}

// What is valid is what encoding/json takes for valid, and UTF-8, and not too
// deep.
func FuzzValid(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := jsonrpc.Valid(b) == nil
		want := json.Valid(b) && utf8.Valid(b)
		if got != want && !(want && deep(b)) {
			t.Errorf("valid is %v, want %v: %q", got, want, b)
		}
		if !got {
			return
		}
		members(t, b)
		if jsonrpc.Kind(b) == '"' {
			var s string
			if err := json.Unmarshal(b, &s); err != nil || jsonrpc.Unquote(b) != s {
				t.Errorf("got %q, want %q (%v)", jsonrpc.Unquote(b), s, err)
			}
			var back string
			if err := json.Unmarshal(jsonrpc.AppendString(nil, s), &back); err != nil || back != s {
				t.Errorf("%q went out as %q (%v)", s, back, err)
			}
		}
	})
}

// members compares what is walked over with what encoding/json finds.
func members(t *testing.T, b []byte) {
	switch jsonrpc.Kind(b) {
	case '{':
		want := map[string]json.RawMessage{}
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		got := map[string]json.RawMessage{}
		for key, value := range jsonrpc.Members(b) {
			got[key] = value
		}
		if len(got) != len(want) {
			t.Errorf("got %d members, want %d: %q", len(got), len(want), b)
		}
		for key, value := range want {
			if !bytes.Equal(got[key], value) {
				t.Errorf("%q: got %s, want %s", key, got[key], value)
			}
		}
	case '[':
		var want []json.RawMessage
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		n := 0
		for i, value := range jsonrpc.Elements(b) {
			if i != n || i >= len(want) || !bytes.Equal(value, want[i]) {
				t.Errorf("element %d is %s: %q", i, value, b)
				break
			}
			n++
		}
		if n != len(want) {
			t.Errorf("got %d elements, want %d", n, len(want))
		}
	}
}

func deep(b []byte) bool {
	return bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) > jsonrpc.MaxDepth
}

// A line is taken apart without a panic and without losing a byte; an id goes
// back as it came.
func FuzzNext(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		rest := line
		for len(rest) > 0 {
			m, batch, next, err := jsonrpc.Next(rest)
			if len(next) >= len(rest) {
				t.Fatalf("%q is no shorter than %q", next, rest)
			}
			taken := rest[:len(rest)-len(next)]
			if len(next) > 0 && &next[0] != &rest[len(taken)] {
				t.Fatalf("%q is not the end of %q", next, rest)
			}
			if batch != nil && (err != nil || !json.Valid(batch)) {
				t.Errorf("batch %q, %v", batch, err)
			}
			if err == nil && batch == nil && !json.Valid(taken) {
				t.Errorf("taken for a message: %q", rest)
			}
			if m.ID != "" {
				answer := jsonrpc.AppendEnd(append(jsonrpc.AppendResult(nil, m.ID), "{}"...))
				var back struct{ ID json.RawMessage }
				if err := json.Unmarshal(answer, &back); err != nil || string(back.ID) != string(m.ID) {
					t.Errorf("id %q went back as %q (%v)", m.ID, back.ID, err)
				}
				if !bytes.Contains(taken, []byte(m.ID)) {
					t.Errorf("id %q is not in %q", m.ID, rest)
				}
			}
			rest = next
		}
	})
}
