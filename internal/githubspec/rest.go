package githubspec

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// restJudge holds exchanges against an OpenAPI description.
type restJudge struct {
	doc   *openapi3.T
	paths []pathPattern
}

// pathPattern is a path of the description, taken apart.
type pathPattern struct {
	path  string
	parts []string
	many  map[string]bool // parameters that may hold slashes
	item  *openapi3.PathItem
}

func newRestJudge(file string) (*restJudge, error) {
	openapi3.DefineStringFormatValidator("uri", openapi3.NewCallbackValidator(func(s string) error {
		if u, err := url.Parse(s); err != nil || u.Scheme == "" {
			return fmt.Errorf("%q is no URI", s)
		}
		return nil
	}))
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, err
	}
	j := &restJudge{doc: doc}
	for path, item := range doc.Paths.Map() {
		p := pathPattern{path: path, parts: strings.Split(path, "/")[1:], many: map[string]bool{}, item: item}
		for _, op := range item.Operations() {
			for _, param := range op.Parameters {
				if on, _ := param.Value.Extensions["x-multi-segment"].(bool); on {
					p.many[param.Value.Name] = true
				}
			}
		}
		j.paths = append(j.paths, p)
	}
	return j, nil
}

// match finds the values of a path's parameters. The score is higher the more
// of the path is literal.
func (p *pathPattern) match(segments []string) (params map[string]string, score int) {
	params = map[string]string{}
	if p.parts[len(p.parts)-1] == "{path}" && len(segments) == len(p.parts)-1 {
		segments = append(slices.Clone(segments), "%2F") // the root, as the contents of a repository take it
	}
	at := 0
	for i, part := range p.parts {
		left := len(segments) - at - (len(p.parts) - i - 1)
		if left < 1 {
			return nil, 0
		}
		name, open := strings.CutPrefix(part, "{")
		name = strings.TrimSuffix(name, "}")
		switch {
		case !open && part != segments[at]:
			return nil, 0
		case !open:
			score += 100
			left = 1
		case !p.many[name]:
			score++
			left = 1
		}
		if open {
			value, err := url.PathUnescape(strings.Join(segments[at:at+left], "/"))
			if err != nil || value == "" && !p.many[name] {
				return nil, 0
			}
			params[name] = value
		}
		at += left
	}
	if at != len(segments) {
		return nil, 0
	}
	return params, score
}

func (j *restJudge) find(method string, path string) (*pathPattern, *openapi3.Operation, map[string]string) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	var best *pathPattern
	var params map[string]string
	top := -1
	for i := range j.paths {
		p := &j.paths[i]
		found, score := p.match(segments)
		if found != nil && score > top && p.item.GetOperation(method) != nil {
			best, params, top = p, found, score
		}
	}
	if best == nil {
		return nil, nil, nil
	}
	for name, value := range params { // {base}...{head}, within one part
		left, right, two := strings.Cut(name, "}...{")
		if base, head, ok := strings.Cut(value, "..."); ok && two {
			params[left], params[right] = base, head
		}
	}
	return best, best.item.GetOperation(method), params
}

// judge returns the operation of an exchange and what is wrong with it.
func (j *restJudge) judge(e exchange) (operation string, faults []string) {
	u, err := url.ParseRequestURI(e.URL)
	if err != nil {
		return "", []string{err.Error()}
	}
	path := strings.TrimPrefix(u.EscapedPath(), "/api/v3")
	// Where a repository that was renamed has gone is told by its number.
	if parts := strings.SplitN(path, "/", 4); len(parts) > 2 && parts[1] == "repositories" {
		path = "/repos/owner/repo"
		if len(parts) == 4 {
			path += "/" + parts[3]
		}
	}
	method := e.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	p, op, params := j.find(method, path)
	if p == nil {
		if e.Status == http.StatusNotFound && e.Route == "" {
			return "", nil // what there is not was asked for, and answered so
		}
		return "", []string{"no operation has this path"}
	}
	operation = method + " " + p.path
	r, err := http.NewRequest(method, "https://api.github.com"+path+"?"+u.RawQuery, strings.NewReader(e.Body))
	if err != nil {
		return operation, []string{err.Error()}
	}
	r.Header = e.Header.Clone()
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, QueryParams: u.Query(),
		Route:   &routers.Route{Spec: j.doc, Path: p.path, PathItem: p.item, Method: method, Operation: op},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	}
	// What the fake itself refuses as wrong was meant to be wrong.
	if e.Status != http.StatusUnprocessableEntity && e.Status != http.StatusBadRequest && !e.Fault {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil && !lists(op, e) {
			faults = append(faults, "request: "+brief(err))
		}
		faults = append(faults, unknownQuery(p, op, u.Query())...)
		faults = append(faults, unknownFields(op, e)...)
	}
	if !e.Fault && e.Method != http.MethodHead {
		faults = append(faults, judgeAnswer(in, op, e)...)
	}
	return operation, faults
}

