package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const searchBinary = "servers/search/cmd/mcp-search"

// searchResult is the benchmark of mcp-search: against a search engine on
// loopback, and over a collection of documents.
type searchResult struct {
	Rounds    int     `json:"rounds"`
	Documents int     `json:"documents"`
	Goals     []*goal `json:"goals"`
}

// searchGoals are the claims, in the order in which they are shown.
func searchGoals() []*goal {
	return []*goal{
		{What: "start to tools/list", Op: "<=", Limit: 30, Unit: "ms"},
		{What: "tools/list", Op: "<=", Limit: 12_000, Unit: " bytes"},
		{What: "program, stripped", Op: "<=", Limit: 20, Unit: " MB"},
		{What: "web_search beyond the engine's answer, p50", Op: "<=", Limit: 1, Unit: "ms"},
		{What: "web_search from the cache, p50", Op: "<=", Limit: 0.3, Unit: "ms"},
		{What: "kb_search with snippets, p50", Op: "<=", Limit: 1, Unit: "ms"},
		{What: "kb_search with snippets, p99", Op: "<=", Limit: 10, Unit: "ms"},
		{What: "memory when idle", Op: "<=", Limit: 150, Unit: " MB"},
		{What: "index beside the text", Op: "<=", Limit: 1, Unit: "x"},
	}
}

func runSearch(ctx context.Context, w *workshop, o options, dir string, out io.Writer) (*searchResult, error) {
	bin, err := w.build(ctx, searchBinary, "GOFLAGS=-ldflags=-s")
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(bin)
	if err != nil {
		return nil, err
	}
	res := &searchResult{Rounds: o.rounds, Documents: 8000, Goals: searchGoals()}
	if o.quick {
		res.Documents = 200
	}
	docs := filepath.Join(dir, "documents")
	queries, text, err := plantDocuments(docs, res.Documents)
	if err != nil {
		return nil, err
	}
	engine := httptest.NewServer(http.HandlerFunc(answerSearch))
	defer engine.Close()
	s := &searchRun{res: res, dir: dir, argv: []string{
		bin, "--no-watch", "--index-dir", filepath.Join(dir, "indexes"), "--cache-dir", filepath.Join(dir, "cache"), "--searxng-url", engine.URL, "docs=" + docs,
	}}
	for range o.rounds {
		s.note(2, float64(info.Size())/1e6)
		if err := s.round(ctx, engine.URL, queries, text); err != nil {
			return nil, err
		}
	}
	printGoals(out, fmt.Sprintf("mcp-search, %d documents, %d rounds", res.Documents, o.rounds), res.Goals)
	return res, nil
}

type searchRun struct {
	res  *searchResult
	dir  string
	argv []string
	asks int
}

func (s *searchRun) note(goal int, v float64) {
	s.res.Goals[goal].Values = append(s.res.Goals[goal].Values, v)
}

