package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

// Tasks is a tasks.Store.
type Tasks struct{ shelf }

// Tasks is where replicas share tasks.
func (s *Store) Tasks() *Tasks {
	return &Tasks{shelf{s, "task", maxTasks, s.most}}
}

// SetStateKeys has other keys count from now on.
func (t *Tasks) SetStateKeys(keys [][]byte) { t.s.SetStateKeys(keys) }

// Create is tasks.Store's.
func (t *Tasks) Create(ctx context.Context, one *tasks.Task) error {
	raw, err := json.Marshal(one)
	if err != nil {
		return err
	}
	return taskFault(t.create(ctx, one.ID, one.Owner, raw, time.Until(one.Created.Add(one.TTL))))
}

// Get is tasks.Store's. A task whose replica is gone has failed.
func (t *Tasks) Get(ctx context.Context, id string) (*tasks.Task, error) {
	one, orphan, _, err := t.read(ctx, id)
	if err != nil || !orphan || one.Status.Final() {
		return one, err
	}
	const why = "the replica that did the work is gone; call the tool again"
	err = t.Change(ctx, id, func(kept *tasks.Task) bool {
		kept.Updated = time.Now()
		ended := kept.End(tasks.Failed, why, nil, fmt.Appendf(nil, `{"code":-32603,"message":%q}`, why))
		one = kept
		return ended
	})
	return one, err
}

func (t *Tasks) read(ctx context.Context, id string) (one *tasks.Task, orphan bool, from *item, err error) {
	from, err = t.get(ctx, id, 0)
	if err != nil {
		return nil, false, nil, taskFault(err)
	}
	one = &tasks.Task{}
	if err := json.Unmarshal(from.text, one); err != nil {
		return nil, false, nil, fmt.Errorf("a task in Redis: %w", err)
	}
	return one, from.orphan, from, nil
}

// Change is tasks.Store's.
func (t *Tasks) Change(ctx context.Context, id string, edit func(*tasks.Task) bool) error {
	for range maxTries {
		one, _, from, err := t.read(ctx, id)
		if err != nil {
			return err
		}
		if !edit(one) {
			return nil
		}
		raw, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if err = t.swap(ctx, id, from, raw); !errors.Is(err, errConflict) {
			return taskFault(err)
		}
	}
	return errAway
}

// maxTries bounds how often a change is tried again because another was faster.
const maxTries = 100

// Delete is tasks.Store's.
func (t *Tasks) Delete(ctx context.Context, id string) error { return taskFault(t.remove(ctx, id)) }

// Watch is tasks.Store's.
func (t *Tasks) Watch(id string, changed func()) (stop func()) {
	w := &watch{changed: changed}
	w.look = func() { // has an end of its own replica told
		ctx, cancel := context.WithTimeout(t.s.ctx, opTime)
		defer cancel()
		_, _ = t.Get(ctx, id) // tells if that was so
	}
	stop = t.s.news.watch(t.channel(), named(id), w)
	t.s.work.Go(func() {
		if left, err := t.left(t.s.ctx, id); err == nil && left > 0 {
			w.until(left + time.Second)
		}
	})
	return stop
}

func taskFault(err error) error {
	switch {
	case errors.Is(err, errGone):
		return tasks.ErrNotFound
	case errors.Is(err, errFull):
		return tasks.ErrFull
	}
	return err
}

func asText(v any) string {
	text, _ := v.(string)
	return text
}

func asInt(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case string:
		n, _ := strconv.ParseInt(v, 10, 64) // what else is there is a version of nothing
		return n
	}
	return 0
}