// lists tells whether a body is a list of labels, which the words of the
// description allow and its schema does not.
func lists(op *openapi3.Operation, e exchange) bool {
	return (op.OperationID == "issues/add-labels" || op.OperationID == "issues/set-labels") && strings.HasPrefix(strings.TrimSpace(e.Body), "[")
}

// brief keeps an error short; those of choices list every choice.
func brief(err error) string {
	text := err.Error()
	if len(text) > 1500 {
		text = text[:1500] + "…"
	}
	return text
}

func unknownQuery(p *pathPattern, op *openapi3.Operation, q url.Values) (faults []string) {
	for name := range q {
		known := func(param *openapi3.ParameterRef) bool { return param.Value.In == "query" && param.Value.Name == name }
		if !slices.ContainsFunc(op.Parameters, known) && !slices.ContainsFunc(p.item.Parameters, known) {
			faults = append(faults, "request: the operation has no parameter "+name)
		}
	}
	return faults
}

// unknownFields finds fields of a body that the description does not know: it
// lets them through, and GitHub drops them.
func unknownFields(op *openapi3.Operation, e exchange) (faults []string) {
	var body map[string]json.RawMessage
	if op.RequestBody == nil || json.Unmarshal([]byte(e.Body), &body) != nil {
		if op.RequestBody == nil && strings.TrimSpace(e.Body) != "" && strings.TrimSpace(e.Body) != "null" {
			return []string{"request: the operation takes no body"}
		}
		return nil
	}
	media := op.RequestBody.Value.Content.Get("application/json")
	if media == nil {
		return nil
	}
	known, open := map[string]bool{}, false
	collect(media.Schema.Value, known, &open)
	for name := range body {
		if !open && !known[name] {
			faults = append(faults, "request: the body has no field "+name)
		}
	}
	return faults
}

func collect(s *openapi3.Schema, known map[string]bool, open *bool) {
	if a := s.AdditionalProperties; a.Schema != nil || a.Has != nil && *a.Has {
		*open = true
	}
	for name := range s.Properties {
		known[name] = true
	}
	for _, list := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf, s.AllOf} {
		for _, one := range list {
			collect(one.Value, known, open)
		}
	}
}

func judgeAnswer(in *openapi3filter.RequestValidationInput, op *openapi3.Operation, e exchange) []string {
	declared := op.Responses.Status(e.Status)
	kind, _, _ := mime.ParseMediaType(e.Answered.Get("Content-Type"))
	switch {
	case declared == nil && e.Status < 400 && e.Status != http.StatusNotModified && e.Status != http.StatusMovedPermanently && e.Status != http.StatusTemporaryRedirect:
		return []string{fmt.Sprintf("answer: the operation does not answer with %d", e.Status)}
	case declared == nil || len(declared.Value.Content) == 0 && e.Answer == "":
		return nil
	case strings.HasPrefix(kind, "application/vnd.github."):
		if !accepts(e.Header, kind) {
			return []string{"answer: it is " + kind + ", which was not asked for"}
		}
		return nil
	}
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: e.Status, Header: e.Answered, Body: io.NopCloser(bytes.NewBufferString(e.Answer)),
		Options: &openapi3filter.Options{MultiError: true},
	})
	// Errors are described by choices that are as good as the same.
	if err != nil && (e.Status < 400 || !strings.Contains(err.Error(), "more than one oneOf")) {
		return []string{"answer: " + brief(err)}
	}
	return nil
}

// accepts tells whether a media type such as application/vnd.github.diff was
// asked for, with the version of the API in its name or without.
func accepts(head http.Header, kind string) bool {
	name := strings.TrimPrefix(kind, "application/vnd.github.")
	accept := strings.Join(head.Values("Accept"), ",")
	return strings.Contains(accept, "vnd.github."+name) || strings.Contains(accept, "vnd.github.v3."+name)
}
