package httpd

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

const versionHeader = "Mcp-Protocol-Version"

// meta is what the headers of a request without a session are held against.
type meta struct {
	version, capabilities, client []byte
	twice                         bool // a member stands twice
	name, uri, task, arguments    []byte
}

func metaOf(params []byte) (m meta) {
	var raw []byte
	once := func(field *[]byte, value []byte) {
		m.twice = m.twice || *field != nil
		*field = value
	}
	for key, value := range jsonrpc.Members(params) {
		switch key {
		case "_meta":
			once(&raw, value)
		case "name":
			once(&m.name, value)
		case "uri":
			once(&m.uri, value)
		case "taskId":
			once(&m.task, value)
		case "arguments":
			once(&m.arguments, value)
		}
	}
	for key, value := range jsonrpc.Members(raw) {
		switch key {
		case protocol.MetaVersion:
			once(&m.version, value)
		case protocol.MetaCapabilities:
			once(&m.capabilities, value)
		case protocol.MetaClientInfo:
			once(&m.client, value)
		}
	}
	return m
}

// stateless reports whether a message is of a revision without a handshake: it
// says so itself, or its header does, or it calls what only those have.
func stateless(m *message, about *meta, header string) bool {
	if about.version != nil || about.capabilities != nil || about.client != nil {
		return true
	}
	if r := protocol.Lookup(header); r != nil {
		return r.Stateless
	}
	return protocol.Latest().Has(m.Method) && !protocol.Negotiate("").Has(m.Method)
}

func mismatch(id jsonrpc.ID, format string, args ...any) *fault {
	return badRequest(id, jsonrpc.Errorf(protocol.CodeHeaderMismatch, format, args...))
}

// revisionFault holds the version that a request names against its header.
func revisionFault(r *http.Request, m *message, about *meta) *fault {
	headers := r.Header.Values(versionHeader)
	named := jsonrpc.Unquote(about.version)
	switch {
	case about.twice:
		return badRequest(m.ID, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "a member of params or _meta stands twice"))
	case len(headers) > 1:
		return mismatch(m.ID, "the header MCP-Protocol-Version stands twice")
	case about.version == nil && m.ID != "":
		return badRequest(m.ID, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "_meta needs %s and %s", protocol.MetaVersion, protocol.MetaCapabilities))
	case len(headers) == 0:
		return mismatch(m.ID, "the header MCP-Protocol-Version is missing")
	case about.version != nil && headers[0] != named:
		return mismatch(m.ID, "the header MCP-Protocol-Version is %q and _meta says %q", clip(headers[0]), clip(named))
	}
	if revision := protocol.Lookup(headers[0]); revision == nil || !revision.Stateless {
		return badRequest(m.ID, protocol.Unsupported(headers[0], protocol.Names()))
	}
	if m.ID != "" && jsonrpc.Kind(about.capabilities) != '{' {
		return badRequest(m.ID, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "_meta needs %s, an object", protocol.MetaCapabilities))
	}
	return nil
}

// headersFault holds the headers that repeat parts of a message against it:
// who routes by a header must not be led astray.
func (h *Handler) headersFault(r *http.Request, m *message, about *meta) *fault {
	if values := r.Header.Values("Mcp-Method"); len(values) != 1 || values[0] != m.Method {
		if m.ID == "" && len(values) == 0 { // for notifications nothing is laid down
			return nil
		}
		return mismatch(m.ID, "the header Mcp-Method is %q and the method %q", clip(strings.Join(values, ", ")), clip(m.Method))
	}
	var body []byte
	switch m.Method {
	case "tools/call", "prompts/get":
		body = about.name
	case "resources/read":
		body = about.uri
	case "tasks/get", "tasks/update", "tasks/cancel":
		body = about.task
	default:
		return nil
	}
	if jsonrpc.Kind(body) == '"' {
		values := r.Header.Values("Mcp-Name")
		if len(values) != 1 {
			return mismatch(m.ID, "there must be one header Mcp-Name")
		}
		if got, ok := decoded(values[0]); !ok || got != jsonrpc.Unquote(body) {
			return mismatch(m.ID, "the header Mcp-Name is %q and the message says %q", clip(values[0]), clip(jsonrpc.Unquote(body)))
		}
	}
	if m.Method == "tools/call" {
		return paramsFault(r, m, h.o.Params(jsonrpc.Unquote(about.name)), about.arguments)
	}
	return nil
}

func paramsFault(r *http.Request, m *message, params []Param, arguments []byte) *fault {
	for _, p := range params {
		name := "Mcp-Param-" + p.Header
		values := r.Header.Values(name)
		body, twice := at(arguments, p.Path)
		switch {
		case twice:
			return badRequest(m.ID, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "the argument %s stands twice", strings.Join(p.Path, ".")))
		case jsonrpc.IsNull(body) && len(values) == 0:
			continue
		case jsonrpc.IsNull(body):
			return mismatch(m.ID, "there is a header %s and no argument %s", name, strings.Join(p.Path, "."))
		case len(values) != 1:
			return mismatch(m.ID, "there must be one header %s", name)
		}
		if got, ok := decoded(values[0]); !ok || !sameValue(got, body) {
			return mismatch(m.ID, "the header %s does not match the argument %s", name, strings.Join(p.Path, "."))
		}
	}
	return nil
}

// at finds the value at a path of names.
func at(raw []byte, path []string) (value []byte, twice bool) {
	for _, name := range path {
		var next []byte
		for key, v := range jsonrpc.Members(raw) {
			if key == name {
				twice = twice || next != nil
				next = v
			}
		}
		raw = next
	}
	return raw, twice
}

// sameValue compares a header's value with an argument: numbers by what they
// are worth, all else by how it is written.
func sameValue(header string, body []byte) bool {
	if jsonrpc.Kind(body) == '"' {
		return header == jsonrpc.Unquote(body)
	}
	if header == string(body) {
		return true
	}
	const safe = 1 << 53 // whole numbers beyond are not told apart
	a, errA := strconv.ParseFloat(header, 64)
	b, errB := strconv.ParseFloat(string(body), 64)
	return errA == nil && errB == nil && a == b && a < safe && a > -safe
}

// decoded is the value of a header that may be wrapped in base64.
func decoded(value string) (string, bool) {
	inner, wrapped := strings.CutPrefix(value, "=?base64?")
	if inner, wrapped = cutSuffixIf(wrapped, inner, "?="); wrapped {
		raw, err := base64.StdEncoding.Strict().DecodeString(inner)
		return string(raw), err == nil && !strings.ContainsAny(inner, "\r\n")
	}
	for i := range len(value) {
		if c := value[i]; (c < ' ' && c != '\t') || c >= 0x7f {
			return "", false
		}
	}
	return value, true
}

func cutSuffixIf(on bool, s, suffix string) (string, bool) {
	if !on {
		return s, false
	}
	return strings.CutSuffix(s, suffix)
}
