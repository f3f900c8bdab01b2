package githubspec

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
)

// recordedAnswer is one request of a scenario and what GitHub answered.
type recordedAnswer struct {
	Scope    string          `json:"scope"`
	Method   string          `json:"method"`
	Path     string          `json:"path"`
	Body     json.RawMessage `json:"body"`
	Status   int             `json:"status"`
	Response json.RawMessage `json:"response"`
	Headers  map[string]any  `json:"headers"`
	used     bool
}

// replay answers requests as GitHub once did: those with the method and the path
// of a recorded one, in the order of the recording. Parameters and headers may
// differ, as each client has its own. What was not recorded is not found.
type replay struct {
	mu     sync.Mutex
	all    []*recordedAnswer
	repo   map[string]any // a repository as recorded, to show to whoever looks at one first
	missed []string
	order  []string // what was asked for and recorded
}

func newReplay(scenario, repository string) (*replay, error) {
	r := &replay{}
	var look []*recordedAnswer
	if err := errors.Join(readJSON(scenario, &r.all), readJSON(repository, &look)); err != nil {
		return nil, err
	}
	return r, json.Unmarshal(look[0].Response, &r.repo)
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func (r *replay) find(method, path string) *recordedAnswer {
	for _, a := range r.all {
		u, err := url.Parse(a.Path)
		if err == nil && !a.used && strings.EqualFold(a.Method, method) && strings.TrimSuffix(u.EscapedPath(), "/") == strings.TrimSuffix(path, "/") {
			return a
		}
	}
	return nil
}

func (r *replay) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.find(q.Method, q.URL.EscapedPath())
	if a == nil {
		r.other(w, q)
		return
	}
	a.used = true
	r.order = append(r.order, q.Method+" "+strings.TrimSuffix(q.URL.Path, "/"))
	for name, value := range a.Headers {
		switch strings.ToLower(name) {
		case "content-length", "content-encoding", "transfer-encoding", "connection":
		default: // addresses lead here
			w.Header().Set(name, strings.ReplaceAll(fmt.Sprint(value), "https://api.github.com", "http://"+q.Host))
		}
	}
	text := string(a.Response)
	var plain string
	if json.Unmarshal(a.Response, &plain) == nil {
		text = plain
	}
	w.WriteHeader(a.Status)
	if a.Status != http.StatusNoContent {
		w.Write([]byte(strings.ReplaceAll(text, "https://api.github.com", "http://"+q.Host))) //nolint:errcheck // the client may have left
	}
}

// other answers what is not part of the scenario.
func (r *replay) other(w http.ResponseWriter, q *http.Request) {
	parts := strings.Split(strings.Trim(q.URL.Path, "/"), "/")
	if q.Method == http.MethodGet && len(parts) == 3 && parts[0] == "repos" {
		r.repo["name"], r.repo["full_name"] = parts[2], parts[1]+"/"+parts[2]
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		json.NewEncoder(w).Encode(r.repo) //nolint:errcheck // the client may have left
		return
	}
	r.missed = append(r.missed, q.Method+" "+q.URL.RequestURI())
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	w.Write([]byte(`{"message":"Not Found","documentation_url":"https://docs.github.com/rest"}`)) //nolint:errcheck // the client may have left
}

// asked lists what was recorded and asked for, in order.
func (r *replay) asked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.order)
}
