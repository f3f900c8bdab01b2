package fake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const docs = "https://docs.github.com/rest"

type obj = map[string]any

// call is a request while it is answered.
type call struct {
	h        *Hub
	r        *http.Request
	api, web string // addresses without a slash at the end
	route    *route
	graph    []string // the fields at the top of a GraphQL document
	vars     map[string]string
	q        url.Values
	body     []byte
	token    *Token
	user     *User // nil without a token, and for installations
	app      *App  // that signed the request itself
	repo     *Repo

	header http.Header
	status int
	out    []byte
}

func newCall(h *Hub, r *http.Request, prefix string) *call {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return &call{h: h, r: r, api: scheme + r.Host + prefix, web: "https://github.com", q: r.URL.Query(), header: http.Header{}}
}

func (c *call) name() string {
	switch {
	case c.route != nil:
		return c.route.method + " " + c.route.pattern
	case c.graph != nil:
		return "GraphQL " + strings.Join(c.graph, ",")
	}
	return ""
}

// send answers with JSON.
func (c *call) send(status int, body any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		panic(err) // a bug of this package
	}
	c.raw(status, "application/json; charset=utf-8", bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func (c *call) raw(status int, kind string, body []byte) {
	c.status, c.out = status, body
	c.header.Set("Content-Type", kind)
}

func (c *call) empty(status int) { c.status, c.out = status, nil }

// fail answers with an error as GitHub words them.
func (c *call) fail(status int, message string) {
	c.send(status, obj{"message": message, "documentation_url": docs, "status": strconv.Itoa(status)})
}

func (c *call) notFound() { c.fail(http.StatusNotFound, "Not Found") }

// problem is one of the errors of a 422.
type problem struct {
	Resource string `json:"resource"`
	Field    string `json:"field"`
	Code     string `json:"code"` // missing_field, invalid, already_exists, custom, missing
	Message  string `json:"message,omitempty"`
}

func (c *call) invalid(problems ...problem) {
	c.send(http.StatusUnprocessableEntity, obj{"message": "Validation Failed", "errors": problems, "documentation_url": docs, "status": "422"})
}

// read decodes the body, and answers if it is no JSON object.
func (c *call) read(into any) bool {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return true
	}
	d := json.NewDecoder(bytes.NewReader(c.body))
	err := d.Decode(into)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		c.fail(http.StatusUnprocessableEntity, fmt.Sprintf("Invalid request.\n\nFor '%s', %s is not the right type.", kind.Field, kind.Value))
		return false
	case err != nil && !errors.Is(err, io.EOF):
		c.fail(http.StatusBadRequest, "Problems parsing JSON")
		return false
	}
	return true
}

// missing answers 422 if one of the fields is empty.
func (c *call) missing(resource string, fields map[string]bool) bool {
	var problems []problem
	for name, given := range fields {
		if !given {
			problems = append(problems, problem{Resource: resource, Field: name, Code: "missing_field"})
		}
	}
	slices.SortFunc(problems, func(a, b problem) int { return strings.Compare(a.Field, b.Field) })
	if len(problems) > 0 {
		c.invalid(problems...)
	}
	return len(problems) > 0
}

// wants tells whether the Accept header asks for a media type such as diff.
func (c *call) wants(media string) bool {
	accept := c.r.Header.Get("Accept")
	return strings.Contains(accept, "application/vnd.github."+media) || strings.Contains(accept, "application/vnd.github.v3."+media)
}

// write sends the answer, or tells that it is as the caller has it.
func (c *call) write(w http.ResponseWriter) {
	head := w.Header()
	for name, values := range c.header {
		head[name] = values
	}
	head.Set("X-GitHub-Request-Id", "FAKE:"+strconv.FormatInt(c.h.ids, 16))
	head.Set("X-GitHub-Media-Type", "github.v3; format=json")
	c.quote(head)
	if c.status == http.StatusOK && (c.r.Method == http.MethodGet || c.r.Method == http.MethodHead) {
		sum := sha256.Sum256(append([]byte(c.r.Header.Get("Accept")), c.out...))
		tag := `W/"` + hex.EncodeToString(sum[:]) + `"`
		head.Set("ETag", tag)
		head.Set("Cache-Control", "private, max-age=60, s-maxage=60")
		head.Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With")
		if c.r.Header.Get("If-None-Match") == tag {
			c.refund()
			c.quote(head)
			head.Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if c.out == nil {
		head.Del("Content-Type")
	} else if c.r.Method == http.MethodHead {
		head.Set("Content-Length", strconv.Itoa(len(c.out)))
	}
	w.WriteHeader(c.status)
	if c.r.Method != http.MethodHead {
		w.Write(c.out) //nolint:errcheck // the client may have left
	}
}

// page cuts one page out of a list and sets the Link header.
func page[T any](c *call, items []T) []T {
	size, at := atoi(c.q.Get("per_page"), 30), atoi(c.q.Get("page"), 1)
	size, at = min(max(size, 1), 100), max(at, 1)
	last := max((len(items)+size-1)/size, 1)
	link := func(n int, rel string) string {
		q := url.Values{}
		for k, v := range c.q {
			q[k] = v
		}
		q.Set("page", strconv.Itoa(n))
		path := strings.TrimPrefix(c.r.URL.EscapedPath(), "/api/v3")
		return fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.api, path, q.Encode(), rel)
	}
	var links []string
	if at > 1 {
		links = append(links, link(min(at-1, last), "prev"))
	}
	if at < last {
		links = append(links, link(at+1, "next"), link(last, "last"))
	}
	if at > 1 {
		links = append(links, link(1, "first"))
	}
	if len(links) > 0 {
		c.header.Set("Link", strings.Join(links, ", "))
	}
	from := min((at-1)*size, len(items))
	return items[from:min(from+size, len(items))]
}

// each shows every item; the result is a list even where there are none.
func each[T any](items []T, show func(T) obj) []obj {
	out := make([]obj, 0, len(items))
	for _, item := range items {
		out = append(out, show(item))
	}
	return out
}

// list answers with one page of items.
func list[T any](c *call, items []T, show func(T) obj) {
	c.send(http.StatusOK, each(page(c, items), show))
}

func keep[T any](items []T, want func(T) bool) []T {
	var out []T
	for _, item := range items {
		if want(item) {
			out = append(out, item)
		}
	}
	return out
}

func atoi(s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return otherwise
}

// number is that of a path or query; -1 for what is none.
func number(s string) int64 {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	return -1
}

func (c *call) number(name string) int64 { return number(c.vars[name]) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// stampOrNull is nil for the zero time.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// orNull is nil for "".
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func since(c *call) time.Time {
	t, _ := time.Parse(time.RFC3339, c.q.Get("since"))
	return t
}

// encode is the JSON of a body that is not sent as plain JSON.
func encode(body any) []byte {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // a bug of this package
	}
	return b
}

func reversed[T any](items []T) []T {
	out := slices.Clone(items)
	slices.Reverse(out)
	return out
}