// round starts the server anew and measures each thing once.
func (s *searchRun) round(ctx context.Context, engine string, queries []string, text int64) error {
	began := time.Now()
	p, err := start(ctx, "mcp-search", s.argv)
	if err != nil {
		return err
	}
	defer p.stop()
	list, err := p.roundTrip(request(modern, 1, "tools/list", ""), 1)
	if err != nil {
		return err
	}
	s.note(0, millis(time.Since(began)))
	s.note(1, float64(len(list)))
	for { // the first round waits for the documents to be indexed
		answer, err := p.roundTrip(call(2, "kb_search", `"query":"kalo"`), 2)
		if err != nil {
			return err
		}
		if !bytes.Contains(answer, []byte("still being indexed")) {
			break
		}
	}
	s.note(7, p.memory("VmRSS:")/1e6)
	times := func(n int, args func(i int) (string, string)) ([]time.Duration, error) {
		var took []time.Duration
		for i := range n {
			tool, in := args(i)
			began := time.Now()
			answer, err := p.roundTrip(call(3, tool, in), 3)
			if err == nil && (bytes.Contains(answer, []byte(`"isError":true`)) || !bytes.Contains(answer, []byte(`"content"`))) {
				err = fmt.Errorf("%s: %.300s", tool, answer)
			}
			if err != nil {
				return nil, err
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		return took, nil
	}
	found, err := times(min(500, 5*len(queries)), func(i int) (string, string) {
		return "kb_search", fmt.Sprintf(`"query":%q`, queries[i%len(queries)])
	})
	if err != nil {
		return err
	}
	s.note(5, millis(percentile(found, 0.5)))
	s.note(6, millis(percentile(found, 0.99)))
	return s.web(ctx, engine, times, text)
}

// web measures searches that the engine on loopback answers, beside asking it
// without a server between.
func (s *searchRun) web(ctx context.Context, engine string, times func(int, func(int) (string, string)) ([]time.Duration, error), text int64) error {
	var bare []time.Duration
	for i := range 200 {
		began := time.Now()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/search?format=json&q=bare%d", engine, i), nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil {
			return err
		}
		bare = append(bare, time.Since(began))
	}
	slices.Sort(bare)
	fresh, err := times(200, func(int) (string, string) {
		s.asks++
		return "web_search", fmt.Sprintf(`"query":"question %d"`, s.asks)
	})
	if err != nil {
		return err
	}
	kept, err := times(200, func(int) (string, string) { return "web_search", `"query":"the same"` })
	if err != nil {
		return err
	}
	s.note(3, millis(percentile(fresh, 0.5)-percentile(bare, 0.5)))
	s.note(4, millis(percentile(kept, 0.5)))
	var size int64
	err = filepath.WalkDir(filepath.Join(s.dir, "indexes"), func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil //nolint:nilerr // a file that goes as it is merged
	})
	s.note(8, float64(size)/float64(text))
	return err
}

func call(id int, tool, args string) []byte {
	return request(modern, id, "tools/call", fmt.Sprintf(`"name":%q,"arguments":{%s}`, tool, args))
}

// answerSearch is a search engine: an instance of SearXNG that knows ten pages.
func answerSearch(w http.ResponseWriter, _ *http.Request) {
	var rows []string
	for i := range 10 {
		rows = append(rows, fmt.Sprintf(`{"title":"Hit %d","url":"https://site%d.example/","content":"What the page is about, in a sentence or two that are not too long."}`, i, i))
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"query":"x","results":[%s],"answers":[],"corrections":[],"infoboxes":[],"suggestions":[],"unresponsive_engines":[]}`, strings.Join(rows, ","))
}

// plantDocuments writes Markdown files of made-up words, of which few are
// frequent and many rare, and returns queries and how many bytes it wrote.
func plantDocuments(dir string, files int) (queries []string, size int64, err error) {
	r := rand.New(rand.NewPCG(1, 2))
	syllables := strings.Fields("ka lo mi ter ven sol pra nim dus fel gor hat ix jun bel cor dra est fum gal")
	words := make([]string, 40_000)
	for i := range words {
		for range 2 + r.IntN(3) {
			words[i] += syllables[r.IntN(len(syllables))]
		}
	}
	zipf := rand.NewZipf(r, 1.07, 4, uint64(len(words)-1))
	say := func(n int) string {
		out := make([]string, n)
		for i := range out {
			out[i] = words[zipf.Uint64()]
		}
		return strings.Join(out, " ")
	}
	for i := range files {
		var b strings.Builder
		fmt.Fprintf(&b, "# %s\n\n", say(4))
		for range 3 + r.IntN(6) {
			fmt.Fprintf(&b, "## %s\n\n", say(3))
			for range 2 + r.IntN(4) {
				fmt.Fprintf(&b, "%s.\n%s.\n\n", say(12), say(12))
			}
		}
		name := filepath.Join(dir, fmt.Sprint(i%100), fmt.Sprintf("%d.md", i))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return nil, 0, err
		}
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			return nil, 0, err
		}
		size += int64(b.Len())
	}
	for range 200 {
		queries = append(queries, say(1+r.IntN(4)))
	}
	return queries, size, nil
}
