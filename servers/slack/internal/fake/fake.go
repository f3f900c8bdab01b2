// Package fake is a Slack for tests: enough of the Web API to read and write a
// workspace, which refuses what Slack would refuse, counts each call, and fails
// when it is told to.
package fake

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// The tokens that the fake knows. Each is of one kind.
const (
	BotToken  = "xoxb-1111-2222-fakebottoken"
	UserToken = "xoxp-1111-3333-fakeusertoken"
	AppToken  = "xapp-1-A0FAKE-4444-fakeapptoken"
)

// Ids of those whom the tokens belong to.
const (
	BotUser = "U0BOT0001"
	BotID   = "B0BOT0001"
	Human   = "U0HUMAN01"
)

// Call is one request.
type Call struct {
	Method string
	Args   url.Values
	Token  string
}

// Server is a fake Slack with one workspace. Its fields may be changed before
// it is asked, and under Do after that.
type Server struct {
	URL string // of the API

	Channels []*Channel
	Users    []map[string]any
	Groups   []map[string]any
	Files    []map[string]any
	Contents map[string][]byte // of files, by id
	Canvases map[string]string
	NoBatch  bool            // users.info takes one id
	Scopes   map[string]bool // nil: all

	mu        sync.Mutex
	http      *httptest.Server
	calls     []Call
	wrong     []string
	plans     map[string][]plan
	onlyFirst map[string]string // Retry-After, by method
	scheduled []map[string]any
	serial    int
	live      live
}

// Channel is a conversation and its messages.
type Channel struct {
	Info     map[string]any // as conversations.info has it
	Members  []string
	Messages []map[string]any // the oldest first, replies among them
	Pins     []map[string]any
	Marks    []map[string]any // bookmarks
}

// ID is the channel's id.
func (c *Channel) ID() string { return c.Info["id"].(string) }

func (c *Channel) has(user string) bool { return slices.Contains(c.Members, user) }
func (c *Channel) is(flag string) bool  { return c.Info[flag] == true }

// New starts a fake; Close stops it.
func New() *Server {
	s := &Server{Contents: map[string][]byte{}, Canvases: map[string]string{}, plans: map[string][]plan{}, onlyFirst: map[string]string{}}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL + "/api/"
	return s
}

// Close stops the fake.
func (s *Server) Close() {
	s.live.close()
	s.http.CloseClientConnections()
	s.http.Close()
}

// Do changes the workspace while it is asked.
func (s *Server) Do(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// Calls are the requests so far, or those of some methods.
func (s *Server) Calls(methods ...string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if len(methods) == 0 || slices.Contains(methods, c.Method) {
			out = append(out, c)
		}
	}
	return out
}

// Forget forgets the requests so far.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// Wrong are requests that Slack's own description does not allow.
func (s *Server) Wrong() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.wrong)
}

// plan is what the next calls of a method come to.
type plan struct {
	times  int
	status int
	after  string // Retry-After
	code   string // an error of Slack's
	body   string // instead of an answer
	lost   bool   // it is done, and the answer gets lost
	hang   bool   // no answer before the client leaves
}

// Limit has calls of a method answered by 429.
func (s *Server) Limit(method string, times int, after string) {
	s.plan(method, plan{times: times, status: http.StatusTooManyRequests, after: after})
}

// Fail has calls of a method answered by an error of Slack's.
func (s *Server) Fail(method string, times int, code string) {
	s.plan(method, plan{times: times, code: code})
}

// Break has calls of a method answered by a status.
func (s *Server) Break(method string, times, status int) {
	s.plan(method, plan{times: times, status: status})
}

// Answer has calls of a method answered by a body.
func (s *Server) Answer(method string, times int, body string) {
	s.plan(method, plan{times: times, body: body})
}

// Lose does what calls of a method ask for, and loses the answers.
func (s *Server) Lose(method string, times int) { s.plan(method, plan{times: times, lost: true}) }

// Hang leaves calls of a method without an answer.
func (s *Server) Hang(method string, times int) { s.plan(method, plan{times: times, hang: true}) }

func (s *Server) plan(method string, p plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans[method] = append(s.plans[method], p)
}

