package gate_test

import (
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/corpus"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// What the gate alone has to stop it does, and it stops nothing else.
func TestCorpus(t *testing.T) {
	cases, err := corpus.Read("../../testdata/corpus")
	if err != nil {
		t.Fatal(err)
	}
	attacks := 0
	for _, c := range cases {
		if c.Group != corpus.Legitimate {
			attacks++
		}
		if got := ruleOf(t, c.SQL, gate.Rules{}); got != c.Rule() {
			t.Errorf("%s/%s: %s\n got %q\nwant %q", c.Group, c.Name, c.SQL, got, c.Rule())
		}
	}
	if legitimate := len(cases) - attacks; attacks < 150 || legitimate < 80 {
		t.Errorf("%d attacks and %d legitimate statements", attacks, legitimate)
	}
}

// Where rows or tables may be changed, the gate stops what it has to as well.
func TestCorpusOfChanges(t *testing.T) {
	for mode, dir := range map[gate.Mode]string{gate.ModeDML: "dml", gate.ModeDDL: "ddl"} {
		cases, err := corpus.Read("../../testdata/corpus-" + dir)
		if err != nil || len(cases) < 80 {
			t.Fatalf("%s: %d cases, %v", dir, len(cases), err)
		}
		for _, c := range cases {
			s, err := gate.Check(c.SQL, gate.Rules{Mode: mode})
			if err == nil && s.Kind != gate.DML && s.Kind != gate.DDL {
				continue // which no tool changes anything with
			}
			if got := ruleOf(t, c.SQL, gate.Rules{Mode: mode}); got != c.Rule() {
				t.Errorf("%s/%s: %s\n got %q\nwant %q", dir, c.Name, c.SQL, got, c.Rule())
			}
		}
	}
}
