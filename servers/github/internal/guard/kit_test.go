package guard_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hub answers in the place of GitHub, and notes what it was asked.
type hub struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
	auth  []string
	serve http.HandlerFunc
}

func newHub(t *testing.T, serve http.HandlerFunc) *hub {
	t.Helper()
	h := &hub{serve: serve}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked = append(h.asked, r.Method+" "+r.RequestURI)
		h.auth = append(h.auth, r.Header.Get("Authorization"))
		h.mu.Unlock()
		h.serve(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hub) calls() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.asked...)
}

const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"

func open(t *testing.T, h *hub, change ...func(*guard.Options)) *guard.Guard {
	t.Helper()
	o := guard.Options{APIURL: h.URL, Accounts: []guard.Account{{Token: mcpcore.NewSecret(token)}}, FlowGuard: "off", MaxWait: 5 * time.Second}
	for _, c := range change {
		c(&o)
	}
	g, err := guard.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func repo(t *testing.T, g *guard.Guard, owner, name string) *guard.Repo {
	t.Helper()
	r, err := g.Repo(t.Context(), owner, name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(body)) }
}

// wants checks that an error says something, and that it holds no token.
func wants(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", words)
		return
	}
	text := err.Error() + " " + mcpcore.HintOf(err)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("got %q, want %q in it", text, w)
		}
	}
	if strings.Contains(text, token) {
		t.Errorf("the token is in %q", text)
	}
}

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}
