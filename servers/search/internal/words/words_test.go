package words_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/words"
)

func TestTerms(t *testing.T) {
	for text, want := range map[string]string{
		"Running the runs":       "run the run",
		"parseHTTPHeader(x)":     "pars http header parsehttpheader x",
		"MAX_LINE_BYTES":         "max line byte max_line_bytes",
		"it's Ada’s café, naïve": "it ada cafe naiv",
		"日本語を":                   "日本 本語 語を",
		"a日":                     "a 日",
		"go1.26 utf8":            "go1 26 utf8",
		"__init__":               "init",
		"\xff\xfe bad":           "bad",
		"x-y_z":                  "x y z y_z",
		"":                       "",
	} {
		if got := strings.Join(words.New().Terms(text), " "); strings.TrimSpace(got) != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// Every term stands where it is said to stand, whatever the text.
func FuzzEach(f *testing.F) {
	for _, seed := range []string{"it's parseHTTP_x 日本 naïve", "’’_'_a", "\xf0\x28\x8c\x28", "ÀÉ_ÇxY"} {
		f.Add(seed)
	}
	s := words.New()
	f.Fuzz(func(t *testing.T, text string) {
		before := 0
		s.Each(text, func(term string, start, end int) {
			if term == "" || start < 0 || end > len(text) || start >= end || end < before {
				t.Fatalf("%q: term %q at %d to %d, after %d", text, term, start, end, before)
			}
			before = end
		})
	})
}

func BenchmarkEach(b *testing.B) {
	text := strings.Repeat("The server opens the file it was asked for, through parsePath, and returns an error otherwise. ", 100)
	s := words.New()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s.Each(text, func(string, int, int) {})
	}
}
