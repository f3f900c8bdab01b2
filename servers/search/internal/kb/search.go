package kb

import (
	"context"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/document"
)

// Query is a question for documents.
type Query struct {
	Text          string
	Kind          document.Kind // "" for any
	Glob          string        // of paths; "" for any
	ModifiedAfter time.Time     // zero for any time
	Skip, Most    int           // hits
}

// Hit is a document that answers a query.
type Hit struct {
	*Entry
	Score float64
	Above []string // the headings that the snippet stands under
	Lines []Line   // the snippet
}

// Line is a line of a snippet.
type Line struct {
	Number int
	Text   string
}

// Hits are the best answers to a query.
type Hits struct {
	Hits []Hit
	// Total is how many documents answer the query; where the query has filters
	// or phrases, at least so many.
	Total int
	More  bool // there are others behind these
}

// maxPhrased bounds the documents that are read to find a phrase.
const maxPhrased = 500

// Search finds the documents that answer a query, best first.
func (c *Collection) Search(ctx context.Context, ask Query) (Hits, error) {
	s := c.splitter()
	defer c.splitters.Put(s)
	q, err := parse(s, ask.Text)
	if err != nil {
		return Hits{}, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.store == nil {
		return Hits{}, c.openErr
	}
	snapshot, err := c.store.reader()
	if err != nil {
		return Hits{}, err
	}
	defer snapshot.Close()
	v := newView(snapshot)
	r := rankings.Get().(*ranking)
	defer r.free()
	r.fit(v.total)
	docs, mean := c.figures()
	rare, err := r.rank(ctx, snapshot, docs, mean, q)
	if err != nil {
		return Hits{}, err
	}
	b, heap := r.begin(q)
	out := Hits{Total: len(heap)}
	f := finder{splitter: s, query: q, rare: rare}
	passed, read := 0, 0
	for len(heap) > 0 {
		if err := ctx.Err(); err != nil {
			return Hits{}, err
		}
		var n uint32
		n, heap = b.next(heap)
		path, err := v.path(n)
		if err != nil {
			return Hits{}, err
		}
		e := c.Entry(path)
		if e == nil || !ask.fits(e) {
			continue
		}
		var text string
		if len(q.phrases) > 0 {
			if read++; read > maxPhrased {
				break
			}
			if text = c.text(v, n, e); !hasAll(text, q.phrases) {
				continue
			}
		}
		if passed++; passed <= ask.Skip {
			continue
		}
		if len(out.Hits) == ask.Most {
			out.More = true
			break
		}
		if text == "" {
			text = c.text(v, n, e)
		}
		hit := Hit{Entry: e, Score: float64(r.score[n]), Lines: f.find(text)}
		if len(hit.Lines) > 0 {
			hit.Above = c.above(v, n, hit.Lines[0].Number)
		}
		out.Hits = append(out.Hits, hit)
	}
	if ask.filters() || len(q.phrases) > 0 {
		out.Total = passed
	}
	return out, nil
}

func (a *Query) filters() bool { return a.Kind != "" || a.Glob != "" || !a.ModifiedAfter.IsZero() }

func (a *Query) fits(e *Entry) bool {
	if a.Kind != "" && a.Kind != e.Kind || !a.ModifiedAfter.IsZero() && !e.ModTime.After(a.ModifiedAfter) {
		return false
	}
	return a.Glob == "" || matches(a.Glob, e.Path)
}

// matches reports whether a path fits a glob. One without a slash is for names
// at any depth.
func matches(glob, path string) bool {
	if !strings.Contains(glob, "/") {
		glob = "**/" + glob
	}
	ok, err := doublestar.Match(strings.TrimPrefix(glob, "/"), path)
	return ok && err == nil
}

func hasAll(text string, phrases []string) bool {
	text = " " + together(text) + " "
	for _, p := range phrases {
		if !strings.Contains(text, " "+p+" ") {
			return false
		}
	}
	return true
}
