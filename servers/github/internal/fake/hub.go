// Package fake is a GitHub in memory: git objects, issues, pull requests, runs
// and the rest behind the REST and GraphQL addresses of the real one, with its
// permissions, limits, pages, conditional requests, redirects and errors. Tests
// and the demonstration run the server against it, and against the faults that
// it serves on request.
package fake

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options of a Hub. The zero value is a github.com with an even clock.
type Options struct {
	// Now is the time of whatever happens in the hub. By default the first is
	// 2026-03-02T09:00:00Z and each next one a second later, so that every run
	// makes the same commits.
	Now func() time.Time
	// Record, if set, gets each exchange as a line of JSON: see Exchange.
	Record io.Writer
	// Name is put into what is recorded, such as that of a test.
	Name string
}

// Hub is a GitHub. Its methods may be called by several goroutines at once; what
// they return is looked at and changed within Update where requests may be under
// way.
type Hub struct {
	o  Options
	mu sync.Mutex

	ids     int64
	ticks   int64
	nodes   map[string]any // node ID to what it is
	users   map[string]*User
	repos   map[string]*Repo // "owner/name" in lower case
	byID    map[int64]*Repo
	moved   map[string]*Repo // former names
	tokens  map[string]*Token
	apps    map[int64]*App
	gists   []*Gist
	threads []*Thread // notifications
	advised []*Advisory

	limits map[string]*window // token and resource
	quota  map[string]int     // resource to requests an hour
	blobs  map[string]blob    // what the other host serves
	other  string             // the address of the other host
	faults []*fault
	calls  []Call
	routes map[string][]*route // by the method and the first part of the path

	projects map[string][]*Project // by owner
}

// New makes an empty hub. Its accounts, repositories and tokens are made by
// AddUser, AddOrg, AddRepo and AddToken.
func New(o Options) *Hub {
	h := &Hub{
		o: o, ids: 1000,
		nodes: map[string]any{}, users: map[string]*User{}, repos: map[string]*Repo{}, byID: map[int64]*Repo{},
		moved: map[string]*Repo{}, tokens: map[string]*Token{}, apps: map[int64]*App{},
		limits: map[string]*window{}, quota: maps.Clone(hourly), blobs: map[string]blob{}, projects: map[string][]*Project{},
		other: "https://objects.example.com",
	}
	h.routes = index(slices.Concat(
		accountRoutes(), repoRoutes(), ruleRoutes(), refRoutes(), contentRoutes(), gitRoutes(), commitRoutes(), releaseRoutes(),
		issueRoutes(), issueLinkRoutes(), labelRoutes(), pullRoutes(), reviewRoutes(), actionRoutes(), checkRoutes(),
		searchRoutes(), socialRoutes(), gistRoutes(), securityRoutes(), advisoryRoutes(), appRoutes(),
	))
	return h
}

// Update looks at and changes what the hub holds while no request is under way.
func (h *Hub) Update(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// now is called with the lock held, or while the world is made.
func (h *Hub) now() time.Time {
	if h.o.Now != nil {
		return h.o.Now()
	}
	h.ticks++
	return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(h.ticks-1) * time.Second)
}

// id is called with the lock held, or while the world is made.
func (h *Hub) id() int64 {
	h.ids++
	return h.ids
}

// Handler serves all of the hub: REST at / and at /api/v3/, GraphQL at /graphql
// and at /api/graphql.
func (h *Hub) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.record(w, r, "api", func(w *tape) { h.serve(w, r) })
	})
}

// Store serves what lies on another host, as GitHub keeps logs and archives.
// SetStore tells its address.
func (h *Hub) Store() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.record(w, r, "store", func(w *tape) { h.serveBlob(w, r) })
	})
}

// SetStore says where Store is reached, such as http://localhost:8081.
func (h *Hub) SetStore(address string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.other = strings.TrimSuffix(address, "/")
}

func (h *Hub) serve(w *tape, r *http.Request) {
	if !h.fail(w, r) {
		h.answer(w, r)
	}
}

// answer is serve without faults.
func (h *Hub) answer(w *tape, r *http.Request) {
	path, prefix := r.URL.EscapedPath(), ""
	if rest, ok := strings.CutPrefix(path, "/api/v3"); ok && (rest == "" || rest[0] == '/') {
		path, prefix = rest, "/api/v3"
	}
	c := newCall(h, r, prefix)
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !c.authenticate():
	case path == "/graphql" && prefix == "" || path == "/api/graphql":
		c.graphQL(w.body)
	default:
		c.rest(path, w.body)
	}
	w.route = c.name()
	c.write(w)
}

type blob struct {
	kind string
	data []byte
}

// keep puts data on the other host and returns its address.
func (h *Hub) keep(name, kind string, data []byte) string {
	h.blobs["/"+name] = blob{kind, data}
	return h.other + "/" + name + "?sig=fake&se=2026-03-02T10%3A00%3A00Z"
}

func (h *Hub) serveBlob(w *tape, r *http.Request) {
	if h.fail(w, r) {
		return
	}
	h.mu.Lock()
	b, ok := h.blobs[r.URL.Path]
	h.mu.Unlock()
	switch {
	case !ok:
		http.Error(w, "BlobNotFound", http.StatusNotFound)
	case r.Header.Get("Authorization") != "":
		// What the real store says to a token that it was not meant to see.
		http.Error(w, "AuthenticationFailed", http.StatusForbidden)
	default:
		w.Header().Set("Content-Type", b.kind)
		w.Write(b.data) //nolint:errcheck // the client may have left
	}
}

// Repo finds a repository by owner/name, or returns nil.
func (h *Hub) Repo(fullName string) *Repo {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.repos[strings.ToLower(fullName)]
}

// User finds an account by its login, or returns nil.
func (h *Hub) User(login string) *User {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.users[strings.ToLower(login)]
}
