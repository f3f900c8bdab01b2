package fake

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// Fault is an answer that goes wrong.
type Fault struct {
	Method string // "" for any
	Path   string // pattern of the path: * within a segment, ** at the end for the rest; "" for any
	From   int    // the first matching request that it meets, counted from 1
	Times  int    // how many it meets; 0 for all
	After  bool   // do the work first, then answer like this
	Serve  func(w http.ResponseWriter, r *http.Request)
}

type fault struct {
	Fault
	seen int
}

// Fail has requests fail from now on. Of several faults that fit, the one added
// first is served.
func (h *Hub) Fail(faults ...Fault) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range faults {
		h.faults = append(h.faults, &fault{Fault: f})
	}
}

// Heal ends all faults.
func (h *Hub) Heal() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = nil
}

func (f *fault) fits(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method {
		return false
	}
	name := strings.TrimPrefix(r.URL.Path, "/api/v3")
	if head, ok := strings.CutSuffix(f.Path, "**"); ok {
		return strings.HasPrefix(name, head)
	}
	ok, err := path.Match(f.Path, name)
	return f.Path == "" || ok && err == nil
}

// fail serves a fault, if one fits, and tells whether it did.
func (h *Hub) fail(w *tape, r *http.Request) bool {
	h.mu.Lock()
	var hit *fault
	for _, f := range h.faults {
		if !f.fits(r) {
			continue
		}
		f.seen++
		from := max(f.From, 1)
		if hit == nil && f.seen >= from && (f.Times == 0 || f.seen < from+f.Times) {
			hit = f
		}
	}
	h.mu.Unlock()
	if hit == nil {
		return false
	}
	w.fault = true
	if hit.After {
		done := &tape{ResponseWriter: &discard{head: http.Header{}}, body: w.body}
		h.answer(done, r)
		w.route = done.route
	}
	hit.Serve(w, r)
	return true
}

// discard is where an answer goes that nobody gets.
type discard struct{ head http.Header }

func (d *discard) Header() http.Header         { return d.head }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

func reply(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, `{"message":`+strconv.Quote(message)+`,"documentation_url":"`+docs+`","status":"`+strconv.Itoa(status)+`"}`) //nolint:errcheck
}

type serveFunc = func(w http.ResponseWriter, r *http.Request)

// Status answers with a status and a message.
func Status(status int, message string) serveFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, status, message) }
}

// PrimaryLimit is the answer once the quota is used up, until reset.
func PrimaryLimit(reset time.Time) serveFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		head := w.Header()
		head.Set("X-RateLimit-Limit", "5000")
		head.Set("X-RateLimit-Remaining", "0")
		head.Set("X-RateLimit-Used", "5000")
		head.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
		head.Set("X-RateLimit-Resource", "core")
		reply(w, http.StatusForbidden, "API rate limit exceeded for user ID 1.")
	}
}

// SecondaryLimit is the answer to too much at once: status 403 or 429. Without
// retryAfter there is no such header.
func SecondaryLimit(status int, retryAfter time.Duration) serveFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
		}
		reply(w, status, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
	}
}

// Cut closes the connection without an answer.
func Cut() serveFunc {
	return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
}

// Redirect sends the caller elsewhere.
func Redirect(status int, to string) serveFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(status)
	}
}

// Body answers 200 with a body of a type.
func Body(kind, body string) serveFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		io.WriteString(w, body) //nolint:errcheck
	}
}

// Malformed answers with JSON that breaks off.
func Malformed() serveFunc {
	return Body("application/json; charset=utf-8", `{"id": 1, "name": "half of a`)
}

// Page answers with HTML where JSON is expected, as a proxy in between does.
func Page() serveFunc {
	return Body("text/html", "<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>")
}

// Huge answers with a JSON array of that many bytes, or a little more.
func Huge(size int) serveFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		item := []byte(`{"id":1,"name":"` + strings.Repeat("x", 1000) + `"}`)
		w.Write([]byte("[")) //nolint:errcheck
		for written := 0; written < size; written += len(item) + 1 {
			if written > 0 {
				w.Write([]byte(",")) //nolint:errcheck
			}
			if _, err := w.Write(item); err != nil {
				return
			}
		}
		w.Write([]byte("]")) //nolint:errcheck
	}
}

// Endless answers with a body that goes on until the caller leaves.
func Endless() serveFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		chunk := bytes.Repeat([]byte("[[[[[[[["), 4096)
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
}

// Silent takes the request, begins an answer and says no more until the caller
// leaves. Before tells whether not even the header is sent.
func Silent(before bool) serveFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !before {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.Write([]byte("["))                  //nolint:errcheck
			http.NewResponseController(w).Flush() //nolint:errcheck
		}
		<-r.Context().Done()
	}
}

// Slow answers with body, a byte each time.
func Slow(body string, each time.Duration) serveFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		tick := time.NewTicker(each)
		defer tick.Stop()
		for i := range len(body) {
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
			}
			w.Write([]byte{body[i]})              //nolint:errcheck
			http.NewResponseController(w).Flush() //nolint:errcheck
		}
	}
}

// Truncated announces more than it sends, and cuts the connection.
func Truncated(body string) serveFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+100))
		io.WriteString(w, body) //nolint:errcheck
		panic(http.ErrAbortHandler)
	}
}

// TruncatedGzip sends half of a compressed body.
func TruncatedGzip(body string) serveFunc {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, body) //nolint:errcheck // into memory
	z.Close()
	half := b.Bytes()[:b.Len()/2]
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(half) //nolint:errcheck
	}
}

// GzipBomb sends a small body that unpacks to size bytes.
func GzipBomb(size int) serveFunc {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	for written := 0; written < size; written += len(chunk) {
		z.Write(chunk) //nolint:errcheck // into memory
	}
	z.Close()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(b.Bytes()) //nolint:errcheck
	}
}
