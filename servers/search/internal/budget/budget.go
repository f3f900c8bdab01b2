// Package budget counts what searching costs, for all processes of a user
// together, and refuses what would cost too much.
package budget

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Options are the ceilings. 0 stands for none.
type Options struct {
	Dir                      string // where it is written down
	DayDollars, MonthDollars float64
	DayRequests              int
	Now                      func() time.Time // nil: the clock
}

// Budget is an account. It is a file to which every process appends, so that
// none is asked to wait and nothing is lost with one that is killed.
type Budget struct {
	o Options

	mu    sync.Mutex
	month string // that the file is of
	file  *os.File
	read  int64 // how much of it was read
	days  map[string]*Sum
	total Sum
}

// Sum is what was spent.
type Sum struct {
	Dollars  float64
	Requests int
}

// line is an entry. A correction has no requests, or takes one back.
type line struct {
	Time     int64   `json:"t"`
	Engine   string  `json:"e"`
	Dollars  float64 `json:"usd"`
	Requests int     `json:"n"`
}

// Open opens the account.
func Open(o Options) (*Budget, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &Budget{o: o}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b, b.turn(o.Now().UTC())
}

// Close closes the account.
func (b *Budget) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file == nil {
		return nil
	}
	err := b.file.Close()
	b.file = nil
	return err
}

// turn takes the file of the month.
func (b *Budget) turn(now time.Time) error {
	month := now.Format("2006-01")
	if b.file != nil && month == b.month {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(b.o.Dir, "spend-"+month+".jsonl"), os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if b.file != nil {
		b.file.Close()
	}
	b.file, b.month, b.read, b.days, b.total = f, month, 0, map[string]*Sum{}, Sum{}
	return b.catchUp()
}

// catchUp reads what was appended since, by whomever.
func (b *Budget) catchUp() error {
	r := bufio.NewReader(io.NewSectionReader(b.file, b.read, 1<<40))
	for {
		raw, err := r.ReadBytes('\n')
		if err != nil { // what has no end yet is read when it has
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		b.read += int64(len(raw))
		var l line
		if json.Unmarshal(raw, &l) != nil {
			continue
		}
		day := time.Unix(l.Time, 0).UTC().Format(time.DateOnly)
		if b.days[day] == nil {
			b.days[day] = &Sum{}
		}
		b.days[day].Dollars += l.Dollars
		b.days[day].Requests += l.Requests
		b.total.Dollars += l.Dollars
		b.total.Requests += l.Requests
	}
}

func (b *Budget) add(l line) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if _, err := b.file.Write(append(raw, '\n')); err != nil {
		return err
	}
	return b.catchUp()
}

// Spend writes down what a request will cost, and refuses it where that is too
// much. What it came to is told to the function that it returns: a request that
// failed costs nothing. Where nothing can be written down nothing is spent.
func (b *Budget) Spend(engine string, dollars float64) (func(float64), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.o.Now().UTC()
	l := line{now.Unix(), engine, dollars, 1}
	if err := errors.Join(b.turn(now), b.add(l)); err != nil {
		return nil, fmt.Errorf("what is spent cannot be written down: %w", err)
	}
	back := line{l.Time, engine, -dollars, -1}
	// All who write come before they look, so two that meet are refused both
	// rather than neither.
	if err := b.exceeded(now); err != nil {
		return nil, errors.Join(err, b.add(back))
	}
	return func(came float64) {
		if came == dollars {
			return
		}
		fix := line{l.Time, engine, came - dollars, 0}
		if came == 0 {
			fix = back
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.file != nil {
			_ = b.add(fix) // or it is counted as spent
		}
	}, nil
}

func (b *Budget) exceeded(now time.Time) error {
	today := Sum{}
	if d := b.days[now.Format(time.DateOnly)]; d != nil {
		today = *d
	}
	midnight := now.Truncate(24 * time.Hour).Add(24 * time.Hour)
	refuse := func(rule, what string, until time.Time) error {
		return mcpcore.RetryAfter(mcpcore.Refused(rule, mcpcore.Hint(fmt.Errorf("%s is used up until %s", what, until.Format(time.RFC3339)),
			"use what was found already; a person can raise "+rule)), until.Sub(now))
	}
	const slack = 1e-9
	switch {
	case b.o.DayDollars > 0 && today.Dollars > b.o.DayDollars+slack:
		return refuse("--max-spend-day", fmt.Sprintf("the budget of $%.2f a day", b.o.DayDollars), midnight)
	case b.o.DayRequests > 0 && today.Requests > b.o.DayRequests:
		return refuse("--max-requests-day", fmt.Sprintf("the allowance of %d requests a day", b.o.DayRequests), midnight)
	case b.o.MonthDollars > 0 && b.total.Dollars > b.o.MonthDollars+slack:
		return refuse("--max-spend-month", fmt.Sprintf("the budget of $%.2f a month", b.o.MonthDollars),
			time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC))
	}
	return nil
}

// Spent tells what was spent today and this month, by all processes.
func (b *Budget) Spent() (day, month Sum, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.o.Now().UTC()
	if err := errors.Join(b.turn(now), b.catchUp()); err != nil {
		return Sum{}, Sum{}, err
	}
	if d := b.days[now.Format(time.DateOnly)]; d != nil {
		day = *d
	}
	return day, b.total, nil
}
