package fake_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
)

// record has all exchanges written down, to be held against GitHub's own
// descriptions: see internal/githubspec.
var record = flag.String("record", "", "file that gets each request and its answer as a line of JSON")

func recording(t testing.TB) io.Writer {
	t.Helper()
	if *record == "" {
		return nil
	}
	f, err := os.OpenFile(*record, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// world is a hub that is served, and a client of it.
type world struct {
	t     testing.TB
	hub   *fake.Hub
	url   string
	token string
	head  http.Header // of each request
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, hub: fake.New(fake.Options{Record: recording(t), Name: t.Name()}), head: http.Header{}}
	api, store := httptest.NewServer(w.hub.Handler()), httptest.NewServer(w.hub.Store())
	t.Cleanup(api.Close)
	t.Cleanup(store.Close)
	w.hub.SetStore(store.URL)
	w.url = api.URL
	return w
}

// answer is what came back.
type answer struct {
	t      testing.TB
	what   string
	status int
	head   http.Header
	body   []byte
}

// do sends a request; body is JSON if it is not nil. Redirects are not followed.
func (w *world) do(method, path string, body any) *answer {
	w.t.Helper()
	var data io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		data = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, data)
	if err != nil {
		w.t.Fatal(err)
	}
	for k, v := range w.head {
		r.Header[k] = v
	}
	if w.token != "" {
		r.Header.Set("Authorization", "Bearer "+w.token)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return &answer{w.t, method + " " + path, a.StatusCode, a.Header, b}
}

func (w *world) get(path string) *answer { w.t.Helper(); return w.do("GET", path, nil) }

// is fails the test unless the status is one of these.
func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: %d, want %d: %.500s", a.what, a.status, status, a.body)
	}
	return a
}

// at finds a value by its path, such as head.sha or 0.name.
func (a *answer) at(path string) any {
	a.t.Helper()
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Fatalf("%s: %v: %.300s", a.what, err, a.body)
	}
	for part := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			var n int
			if _, err := fmt.Sscan(part, &n); err != nil || n >= len(x) {
				return nil
			}
			v = x[n]
		}
	}
	return v
}

// text is at as a string.
func (a *answer) text(path string) string { a.t.Helper(); return fmt.Sprint(a.at(path)) }

// want fails the test unless a value is as given, as text.
func (a *answer) want(path, value string) *answer {
	a.t.Helper()
	if got := a.text(path); got != value {
		a.t.Errorf("%s: %s is %q, want %q", a.what, path, got, value)
	}
	return a
}

// graph runs a document and fails the test if there are errors.
func (w *world) graph(document string, variables map[string]any) *answer {
	w.t.Helper()
	a := w.ask(document, variables)
	if a.at("errors") != nil {
		w.t.Fatalf("%s\n%s", document, a.body)
	}
	return a
}

// ask runs a document.
func (w *world) ask(document string, variables map[string]any) *answer {
	w.t.Helper()
	return w.do("POST", "/graphql", map[string]any{"query": document, "variables": variables}).is(200)
}
