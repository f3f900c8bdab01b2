package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 3}, 2.5}} {
		if got := median(c.in); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.in, got, c.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	var hundred []int
	for i := range 100 {
		hundred = append(hundred, i+1)
	}
	for p, want := range map[float64]int{0: 1, 0.5: 50, 0.99: 99, 1: 100} {
		if got := percentile(hundred, p); got != want {
			t.Errorf("percentile(1..100, %v) = %d, want %d", p, got, want)
		}
	}
}

func TestIDOf(t *testing.T) {
	for _, c := range []struct {
		line string
		id   int
		ok   bool
	}{
		{`{"jsonrpc":"2.0","id":1042,"result":{}}`, 1042, true},
		{`{"result":{},"id": 7}`, 7, true},
		{`{"jsonrpc":"2.0","id":"7","result":{}}`, 0, false},
		{`{"jsonrpc":"2.0","method":"notifications/message"}`, 0, false},
	} {
		if id, ok := idOf([]byte(c.line)); id != c.id || ok != c.ok {
			t.Errorf("idOf(%s) = %d, %v; want %d, %v", c.line, id, ok, c.id, c.ok)
		}
	}
}

// A benchmark that believes a wrong answer measures nothing.
func TestCheckRefusesWrongAnswers(t *testing.T) {
	l := newLoad(legacy, 3)
	right := `{"id":1001,"result":{"content":[{"type":"text","text":` + string(l.texts[1]) + `}]}}`
	fresh := func() []time.Duration { return make([]time.Duration, 3) }
	if i, err := l.check([]byte(right), fresh(), 2); i != 1 || err != nil {
		t.Errorf("a right answer: got %d, %v", i, err)
	}
	if i, err := l.check([]byte(`{"method":"notifications/message"}`), fresh(), 2); i != -1 || err != nil {
		t.Errorf("a notification: got %d, %v", i, err)
	}
	if _, err := l.check([]byte(right), []time.Duration{0, 5, 0}, 2); err == nil {
		t.Error("a second answer to the same call was believed")
	}
	if _, err := l.check([]byte(right), fresh(), 1); err == nil {
		t.Error("an answer to a call not yet made was believed")
	}
	for _, wrong := range []string{
		`{"id":1001,"result":{"content":[]}}`,
		strings.Replace(right, "1001", "1000", 1),
		`{"id":null,"error":{"code":-32700}}`,
	} {
		if _, err := l.check([]byte(wrong), fresh(), 3); err == nil {
			t.Errorf("believed %s", wrong)
		}
	}
}

func TestRequestCarriesMetaInTheModernEraOnly(t *testing.T) {
	if got := string(request(legacy, 5, "tools/list", "")); got != `{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{}}`+"\n" {
		t.Errorf("legacy: %s", got)
	}
	if got := string(request(modern, 5, "tools/call", `"name":"echo"`)); !strings.Contains(got, `{"name":"echo","_meta":{`) {
		t.Errorf("modern: %s", got)
	}
}

func TestLineReaderJoinsWhatArrivesInParts(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	long := strings.Repeat("x", 100)
	go func() {
		defer out.Close()
		for _, part := range []string{"on", "e\ntwo\n", long, long + "\n"} {
			if _, err := out.WriteString(part); err != nil {
				return
			}
		}
	}()
	r := &lineReader{src: in, buf: make([]byte, 16)}
	var got []string
	for len(got) < 3 {
		for line, ok := r.line(); ok; line, ok = r.line() {
			got = append(got, string(line))
		}
		if len(got) < 3 {
			if err := r.fill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := "one two " + long + long; strings.Join(got, " ") != want {
		t.Errorf("got %q", got)
	}
}

func TestPlantIsDeterministicAndCounted(t *testing.T) {
	size := treeSize{Dirs: 20, Files: 100, Flat: 10, TextBytes: 1000, Small: 2}
	var seen [2]string
	for i := range seen {
		g, err := plant(t.TempDir(), size)
		if err != nil {
			t.Fatal(err)
		}
		var names strings.Builder
		err = filepath.WalkDir(g.source, func(path string, _ os.DirEntry, err error) error {
			names.WriteString(strings.TrimPrefix(path, g.source) + "\n")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		seen[i] = names.String()
		if got := countNames([]byte(seen[i]), "", 100); got != size.Files {
			t.Errorf("%d files, want %d", got, size.Files)
		}
		if got := countNames([]byte(seen[i]), ".go", 100); got != g.goFiles {
			t.Errorf("%d .go files, want %d", got, g.goFiles)
		}
	}
	if seen[0] != seen[1] {
		t.Error("two trees of one size differ")
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		g    goal
		want string
	}{
		{goal{Op: ">=", Limit: 2, Values: []float64{1, 3, 2}}, "reached"},
		{goal{Op: "<", Limit: 1, Values: []float64{1}}, "MISSED"},
		{goal{Op: "<=", Limit: 1, Values: []float64{1}}, "reached"},
		{goal{Op: "<=", Limit: 1}, "not measured"},
		{goal{Op: "<=", Limit: 1, Values: []float64{1}, Spoilt: "cut"}, "spoilt: cut"},
	} {
		if c.g.judge(); c.g.Verdict != c.want {
			t.Errorf("%+v: want %s", c.g, c.want)
		}
	}
}

func TestFilesystemGoals(t *testing.T) {
	g := &grove{small: []string{"a"}}
	jobs := fsJobs(g)
	r := &fsResult{}
	for _, job := range jobs {
		us, ref := r.row(job.Name, ours), r.row(job.Name, reference)
		us.MS, us.RSS, ref.MS = []float64{10, 20}, []float64{30e6, 40e6}, []float64{60, 100}
		if job.floor != nil {
			r.row(job.Name, job.floor[0]).MS = []float64{5, 5}
		}
	}
	r.row(jobs[1].Name, ours).Fault = "incomplete"
	var got []string
	for _, goal := range r.fsGoals(jobs) {
		goal.judge()
		got = append(got, goal.Verdict)
	}
	want := "reached; spoilt: incomplete; MISSED; MISSED; reached; reached"
	if strings.Join(got, "; ") != want {
		t.Errorf("verdicts %q, want %q", strings.Join(got, "; "), want)
	}
}
