package kb_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/kb"
)

// corpus writes Markdown files of made-up words, of which few are frequent and
// many rare as in a language. It returns words to look for and how many bytes
// it wrote.
func corpus(b *testing.B, dir string, files int) (words []string, bytes int64) {
	r := rand.New(rand.NewPCG(1, 2))
	syllables := strings.Fields("ka lo mi ter ven sol pra nim dus fel gor hat ix jun bel cor dra est fum gal")
	vocabulary := make([]string, 40_000)
	for i := range vocabulary {
		for range 2 + r.IntN(3) {
			vocabulary[i] += syllables[r.IntN(len(syllables))]
		}
	}
	zipf := rand.NewZipf(r, 1.07, 4, uint64(len(vocabulary)-1))
	sentence := func(n int) string {
		out := make([]string, n)
		for i := range out {
			out[i] = vocabulary[zipf.Uint64()]
		}
		return strings.Join(out, " ")
	}
	for i := range files {
		var text strings.Builder
		fmt.Fprintf(&text, "# %s\n\n", sentence(4))
		for range 3 + r.IntN(6) {
			fmt.Fprintf(&text, "## %s\n\n", sentence(3))
			for range 2 + r.IntN(4) {
				fmt.Fprintf(&text, "%s.\n%s.\n\n", sentence(12), sentence(12))
			}
		}
		bytes += int64(text.Len())
		write(b, fmt.Sprintf("%s/%d/%d.md", dir, i%100, i), text.String())
	}
	for range 500 {
		words = append(words, sentence(1+r.IntN(4)))
	}
	return words, bytes
}

// BenchmarkCollection measures a collection of 8,000 Markdown files: indexing
// all, a query with snippets, and an update of one file.
func BenchmarkCollection(b *testing.B) {
	dir, indexes := b.TempDir(), b.TempDir()
	queries, bytes := corpus(b, dir, 8000)
	began := time.Now()
	c := open(b, dir, indexes, nil)
	took := time.Since(began)
	b.Run("query", func(b *testing.B) {
		var times []time.Duration
		for i := 0; b.Loop(); i++ {
			began := time.Now()
			if _, err := c.Search(b.Context(), kb.Query{Text: queries[i%len(queries)], Most: 10}); err != nil {
				b.Fatal(err)
			}
			times = append(times, time.Since(began))
		}
		slices.Sort(times)
		b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64(bytes)/1e6/took.Seconds(), "index-MB/s")
		b.ReportMetric(float64(c.Status().IndexBytes)/float64(bytes), "index/text")
	})
	b.Run("update", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			write(b, dir+"/0/0.md", fmt.Sprintf("# Changed %d\n\nkalo miter %s\n", i, strings.Repeat("x", i%100)))
			if err := c.Sync(b.Context(), "0/0.md"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
