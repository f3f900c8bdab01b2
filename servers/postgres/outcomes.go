package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// outcomes are those of confirmations that were used, so that none is used twice:
// a confirmation that comes again gets what the first one got.
type outcomes struct {
	mu   sync.Mutex
	byID map[string]*outcome
}

// outcome is what a confirmed statement came to.
type outcome struct {
	began  time.Time
	done   chan struct{}
	result *mcpcore.Result
	err    error
}

const (
	outcomeTime  = 20 * time.Minute // longer than a confirmation counts
	mostOutcomes = 10_000
)

var errSpent = errors.New("this confirmation was used before")

// begin marks a confirmation as used, or returns what came of the first use.
func (o *outcomes) begin(id string) (mine, earlier *outcome, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if earlier := o.byID[id]; earlier != nil {
		return nil, earlier, nil
	}
	for id, old := range o.byID {
		if len(o.byID) < mostOutcomes/2 {
			break
		}
		if time.Since(old.began) > outcomeTime {
			delete(o.byID, id)
		}
	}
	if len(o.byID) >= mostOutcomes {
		return nil, nil, mcpcore.RetryAfter(errors.New("too much was changed in a short time to keep record of"), time.Minute)
	}
	if o.byID == nil {
		o.byID = map[string]*outcome{}
	}
	mine = &outcome{began: time.Now(), done: make(chan struct{})}
	o.byID[id] = mine
	return mine, nil, nil
}

// find is what came of a confirmation, or nil where it was not used.
func (o *outcomes) find(id string) *outcome {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.byID[id]
}

func (o *outcome) end(result *mcpcore.Result, err error) {
	o.result, o.err = result, err
	close(o.done)
}

// again is the outcome, for whoever sends the confirmation once more.
func (o *outcome) again(ctx context.Context) (*mcpcore.Result, error) {
	select {
	case <-o.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if o.err != nil {
		return nil, o.err
	}
	note := mcpcore.Text{Text: "This confirmation was used before, at " + o.began.UTC().Format(time.TimeOnly) + " UTC. It was not done again; this is what came of it then."}
	return &mcpcore.Result{Content: append([]mcpcore.Content{note}, o.result.Content...)}, nil
}
