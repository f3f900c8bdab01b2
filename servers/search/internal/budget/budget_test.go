package budget_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/budget"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

func open(t *testing.T, o budget.Options) *budget.Budget {
	t.Helper()
	b, err := budget.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestBudget(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	o := budget.Options{Dir: t.TempDir(), DayDollars: 0.01, MonthDollars: 0.02, DayRequests: 3, Now: func() time.Time { return now }}
	b := open(t, o)
	spend := func(b *budget.Budget, d float64) string {
		settle, err := b.Spend("x", d)
		if err != nil {
			return mcpcore.RuleOf(err)
		}
		settle(d)
		return "ok"
	}
	for i, step := range []struct {
		dollars float64
		want    string
	}{{0.005, "ok"}, {0.005, "ok"}, {0.005, "--max-spend-day"}, {0, "ok"}, {0, "--max-requests-day"}} {
		if got := spend(b, step.dollars); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
	// Another process sees it, and so does one that starts later.
	if got := spend(open(t, o), 0.005); got != "--max-spend-day" {
		t.Errorf("a second process: %s", got)
	}
	now = now.Add(24 * time.Hour) // another day and month
	if got := spend(b, 0.01); got != "ok" {
		t.Errorf("the next month: %s", got)
	}
	now = now.Add(24 * time.Hour)
	if got := spend(b, 0.01); got != "ok" {
		t.Errorf("the second day: %s", got)
	}
	now = now.Add(24 * time.Hour)
	if got := spend(b, 0.01); got != "--max-spend-month" {
		t.Errorf("the third day: %s", got)
	}
	// What failed costs nothing, and an account of the engine's own counts.
	settle, err := b.Spend("x", 0)
	if err != nil {
		t.Fatal(err)
	}
	settle(0)
	settle, err = b.Spend("x", 0)
	if err != nil {
		t.Fatal(err)
	}
	settle(0.001)
	if day, month, err := b.Spent(); err != nil || day.Dollars < 0.0009 || day.Dollars > 0.0011 || day.Requests != 2 || month.Requests != 4 {
		t.Errorf("day %+v, month %+v, %v", day, month, err)
	}
}

// However many spend at once, in however many processes, no more is spent than
// may be.
func TestTogether(t *testing.T) {
	o := budget.Options{Dir: t.TempDir(), DayDollars: 0.1}
	var spent atomic.Int64
	var work sync.WaitGroup
	for range 4 {
		b := open(t, o)
		for range 10 {
			work.Go(func() {
				if _, err := b.Spend("x", 0.01); err == nil {
					spent.Add(1)
				}
			})
		}
	}
	work.Wait()
	if n := spent.Load(); n > 10 || n == 0 {
		t.Errorf("%d of 10 were spent", n)
	}
}

// A line that was half written, or is nonsense, is passed over.
func TestTorn(t *testing.T) {
	o := budget.Options{Dir: t.TempDir(), DayRequests: 2}
	b := open(t, o)
	if _, err := b.Spend("x", 1); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(o.Dir, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	f, err := os.OpenFile(files[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("nonsense\n"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if day, _, err := open(t, o).Spent(); err != nil || day.Requests != 1 {
		t.Errorf("%+v, %v", day, err)
	}
	if text, _ := os.ReadFile(files[0]); strings.Count(string(text), "\n") != 2 {
		t.Errorf("the file is %q", text)
	}
}
