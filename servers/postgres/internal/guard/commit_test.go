package guard_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// cutter is a way to a server on which a COMMIT gets lost.
type cutter struct {
	listener net.Listener
	target   string
	before   bool        // it does not reach the server, or else the answer gets lost
	shut     bool        // nobody gets through afterwards
	cut      atomic.Bool // it happened
	wait     sync.WaitGroup
}

func (c *cutter) serve() {
	defer c.wait.Done()
	for {
		client, err := c.listener.Accept()
		if err != nil {
			return
		}
		if c.cut.Load() && c.shut {
			client.Close()
			continue
		}
		server, err := net.Dial("unix", c.target)
		if err != nil {
			client.Close()
			continue
		}
		c.wait.Add(2)
		var silent atomic.Bool
		go func() {
			defer c.wait.Done()
			buf := make([]byte, 64<<10)
			for {
				n, err := server.Read(buf)
				if n > 0 && !silent.Load() {
					client.Write(buf[:n])
				}
				if err != nil || silent.Load() {
					client.Close()
					return
				}
			}
		}()
		go func() {
			defer c.wait.Done()
			defer server.Close()
			buf := make([]byte, 64<<10)
			for {
				n, err := client.Read(buf)
				if bytes.Contains(buf[:n], []byte("COMMIT\x00")) && c.cut.CompareAndSwap(false, true) {
					if c.before {
						client.Close()
						return
					}
					silent.Store(true)
				}
				if n > 0 {
					server.Write(buf[:n])
				}
				if err != nil {
					return
				}
			}
		}()
	}
}

// A connection that is lost in the midst of a commit leaves open what came of it:
// the server is asked, and if it cannot be, that is said.
func TestLostCommit(t *testing.T) {
	p, err := private.Start(t.Context(), private.Options{SQL: "CREATE TABLE t (a int);\n\n"})
	if errors.Is(err, private.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	u, err := url.Parse(p.URL("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	direct := sourceAt(t, u.String())
	for _, test := range []struct {
		name         string
		before, shut bool
		committed    bool
		unknown      bool
		want         string
	}{
		{"before it reached the server", true, false, false, false, "the connection to the server was lost"},
		{"after it was done", false, false, true, false, ""},
		{"and nobody can be asked", false, true, true, true, "it is not known whether this was committed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "cut-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			c := &cutter{target: filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432"), before: test.before, shut: test.shut}
			if c.listener, err = net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432")); err != nil {
				t.Fatal(err)
			}
			c.wait.Add(1)
			go c.serve()
			t.Cleanup(c.wait.Wait)
			t.Cleanup(func() { c.listener.Close() })
			through := *u
			through.RawQuery = url.Values{"host": {dir}}.Encode()
			s := sourceAt(t, through.String())
			effect, _, err := s.Execute(t.Context(), guard.Write{SQL: "INSERT INTO t VALUES (1)"}, func(*guard.Effect) error { return nil }, &text{})
			if !c.cut.Load() {
				t.Fatal("nothing was cut")
			}
			if test.want == "" && (err != nil || effect.Tag != "INSERT 0 1") || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) || errors.Is(err, guard.ErrUnknown) != test.unknown {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if test.unknown && !strings.Contains(mcpcore.HintOf(err), "SELECT pg_xact_status('") {
				t.Errorf("the hint is %q", mcpcore.HintOf(err))
			}
			out := &text{}
			if _, err := direct.Query(t.Context(), guard.Query{SQL: "SELECT count(*) > 0 AS found FROM t"}, out); err != nil || strings.Contains(out.String(), "t|") != test.committed {
				t.Errorf("in the table: %q, %v", out.String(), err)
			}
			if _, _, err := direct.Execute(t.Context(), guard.Write{SQL: "DELETE FROM t"}, func(*guard.Effect) error { return nil }, &text{}); err != nil {
				t.Error(err)
			}
		})
	}
}

func sourceAt(t *testing.T, url string) *guard.Source {
	t.Helper()
	g, err := guard.Open(guard.Options{Databases: []guard.Database{{URL: url, Mode: gate.ModeDML, Connections: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	s, err := g.Source(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}
