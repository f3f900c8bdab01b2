package audit_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
)

// A flood of refusals of the same sort takes few lines, and none is forgotten.
func TestFold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "audit.log")
		g, err := audit.Open(file, audit.Options{Server: "test"})
		if err != nil {
			t.Fatal(err)
		}
		flood := func(hosts, each int) {
			for i := range each {
				for host := range hosts {
					l := &audit.Line{Time: time.Now(), Kind: audit.Call, Rule: "token", Status: 401, Outcome: "refused", Request: fmt.Sprint(i)}
					if err := g.Refused(l, fmt.Sprint("host", host)); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		flood(1, 10_000)
		<-time.After(11 * time.Second)
		synctest.Wait()
		flood(1, 3) // are not many any more
		<-time.After(11 * time.Second)
		synctest.Wait()
		flood(1000, 20)
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		total, lines := 0, 0
		for i, raw := range read(t, file) {
			l := parsed(t, raw)
			lines++
			switch l.Kind {
			case audit.Folded:
				total += l.Count
				if l.Since.IsZero() || l.Request != "" || l.Rule != "token" && l.Rule != "" {
					t.Errorf("got %+v", l)
				}
				if i == 5 && (l.Count != 9995 || l.From != "host0") {
					t.Errorf("got %+v", l)
				}
			default:
				total++
			}
		}
		if total != 10_000+3+20_000 {
			t.Errorf("%d of 30003 refusals are in the log", total)
		}
		if most := 6 + 3 + 65*6; lines > most {
			t.Errorf("got %d lines, want at most %d", lines, most)
		}
		whole(t, file)
	})
}
