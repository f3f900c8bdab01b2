package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/engine"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/fuse"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// answers are what engines found for one query.
type answers struct {
	lists    []fuse.List
	facts    []engine.Fact
	warnings []string
	more     bool
}

// deadline is how long engines are waited for. What came until then is shown.
const deadline = 30 * time.Second

// how long answers are kept, by kind.
var keep = map[engine.Kind]time.Duration{engine.Web: 15 * time.Minute, engine.News: 2 * time.Minute, engine.Images: 15 * time.Minute, engine.Videos: 15 * time.Minute}

// askAll puts queries to engines side by side. It fails where no engine answers
// any of them.
func (s *server) askAll(ctx context.Context, engines []engine.Engine, queries []string, ask engine.Query) ([]answers, error) {
	within, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	type one struct {
		answer *engine.Answer
		err    error
	}
	got := make([]one, len(queries)*len(engines))
	var work sync.WaitGroup
	for i, text := range queries {
		for j, e := range engines {
			q := ask
			q.Text = text
			work.Go(func() {
				r := &got[i*len(engines)+j]
				r.answer, r.err = s.askOne(within, e, q)
			})
		}
	}
	work.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	out := make([]answers, len(queries))
	var errs []error
	worked := false
	for i := range queries {
		for j, e := range engines {
			r := got[i*len(engines)+j]
			if r.err != nil {
				if errors.Is(r.err, context.DeadlineExceeded) {
					r.err = fmt.Errorf("%s does not answer within %s", e.Name(), deadline)
				}
				errs = append(errs, r.err)
				out[i].warnings = append(out[i].warnings, r.err.Error())
				continue
			}
			worked = true
			a := r.answer
			out[i].lists = append(out[i].lists, fuse.List{Engine: e.Name(), Results: a.Results})
			out[i].facts = append(out[i].facts, a.Facts...)
			out[i].warnings = append(out[i].warnings, a.Warnings...)
			if a.Altered != "" {
				out[i].warnings = append(out[i].warnings, fmt.Sprintf("%s searched for %q instead of %q", e.Name(), cutRunes(a.Altered, 200), cutRunes(queries[i], 200)))
			}
			out[i].more = out[i].more || a.More
		}
	}
	if !worked {
		if len(errs) == 1 {
			return nil, errs[0]
		}
		return nil, errors.Join(errs...)
	}
	for _, err := range errs {
		mcpcore.Partly(ctx, err)
	}
	return out, nil
}

// askOne asks an engine, or the cache.
func (s *server) askOne(ctx context.Context, e engine.Engine, q engine.Query) (*engine.Answer, error) {
	raw, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	var a engine.Answer
	err = s.cache.Do(ctx, "search "+e.Name()+" "+string(raw), keep[q.Kind], &a, func() (any, error) { return e.Search(ctx, q) })
	if err != nil {
		return nil, err
	}
	return &a, nil
}
