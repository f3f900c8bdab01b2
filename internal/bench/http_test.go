package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func clientOf(t *testing.T, era string, handle http.HandlerFunc) *httpClient {
	t.Helper()
	web := httptest.NewServer(handle)
	t.Cleanup(web.Close)
	c, err := dialHTTP(strings.TrimPrefix(web.URL, "http://"), era)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.conn.Close() })
	return c
}

// Answers of a known length and in chunks follow each other on a connection.
func TestHTTPClientReadsEveryFormOfAnswer(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	c := clientOf(t, legacy, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Mcp-Session-Id", "s-1")
		switch string(body) {
		case "long":
			io.WriteString(w, long)
		case "none":
			w.WriteHeader(http.StatusAccepted)
		case "chunks":
			for _, part := range []string{"one ", "two ", long} {
				io.WriteString(w, part)
				w.(http.Flusher).Flush()
			}
		default:
			io.WriteString(w, r.Header.Get("Accept")+string(body))
		}
	})
	for msg, want := range map[string]string{"long": long, "none": "", "chunks": "one two " + long, "short\n": "application/json, text/event-streamshort"} {
		a, err := c.post("tools/call", "", []byte(msg))
		if err != nil || string(a.body) != want || string(a.session) != "s-1" {
			t.Errorf("%s: %d bytes, session %q, %v", msg, len(a.body), a.session, err)
		}
	}
}

func TestHTTPClientSendsTheHeadersOfItsEra(t *testing.T) {
	for era, want := range map[string]string{legacy: "2025-11-25//", modern: "2026-07-28/tools/call/echo"} {
		c := clientOf(t, era, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s/%s/%s", r.Header.Get("Mcp-Protocol-Version"), r.Header.Get("Mcp-Method"), r.Header.Get("Mcp-Name"))
		})
		if era == legacy {
			c.session = []byte("Mcp-Session-Id: s-1\r\n")
		}
		if a, err := c.post("tools/call", "echo", []byte("{}")); err != nil || string(a.body) != want {
			t.Errorf("%s: %s, %v", era, a.body, err)
		}
	}
}

// A benchmark that believes a wrong answer measures nothing.
func TestDriveHTTPRefusesWrongAnswers(t *testing.T) {
	for _, wrong := range []string{
		`{"id":1000,"result":{}}`,
		`{"id":1001,"result":{"content":[{"type":"text","text":"echo 0000000: the quick brown fox jumps over the lazy dog"}]}}`,
		"",
	} {
		c := clientOf(t, modern, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, wrong) })
		if _, err := driveHTTP([]*httpClient{c}, newLoad(modern, 1)); !errors.Is(err, errAnswer) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestCrowdCountsWhatItGets(t *testing.T) {
	c := &crowd{What: "some", size: 5}
	c.Before.Heap, c.After.Heap = 1000, 1500
	text := []byte(`"text 7"`)
	c.count(7, text, httpAnswer{status: 200, body: []byte(`{"id":7,"result":"text 7"}`)}, nil)
	c.count(7, text, httpAnswer{status: 200, body: []byte(`{"id":7,"result":{"content":[{"type":"text","text":"busy: 1 runs"}]}}`)}, nil)
	c.count(7, text, httpAnswer{status: 429, body: []byte(`{"id":7,"error":{}}`)}, nil)
	if c.Right != 1 || c.Busy != 1 || c.Later != 1 || c.Wrong != 0 || c.goals()[1].Spoilt != "" {
		t.Errorf("%+v", c)
	}
	for _, g := range c.goals() {
		if g.judge(); g.Verdict != "reached" {
			t.Errorf("%+v", g)
		}
	}
	c.count(7, text, httpAnswer{status: 200, body: []byte(`{"id":8,"result":"text 7"}`)}, nil)
	c.count(7, text, httpAnswer{status: 503}, nil)
	c.count(7, text, httpAnswer{}, io.EOF)
	if c.Wrong != 3 || c.goals()[0].Spoilt == "" {
		t.Errorf("%+v", c)
	}
}
