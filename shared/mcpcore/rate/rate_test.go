package rate

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func parsed(t *testing.T, text string) Limit {
	t.Helper()
	l, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if l.String() != text {
		t.Errorf("%s prints as %s", text, l)
	}
	return l
}

func TestParse(t *testing.T) {
	for text, want := range map[string]Limit{
		"0": {}, "10/s": {100 * time.Millisecond, 10}, "60/m": {time.Second, 60}, "2/h": {30 * time.Minute, 2},
		"1000000/s": {time.Microsecond, 1_000_000},
	} {
		if got := parsed(t, text); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{"", "10", "/s", "10/", "10/d", "0/s", "-1/s", "1.5/s", "10/s ", " 10/s", "1000001/s", "99999999999999999999/s", "1/1/s"} {
		if l, err := Parse(text); err == nil {
			t.Errorf("%q is taken as %v", text, l)
		}
	}
}

// So many at once, then evenly; what is refused costs nothing and says when to
// come back, which is then good.
func TestEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, limit := New(), parsed(t, "60/m")
		for i := range 60 {
			if r := b.Take("ada", limit, Limit{}); r != nil {
				t.Fatalf("number %d is refused: %+v", i+1, r)
			}
		}
		for range 100 {
			if r := b.Take("ada", limit, Limit{}); r == nil || r.All || r.After != time.Second {
				t.Fatalf("got %+v, want a refusal for 1 s", r)
			}
		}
		if r := b.Take("bob", limit, Limit{}); r != nil {
			t.Errorf("another is refused: %+v", r)
		}
		<-time.After(time.Second - 1)
		if r := b.Take("ada", limit, Limit{}); r == nil || r.After != 1 {
			t.Errorf("too early: got %+v, want a refusal for 1 ns", r)
		}
		<-time.After(1)
		if r := b.Take("ada", limit, Limit{}); r != nil {
			t.Errorf("in time: %+v", r)
		}
		if r := b.Take("ada", limit, Limit{}); r == nil {
			t.Error("two at the price of one")
		}
		<-time.After(time.Hour)
		n := 0
		for b.Take("ada", limit, Limit{}) == nil {
			n++
		}
		if n != 60 {
			t.Errorf("%d at once after a rest, want 60", n)
		}
	})
}

// The limit for all holds whoever asks, and one who is over their own limit
// does not use it up.
func TestAll(t *testing.T) {
	b, each, all := New(), parsed(t, "4/s"), parsed(t, "10/s")
	for range 1000 {
		b.take("ada", each, all, 0)
	}
	for _, who := range []string{"bob", "cyd"} {
		n := 0
		for b.take(who, each, all, 0) == nil {
			n++
		}
		if want := map[string]int{"bob": 4, "cyd": 2}[who]; n != want {
			t.Errorf("%s: %d, want %d", who, n, want)
		}
	}
	if r := b.take("dan", each, all, 0); r == nil || !r.All || r.After != 100*time.Millisecond {
		t.Errorf("got %+v, want a refusal of all for 100 ms", r)
	}
}

// Two limits together are never wider than either.
func TestNarrow(t *testing.T) {
	for _, test := range []struct {
		one, other string
		want       Limit
	}{
		{"10/s", "3/s", parsed(t, "3/s")},
		{"10/s", "300/s", parsed(t, "10/s")},
		{"10/s", "100/h", Limit{36 * time.Second, 10}},
		{"0", "3/s", parsed(t, "3/s")},
		{"0", "0", Limit{}},
	} {
		one, other := parsed(t, test.one), parsed(t, test.other)
		if got := one.Narrow(other); got != test.want {
			t.Errorf("%s and %s: %v, want %v", one, other, got, test.want)
		}
		if got := other.Narrow(one); got != test.want {
			t.Errorf("%s and %s: %v, want %v", other, one, got, test.want)
		}
	}
	if b := New(); b.Take("ada", Limit{}, Limit{}) != nil || len(b.by) != 0 {
		t.Error("no limit is one")
	}
}

// However many there are, memory is bounded: those who come too late share a
// bucket until others' are full again and forgotten.
func TestBounded(t *testing.T) {
	b, each := New(), parsed(t, "1/m")
	for i := range 3 * maxBuckets {
		b.take(fmt.Sprint(i), each, Limit{}, 0)
	}
	if n := len(b.by); n > maxBuckets+1 {
		t.Fatalf("%d buckets", n)
	}
	if b.take("0", each, Limit{}, 0) == nil {
		t.Error("somebody's bucket was given up")
	}
	if b.take("late", each, Limit{}, 30*time.Second) == nil {
		t.Error("one who came too late has a bucket of their own")
	}
	if r := b.take("late", each, Limit{}, time.Minute); r != nil {
		t.Errorf("there is no room after a minute: %+v", r)
	}
	if n := len(b.by); n > 1 {
		t.Errorf("%d buckets are kept though they are full", n)
	}
}

func TestTogether(t *testing.T) {
	b, each := New(), parsed(t, "1000/h")
	var all sync.WaitGroup
	taken := make(chan int, 20)
	for i := range 20 {
		all.Go(func() {
			n := 0
			for range 100 {
				if b.Take(fmt.Sprint(i%4), each, each) == nil {
					n++
				}
			}
			taken <- n
		})
	}
	all.Wait()
	close(taken)
	sum := 0
	for n := range taken {
		sum += n
	}
	if sum != 1000 {
		t.Errorf("%d were let pass, want 1000", sum)
	}
}

func BenchmarkTake(b *testing.B) {
	l, err := Parse("1000000/s")
	if err != nil {
		b.Fatal(err)
	}
	buckets := New()
	b.ReportAllocs()
	for b.Loop() {
		buckets.Take("ada", l, l)
	}
}
