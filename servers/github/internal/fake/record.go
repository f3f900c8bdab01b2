package fake

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"unicode/utf8"
)

// Call is one request that came in, and how it was answered.
type Call struct {
	Host   string // api or store
	Method string
	Path   string // as it came, still escaped, with its query
	Route  string // the pattern that it matched, such as GET /user; for GraphQL the names of the fields at the top
	Token  bool   // whether it brought an Authorization
	Status int    // 0 where the connection was cut
	Body   []byte // of the request
}

// Exchange is a line of what Options.Record gets: a request of the API and its answer.
type Exchange struct {
	Name     string      `json:"name"`
	Route    string      `json:"route"`
	Fault    bool        `json:"fault"` // the answer was one of those asked for with Fail
	Method   string      `json:"method"`
	URL      string      `json:"url"`
	Header   http.Header `json:"header"` // without the token
	Body     string      `json:"body"`
	Status   int         `json:"status"`
	Answered http.Header `json:"answered"`
	Answer   string      `json:"answer"`
}

// Calls returns the requests that came in so far.
func (h *Hub) Calls() []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Call(nil), h.calls...)
}

// Reset forgets the calls so far.
func (h *Hub) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = nil
}

// tape keeps what is written.
type tape struct {
	http.ResponseWriter
	body   []byte // of the request
	route  string
	fault  bool
	status int
	copy   *bytes.Buffer // nil: not kept
}

func (t *tape) WriteHeader(status int) {
	if t.status == 0 {
		t.status = status
	}
	t.ResponseWriter.WriteHeader(status)
}

func (t *tape) Write(b []byte) (int, error) {
	if t.status == 0 {
		t.status = http.StatusOK
	}
	if t.copy != nil && t.copy.Len() < 8<<20 {
		t.copy.Write(b)
	}
	return t.ResponseWriter.Write(b)
}

func (t *tape) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// record lets serve answer a request and writes down both.
func (h *Hub) record(w http.ResponseWriter, r *http.Request, host string, serve func(*tape)) {
	t := &tape{ResponseWriter: w}
	if h.o.Record != nil && host == "api" {
		t.copy = &bytes.Buffer{}
	}
	const most = 64 << 20
	t.body, _ = io.ReadAll(io.LimitReader(r.Body, most))
	call := Call{Host: host, Method: r.Method, Path: r.URL.RequestURI(), Token: r.Header.Get("Authorization") != "", Body: t.body}
	h.mu.Lock()
	at := len(h.calls)
	h.calls = append(h.calls, call)
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if at < len(h.calls) && h.calls[at].Path == call.Path { // else there was a Reset
			h.calls[at].Status, h.calls[at].Route = t.status, t.route
		}
		if t.copy == nil {
			return
		}
		header := r.Header.Clone()
		if header.Get("Authorization") != "" {
			header.Set("Authorization", "****")
		}
		answer := t.copy.String()
		if !utf8.ValidString(answer) {
			answer = ""
		}
		json.NewEncoder(h.o.Record).Encode(Exchange{ //nolint:errcheck // whoever reads it misses it
			Name: h.o.Name, Route: t.route, Fault: t.fault, Method: r.Method, URL: r.URL.RequestURI(), Header: header,
			Body: string(t.body), Status: t.status, Answered: t.Header(), Answer: answer,
		})
	}()
	serve(t)
}
