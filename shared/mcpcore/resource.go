package mcpcore

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// Resource is something a client can read by its URI.
type Resource struct {
	URI, Name, Title, Description, MIMEType string
	Size                                    int64 // bytes; 0 where unknown
	Icons                                   []Icon
	Annotations                             *Annotations

	// Read gives the contents. URI and MIMEType of each may be left out; they
	// are those of the resource.
	Read func(ctx context.Context, uri string) ([]Contents, error)
}

// Template is a family of resources. {name} in URITemplate stands for one
// segment of a path, {+name} for any number of them.
type Template struct {
	URITemplate, Name, Title, Description, MIMEType string
	Icons                                           []Icon
	Annotations                                     *Annotations

	// Read gives the contents of the resource at uri. The values that the
	// template found in it are in Variable.
	Read func(ctx context.Context, uri string) ([]Contents, error)

	// Complete suggests values for a variable; nil suggests none.
	Complete func(ctx context.Context, ask Completing) ([]string, error)

	pattern *regexp.Regexp
}

// Completing is a question for the rest of a value that is being typed.
type Completing struct {
	Argument string            // the argument or variable
	Value    string            // what was typed so far
	Known    map[string]string // the other arguments, where the client told them
}

// Variable is the value that the template of the resource being read found
// for a name, decoded; "" where there is none.
func Variable(ctx context.Context, name string) string {
	call := CallOf(ctx)
	if call == nil {
		return ""
	}
	return call.variables[name]
}

func (r *Resource) item() protocol.Link {
	return protocol.Link{
		URI: r.URI, Name: r.Name, Title: r.Title, Description: r.Description,
		MIMEType: r.MIMEType, Size: r.Size, Icons: r.Icons, Annotations: r.Annotations,
	}
}

func (t *Template) item() protocol.Template {
	return protocol.Template{
		URITemplate: t.URITemplate, Name: t.Name, Title: t.Title, Description: t.Description,
		MIMEType: t.MIMEType, Icons: t.Icons, Annotations: t.Annotations,
	}
}

var templateVariable = regexp.MustCompile(`\{(\+?)([A-Za-z][A-Za-z0-9_]*)\}`)

// compile makes the expression that finds the variables of a URI template
// (RFC 6570, simple and reserved expansion).
func (t *Template) compile() error {
	var b strings.Builder
	b.WriteString("^")
	end := 0
	for _, m := range templateVariable.FindAllStringSubmatchIndex(t.URITemplate, -1) {
		b.WriteString(regexp.QuoteMeta(t.URITemplate[end:m[0]]))
		part := `[^/?#]+`
		if m[3] > m[2] {
			part = `.+`
		}
		fmt.Fprintf(&b, "(?P<%s>%s)", t.URITemplate[m[4]:m[5]], part)
		end = m[1]
	}
	rest := t.URITemplate[end:]
	if strings.ContainsAny(rest, "{}") {
		return fmt.Errorf("%s: only {name} and {+name} are understood", t.URITemplate)
	}
	b.WriteString(regexp.QuoteMeta(rest) + "$")
	var err error
	t.pattern, err = regexp.Compile("(?s)" + b.String())
	return err
}

// match finds the variables in uri, or returns nil.
func (t *Template) match(uri string) map[string]string {
	m := t.pattern.FindStringSubmatch(uri)
	if m == nil {
		return nil
	}
	found := map[string]string{}
	for i, name := range t.pattern.SubexpNames() {
		if name == "" {
			continue
		}
		value, err := url.PathUnescape(m[i])
		if err != nil {
			return nil
		}
		found[name] = value
	}
	return found
}

func notFound(uri string) error {
	return Hint(fmt.Errorf("resource %s: %w", uri, ErrNotFound), "resources/list and resources/templates/list tell what there is")
}

func (s *Server) readResource(ctx context.Context, call *Call) (protocol.Result, error) {
	uri := call.Name
	var contents []Contents
	var mime string
	var err error
	reg := s.registry.load()
	if !reg.know(call.Principal, uri) {
		return nil, notFound(uri)
	}
	if r := reg.resource(uri); r != nil {
		mime = r.MIMEType
		contents, err = r.Read(ctx, uri)
	} else {
		t, variables := reg.template(uri)
		if t == nil {
			return nil, notFound(uri)
		}
		mime, call.variables = t.MIMEType, variables
		contents, err = t.Read(ctx, uri)
	}
	if err != nil {
		return nil, err
	}
	budget := s.engine().MaxResultBytes
	for i := range contents {
		c := &contents[i]
		if c.URI == "" {
			c.URI = uri
		}
		if c.MIMEType == "" {
			c.MIMEType = mime
		}
		if budget -= contentsLen(c); budget < 0 {
			return nil, invalidParams("resource %s is larger than the %d bytes that are allowed", uri, s.engine().MaxResultBytes)
		}
	}
	return &protocol.ReadResult{Contents: contents}, nil
}