func (s *Server) planned(method string) *plan {
	list := s.plans[method]
	if len(list) == 0 {
		return nil
	}
	p := list[0]
	if list[0].times--; list[0].times <= 0 {
		s.plans[method] = list[1:]
	}
	return &p
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.other(w, r) {
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/api/")
	if err := r.ParseForm(); err != nil {
		http.Error(w, "no form", http.StatusBadRequest)
		return
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if form := r.Form.Get("token"); token == "" {
		token = form
	} else if form != "" && form != token {
		s.blame(name, "two tokens")
	}
	r.Form.Del("token")
	s.mu.Lock()
	s.calls = append(s.calls, Call{name, r.Form, token})
	p := s.planned(name)
	if after := s.onlyFirst[name]; after != "" && r.Form.Get("cursor") != "" {
		p = &plan{status: http.StatusTooManyRequests, after: after}
	}
	s.mu.Unlock()
	if p != nil && p.hang {
		<-r.Context().Done()
		return
	}
	if p != nil && !p.lost {
		p.write(w)
		return
	}
	answer := s.answer(name, r.Form, token)
	if p != nil {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if s.Scopes != nil {
		w.Header().Set("X-OAuth-Scopes", strings.Join(slices.Sorted(maps.Keys(s.Scopes)), ","))
	}
	_ = json.NewEncoder(w).Encode(answer) // the client may be gone
}

func (p *plan) write(w http.ResponseWriter) {
	if p.after != "" {
		w.Header().Set("Retry-After", p.after)
	}
	w.Header().Set("Content-Type", "application/json")
	if p.status != 0 {
		w.WriteHeader(p.status)
	}
	body := p.body
	if body == "" {
		body = fmt.Sprintf(`{"ok":false,"error":%q}`, p.code)
	}
	_, _ = w.Write([]byte(body))
}

type object = map[string]any

// refuse is an error of Slack's.
func refuse(code string) object { return object{"ok": false, "error": code} }

func (s *Server) blame(method, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, method+": "+what)
}

// answer checks a request against the description of its method, and does it.
func (s *Server) answer(name string, args url.Values, token string) object {
	m, ok := methods[name]
	if !ok {
		s.blame(name, "no such method")
		return refuse("unknown_method")
	}
	if token != BotToken && token != UserToken && !(token == AppToken && name == "apps.connections.open") {
		return refuse("invalid_auth")
	}
	if token == BotToken && m.userOnly || token == UserToken && m.botOnly {
		return refuse("not_allowed_token_type")
	}
	for arg, values := range args {
		if !slices.Contains(m.takes, arg) && !slices.Contains(m.needs, arg) {
			s.blame(name, "it takes no argument "+arg)
		}
		if len(values) != 1 {
			s.blame(name, arg+" stands twice")
		}
	}
	for _, need := range m.needs {
		if args.Get(need) == "" {
			s.blame(name, "it needs "+need)
			return refuse("invalid_arguments")
		}
	}
	if m.scope != "" && s.Scopes != nil && !s.Scopes[m.scope] {
		return object{"ok": false, "error": "missing_scope", "needed": m.scope, "provided": "identify"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	who := BotUser
	if token == UserToken {
		who = Human
	}
	out := m.run(s, args, who)
	if _, ok := out["ok"]; !ok {
		out["ok"] = true
	}
	return out
}

// now is a timestamp that nobody had before.
func (s *Server) now() string {
	s.serial++
	return fmt.Sprintf("%d.%06d", time.Now().Unix(), 100000+s.serial)
}

func (s *Server) channel(id string) *Channel {
	for _, c := range s.Channels {
		if c.ID() == id {
			return c
		}
	}
	return nil
}

// seen is a channel that somebody can see.
func (s *Server) seen(id, who string) *Channel {
	c := s.channel(id)
	if c == nil || (c.is("is_private") || c.is("is_im") || c.is("is_mpim")) && !c.has(who) {
		return nil
	}
	return c
}

// OnlyFirst has calls without a cursor served, and those for more answered by
// 429, as for apps that may ask once a minute.
func (s *Server) OnlyFirst(method, after string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onlyFirst[method] = after
}
