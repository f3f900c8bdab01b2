package audit_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
)

// Whatever is done to a log that is not at its end is found, with the number of
// the line.
func TestTampering(t *testing.T) {
	file := logFile(t)
	add(t, file, 6)
	for name, c := range map[string]struct {
		edit func(lines []string) []string
		line int
		why  string
	}{
		"changed":       {func(l []string) []string { l[2] = strings.Replace(l[2], "ok", "no", 1); return l }, 4, "one of the two was changed"},
		"first changed": {func(l []string) []string { l[0] = strings.Replace(l[0], "ok", "no", 1); return l }, 2, "one of the two was changed"},
		"space added":   {func(l []string) []string { l[2] = strings.Replace(l[2], ",", ", ", 1); return l }, 4, "one of the two was changed"},
		"removed":       {func(l []string) []string { return slices.Delete(l, 2, 4) }, 3, "2 lines are missing before it"},
		"swapped":       {func(l []string) []string { l[2], l[3] = l[3], l[2]; return l }, 3, "1 lines are missing before it"},
		"doubled":       {func(l []string) []string { return slices.Insert(l, 3, l[2]) }, 4, "it is number 3 and stands after number 3"},
		"moved back":    {func(l []string) []string { return slices.Insert(l[:5:5], 5, l[0]) }, 6, "stands after number 5"},
		"inserted":      {func(l []string) []string { return slices.Insert(l, 3, "{\"v\":1}\n") }, 5, "nothing explains what stands before it"},
		"text":          {func(l []string) []string { return slices.Insert(l, 0, "hello\n") }, 2, "nothing explains"},
		"empty line":    {func(l []string) []string { return slices.Insert(l, 3, "\n") }, 5, "nothing explains"},
		"number":        {func(l []string) []string { l[5] = strings.Replace(l[5], `"seq":6`, `"seq":7`, 1); return l }, 6, "its number is 7 after 5"},
		"first gone":    {func(l []string) []string { l[1] = strings.Replace(l[1], `"seq":2`, `"seq":1`, 1); return l[1:] }, 1, "has none before it"},
		"newer":         {func(l []string) []string { l[5] = strings.Replace(l[5], `"v":1`, `"v":9`, 1); return l }, 6, "form 9"},
		"end cut off":   {func(l []string) []string { l[5] = l[5][:50]; return l }, 6, "a line is being written"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := file + "." + strings.ReplaceAll(name, " ", "-")
			lines := read(t, file)
			lines[5] += "\n"
			write(t, changed, c.edit(lines)...)
			_, err := audit.Verify([]string{changed})
			var fault *audit.Fault
			if !errors.As(err, &fault) {
				t.Fatalf("got %v", err)
			}
			if fault.Line != c.line || fault.File != changed || !strings.Contains(fault.Why, c.why) {
				t.Errorf("got %v, want line %d: %s", err, c.line, c.why)
			}
		})
	}
}

// Lines that are gone from the end, or a whole new chain, are found by a hash
// that was noted before.
func TestKnown(t *testing.T) {
	file := logFile(t)
	add(t, file, 4)
	noted := whole(t, file).Head
	add(t, file, 2)
	last := whole(t, file).Head
	lines := read(t, file)
	if _, err := audit.Verify([]string{file}, noted, last); err != nil {
		t.Error(err)
	}
	cut := file + ".cut"
	write(t, cut, lines[:3]...)
	if r := whole(t, cut); r.Lines != 3 {
		t.Errorf("got %d lines", r.Lines)
	}
	if _, err := audit.Verify([]string{cut}, noted); err == nil || !strings.Contains(err.Error(), noted.String()) {
		t.Errorf("got %v", err)
	}
	if again, err := audit.ParseHash(noted.String()); err != nil || again != noted {
		t.Errorf("got %v, %v", again, err)
	}
	for _, bad := range []string{"", "ab", strings.ToUpper(noted.String()) + "0", strings.Repeat("g", 64)} {
		if _, err := audit.ParseHash(bad); err == nil {
			t.Errorf("%q was taken for a hash", bad)
		}
	}
}

// The server itself says where it found that lines were gone.
func TestCut(t *testing.T) {
	file := logFile(t)
	add(t, file, 4)
	write(t, file, read(t, file)[:2]...)
	add(t, file, 1)
	_, err := audit.Verify([]string{file})
	if err == nil || !strings.Contains(err.Error(), ":3: the server found here that lines were missing") {
		t.Errorf("got %v", err)
	}
	if l := parsed(t, read(t, file)[2]); l.Kind != audit.Cut || l.Seq != 5 {
		t.Errorf("got %+v", l)
	}
}

// What began and did not end is told.
func TestOpenCalls(t *testing.T) {
	file := logFile(t)
	g := open(t, file)
	for _, l := range []*audit.Line{{Kind: audit.Start}, {Kind: audit.Start}, {Kind: audit.Start}, {Kind: audit.Call, Start: 2}} {
		if _, err := g.Append(l); err != nil {
			t.Fatal(err)
		}
	}
	if r := whole(t, file); !slices.Equal(r.Open, []uint64{1, 3}) {
		t.Errorf("got %v", r.Open)
	}
}

func TestVerifyMissing(t *testing.T) {
	if _, err := audit.Verify([]string{logFile(t)}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	empty := logFile(t)
	write(t, empty)
	if r := whole(t, empty); r.Lines != 0 {
		t.Errorf("got %d lines", r.Lines)
	}
}

// No byte of a log can be changed without a trace, but for the last line when
// its hash is not known.
func FuzzTampering(f *testing.F) {
	dir := f.TempDir()
	file := dir + "/audit.log"
	g, err := audit.Open(file, audit.Options{Server: "fuzz"})
	if err != nil {
		f.Fatal(err)
	}
	for i := range 4 {
		if _, err := g.Append(line(fmt.Sprint(i))); err != nil {
			f.Fatal(err)
		}
	}
	_ = g.Close()
	good, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	r, err := audit.Verify([]string{file})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(0, byte('x'))
	f.Add(len(good)-1, byte(' '))
	f.Fuzz(func(t *testing.T, at int, b byte) {
		at = max(at, -at, 0) % len(good)
		if at < 0 || good[at] == b {
			return
		}
		changed := slices.Clone(good)
		changed[at] = b
		name := t.TempDir() + "/changed"
		if err := os.WriteFile(name, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := audit.Verify([]string{name}, r.Head); err == nil {
			t.Errorf("byte %d was changed to %q", at, b)
		}
	})
}
