package corpus_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/corpus"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

// TestChanges runs what must not be done where rows, or tables, may be changed,
// as though a person had confirmed all of it: as a superuser, as the owner of the
// tables, and as someone who may read them. After each attack nothing has changed,
// nothing has leaked, and the session is as it was. What has to be possible is
// run, looked at, and rolled back.
func TestChanges(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every statement three times")
	}
	setup, err := os.ReadFile(filepath.Join(dir, "setup.sql"))
	if err != nil {
		t.Fatal(err)
	}
	server := start(t, string(setup))
	watcher := connect(t, server.URL("postgres", "postgres"))
	for _, m := range []struct {
		name string
		mode gate.Mode
	}{{"dml", gate.ModeDML}, {"ddl", gate.ModeDDL}} {
		cases, err := corpus.Read(dir + "-" + m.name)
		if err != nil {
			t.Fatal(err)
		}
		for _, login := range []string{"postgres", "owner", "reader"} {
			t.Run(m.name+"/"+login, func(t *testing.T) {
				source := sourceOf(t, guard.Database{URL: server.URL(login, "postgres"), Connections: 1, Mode: m.mode})
				r := changer{&runner{source: source, watcher: watcher, superuser: login == "postgres"}, login}
				r.session = r.query(t.Context(), seen, 0).text
				r.state = ask(t, watcher, state)
				right := 0
				for _, c := range cases {
					if faults := r.judge(t, c); len(faults) > 0 {
						t.Errorf("%s/%s: %s\n%s", c.Group, c.Name, c.SQL, strings.Join(faults, "\n"))
					} else {
						right++
						told(t, c)
					}
				}
				t.Logf("%d of %d", right, len(cases))
			})
		}
	}
}

type changer struct {
	*runner
	login string
}

// judge runs a case and says what is wrong with what came of it.
func (r changer) judge(t *testing.T, c corpus.Case) []string {
	write := guard.Write{SQL: c.SQL}
	if c.Stops == corpus.Limits {
		write.Timeout = 200 * time.Millisecond
	}
	if c.Group == corpus.Legitimate {
		_, err := r.source.Preview(t.Context(), write)
		if err != nil && (r.login == "postgres" || !strings.Contains(err.Error(), "SQLSTATE 42501")) {
			return []string{"is refused: " + err.Error()}
		}
		return nil
	}
	var out lines
	_, a, err := r.source.Execute(context.WithoutCancel(t.Context()), write, func(*guard.Effect) error { return nil }, &out)
	return r.weigh(t, c, answer{a, out.String(), err})
}
