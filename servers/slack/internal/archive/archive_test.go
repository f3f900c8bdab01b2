package archive_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/archive"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// generated writes an export of so many messages and opens it.
func generated(t testing.TB, messages int) *archive.Store {
	t.Helper()
	name := filepath.Join(t.TempDir(), "export.zip")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fake.Export(f, messages, 10, 50), f.Close()); err != nil {
		t.Fatal(err)
	}
	s, err := archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestGenerated(t *testing.T) {
	s := generated(t, 6000)
	ctx := t.Context()
	for _, n := range []int{0, 1000, 5000} {
		page, err := s.Search(ctx, wire.Query{Words: fake.Needle(n), Limit: 10})
		if err != nil || len(page.Items) != 1 || !strings.HasSuffix(page.Items[0].Text, fake.Needle(n)) {
			t.Errorf("%s: got %v, %v", fake.Needle(n), page.Items, err)
		}
	}
	// Pages of a history make up the whole, without replies and in order.
	var all []wire.Message
	span := wire.Span{Limit: 70}
	for {
		page, err := s.History(ctx, "C00000003", span)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
		if span.Cursor = page.Next; span.Cursor == "" {
			break
		}
	}
	if len(all) != 200 || !slices.IsSortedFunc(all, func(a, b wire.Message) int { return strings.Compare(b.TS, a.TS) }) {
		t.Errorf("%d messages, want 200 in order", len(all))
	}
	for _, m := range all[:5] {
		thread, err := s.Replies(ctx, "C00000003", m.TS, wire.Span{Limit: 100})
		if err != nil || len(thread.Items) < 2 || thread.Items[0].TS != m.TS {
			t.Errorf("thread %s: %d messages, %v", m.TS, len(thread.Items), err)
		}
	}
	from, to := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC)
	found := 0
	query := wire.Query{Words: "deploy", After: from, Before: to, From: []string{"U00000007"}, Channels: []string{"C00000001", "C00000002"}, Limit: 1000}
	page, err := s.Search(ctx, query)
	if err != nil || len(page.Items) == 0 {
		t.Fatalf("got %d, %v", len(page.Items), err)
	}
	for _, id := range query.Channels {
		span := wire.Span{Oldest: wire.Stamp(from), Latest: wire.Stamp(to), Inclusive: true, Limit: 1000}
		roots, err := s.History(ctx, id, span)
		if err != nil {
			t.Fatal(err)
		}
		seen := roots.Items
		before, err := s.History(ctx, id, wire.Span{Latest: span.Oldest, Limit: 1}) // whose thread may reach into the span
		if err != nil {
			t.Fatal(err)
		}
		for _, root := range append(before.Items, roots.Items...) {
			thread, err := s.Replies(ctx, id, root.TS, span)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, thread.Items[1:]...)
		}
		for _, m := range seen {
			if m.User == "U00000007" && slices.Contains(strings.Fields(m.Text), "deploy") {
				found++
			}
		}
	}
	if len(page.Items) != found {
		t.Errorf("the search finds %d, looking through everything finds %d", len(page.Items), found)
	}
}

func TestQueries(t *testing.T) {
	s, err := archive.Demo(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct {
		words string
		want  int
	}{
		{"certificate", 2}, {"CERTIFICATE pinned", 1}, {`"search index"`, 2}, {`"index search"`, 0}, {"certif*", 2}, {"certificate -pinned", 1}, {"xyzzy", 0}, {"", 36}, {"502", 1},
	} {
		page, err := s.Search(t.Context(), wire.Query{Words: q.words, Limit: 100})
		if n := len(page.Items); err != nil || n != q.want && (q.words != "" || n < 20) {
			t.Errorf("%q: %d messages, %v, want %d", q.words, n, err, q.want)
		}
	}
}

// zipped is a ZIP with these files.
func zipped(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, text := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

const (
	oneChannel = `[{"id":"C000001","name":"general","members":["U1"]}]`
	old        = `[{"type":"message","user":"U1","text":"kept","ts":"1456000000.000002"},
		{"type":"message","subtype":"file_share","file":{"id":"F1","name":"a.txt","url_private":"https://files.slack.com/a?t=xoxe-123456789012"},"user":"U1","text":"shared","ts":"1456000001.000002","extra":{"a":[1,{"b":null}]}},
		{"type":"message","ts":1456000002.000003,"text":42,"reactions":"none","files":{},"user":["U1"]}, null, 7]`
)

// Old and odd exports are read as far as they go.
func TestOddExports(t *testing.T) {
	for _, files := range []map[string]string{
		{"channels.json": oneChannel, "general/2016-02-20.json": old, "users.json": `[{"id":"U1","name":"ada"},{},3]`},
		{"my export/channels.json": oneChannel, "my export/general/2016-02-20.json": old, "__MACOSX/my export/._channels.json": "x"},
		{"channels.json": oneChannel, "C000001/2016-02-20.json": old, "general/canvas.json": "{", "integration_logs.json": "["},
	} {
		s, err := archive.FromBytes(zipped(t, files))
		if err != nil {
			t.Errorf("%v: %v", files, err)
			continue
		}
		page, err := s.History(t.Context(), "C000001", wire.Span{Limit: 10})
		if err != nil || len(page.Items) != 3 || page.Items[2].Text != "kept" || page.Items[0].Text != "42" || page.Items[1].Files[0].ID != "F1" {
			t.Errorf("got %+v, %v", page.Items, err)
		}
		if f, err := s.File(t.Context(), "F1"); err != nil || f.Channels[0] != "C000001" {
			t.Errorf("got %+v, %v", f, err)
		}
	}
}

func TestHostileZips(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"no export":      {"a.txt": "x"},
		"leads out":      {"channels.json": oneChannel, "../general/2016-02-20.json": old},
		"absolute":       {"channels.json": oneChannel, "/etc/2016-02-20.json": old},
		"backslash":      {"channels.json": oneChannel, `..\general\2016-02-20.json`: old},
		"broken list":    {"channels.json": `[{"id"`},
		"deep nesting":   {"channels.json": strings.Repeat("[", 100_000)},
		"a bomb in list": {"channels.json": "[" + strings.Repeat(" ", 64<<20) + "]"},
	} {
		if _, err := archive.FromBytes(zipped(t, files)); err == nil {
			t.Errorf("%s: it is opened", name)
		}
	}
	s, err := archive.FromBytes(zipped(t, map[string]string{"channels.json": oneChannel, "general/2016-02-20.json": strings.Repeat(" ", 64<<20) + "[]"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.History(t.Context(), "C000001", wire.Span{Limit: 10}); err == nil || !strings.Contains(err.Error(), "not read") {
		t.Errorf("a file of 64 MB of nothing: %v", err)
	}
	if _, err := archive.FromBytes([]byte("PK no zip")); err == nil {
		t.Error("what is no ZIP is opened")
	}
}

// BenchmarkExport opens an export of 100,000 messages and searches it for the
// first time.
func BenchmarkExport(b *testing.B) {
	name := filepath.Join(b.TempDir(), "export.zip")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(fake.Export(f, 100_000, 50, 500), f.Close()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := archive.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		page, err := s.Search(b.Context(), wire.Query{Words: fake.Needle(50_000), Limit: 20})
		if err != nil || len(page.Items) != 1 {
			b.Fatal(page, err)
		}
		s.Close()
	}
}
