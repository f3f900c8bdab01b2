// Package rate bounds how often something may be asked for: in all, and by
// each of those who ask.
package rate

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limit is how often something may happen: Burst times at once, and then once
// Every so long. The zero value is no limit.
type Limit struct {
	Every time.Duration
	Burst int
}

// most bounds the number of a limit: beyond it there is no use in counting.
const most = 1_000_000

// Parse reads a limit such as "10/s", "100/m" or "1000/h": so many at once, and
// in the long run no more than so many in that time. "0" is no limit.
func Parse(text string) (Limit, error) {
	if text == "0" {
		return Limit{}, nil
	}
	number, unit, _ := strings.Cut(text, "/")
	per := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > most || per == 0 {
		return Limit{}, fmt.Errorf("%q is not a rate such as 10/s, 100/m or 1000/h", text)
	}
	return Limit{Every: per / time.Duration(n), Burst: n}, nil
}

// Unlimited reports whether there is no limit.
func (l Limit) Unlimited() bool { return l.Every <= 0 }

// String is the limit as Parse reads it.
func (l Limit) String() string {
	for _, u := range []struct {
		per  time.Duration
		name string
	}{{time.Second, "s"}, {time.Minute, "m"}, {time.Hour, "h"}} {
		if l.Burst > 0 && u.per/time.Duration(l.Burst) == l.Every {
			return strconv.Itoa(l.Burst) + "/" + u.name
		}
	}
	if l.Unlimited() {
		return "0"
	}
	return fmt.Sprintf("%d at once, then one each %s", l.Burst, l.Every)
}

// Narrow is the limit that keeps to both.
func (l Limit) Narrow(other Limit) Limit {
	switch {
	case l.Unlimited():
		return other
	case other.Unlimited():
		return l
	}
	return Limit{Every: max(l.Every, other.Every), Burst: min(l.Burst, other.Burst)}
}

// wait is how long it takes until there may be one more. A bucket is the time
// at which it will be full again: that is all there is to know of it.
func (l Limit) wait(full, now time.Duration) time.Duration {
	return max(0, full-now-l.Every*time.Duration(max(l.Burst, 1)-1))
}

// Buckets count what happens against a limit for all and one for each.
type Buckets struct {
	start time.Time

	mu    sync.Mutex
	total time.Duration            // when the bucket of all is full
	by    map[string]time.Duration // and that of each
	swept time.Duration
}

// New makes buckets that are full.
func New() *Buckets {
	return &Buckets{start: time.Now(), by: map[string]time.Duration{}, swept: math.MinInt64}
}

// Refusal says why something may not happen now.
type Refusal struct {
	Limit Limit         // that has been reached
	All   bool          // it is the limit for all
	After time.Duration // when to try again
}

// Take counts one more by who, of whom each is the limit. What is refused is
// not counted. The limits may be others than before.
func (b *Buckets) Take(who string, each, all Limit) *Refusal {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.take(who, each, all, time.Since(b.start))
}

func (b *Buckets) take(who string, each, all Limit, now time.Duration) *Refusal {
	if !each.Unlimited() {
		who = b.find(who, now)
		if after := each.wait(b.by[who], now); after > 0 {
			return &Refusal{Limit: each, After: after}
		}
	}
	if !all.Unlimited() {
		if after := all.wait(b.total, now); after > 0 {
			return &Refusal{Limit: all, All: true, After: after}
		}
		b.total = max(b.total, now) + all.Every
	}
	if !each.Unlimited() {
		b.by[who] = max(b.by[who], now) + each.Every
	}
	return nil
}

const (
	maxBuckets = 10_000
	others     = "" // the bucket that those share for whom there is none of their own
	sweepEvery = time.Second
)

// find makes room for a bucket of who's own, or has who share one: names and
// addresses that somebody makes up must not fill the memory. A full bucket is
// as good as none and is forgotten.
func (b *Buckets) find(who string, now time.Duration) string {
	if _, known := b.by[who]; known || len(b.by) < maxBuckets {
		return who
	}
	if now-sweepEvery >= b.swept {
		b.swept = now
		for name, full := range b.by {
			if full <= now {
				delete(b.by, name)
			}
		}
		if len(b.by) < maxBuckets {
			return who
		}
	}
	return others
}
