package protocol

import (
	"slices"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Result is the answer to one request.
type Result interface {
	body(w *jsonrpc.Writer, r *Revision)
}

// Frame is what surrounds a result.
type Frame struct {
	Revision *Revision
	Server   []byte // serverInfo, as JSON
	Method   string // of the request; decides whether the result may be cached
	TTL      int64  // milliseconds for which a client may keep a list
	Public   bool   // whether caches may share it between principals
}

// Append appends the JSON of a result.
func (f *Frame) Append(dst []byte, res Result) []byte {
	w := &jsonrpc.Writer{Buf: dst}
	f.Write(w, res)
	return w.Buf
}

// Write writes the JSON of a result.
func (f *Frame) Write(w *jsonrpc.Writer, res Result) {
	if e, ok := res.(Encoded); ok {
		w.Raw(e)
		return
	}
	w.Open('{')
	if f.Revision.Stateless {
		f.stateless(w, res)
	} else if after := retryAfter(res); after > 0 {
		w.Key("_meta").Open('{')
		w.Key(MetaRetryAfter).Int(after)
		w.Close('}')
	}
	res.body(w, f.Revision)
	w.Close('}')
}

func (f *Frame) stateless(w *jsonrpc.Writer, res Result) {
	kind := "complete"
	switch res.(type) {
	case *InputRequired:
		kind = "input_required"
	case *TaskCreated:
		kind = "task"
	}
	w.Key("resultType").String(kind)
	w.Key("_meta").Open('{')
	w.Key(MetaServerInfo).Raw(f.Server)
	if l, ok := res.(*ListenEnd); ok {
		w.Key(MetaSubscriptionID).Raw([]byte(l.ID))
	}
	if after := retryAfter(res); after > 0 {
		w.Key(MetaRetryAfter).Int(after)
	}
	w.Close('}')
	if kind != "complete" || !f.Revision.CacheHints {
		return
	}
	ttl := f.TTL
	switch f.Method {
	case "resources/read":
		ttl = 0
	case "server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list":
	default:
		return
	}
	w.Key("ttlMs").Int(ttl)
	if f.Public {
		w.Key("cacheScope").String("public")
	} else {
		w.Key("cacheScope").String("private")
	}
}

// retryAfter is when to try again what failed for now, in seconds, or 0.
func retryAfter(res Result) int64 {
	if t, ok := res.(*ToolResult); ok {
		return int64(t.RetryAfter)
	}
	return 0
}

// MetaRetryAfter is in the _meta of a failed result of a tool: after so many
// seconds it may work. The protocol has no key for that.
const MetaRetryAfter = "io.github.mcp-toolbelt/retryAfter"

// The keys of _meta that the protocol reserves.
const (
	MetaVersion        = "io.modelcontextprotocol/protocolVersion"
	MetaClientInfo     = "io.modelcontextprotocol/clientInfo"
	MetaCapabilities   = "io.modelcontextprotocol/clientCapabilities"
	MetaLogLevel       = "io.modelcontextprotocol/logLevel"
	MetaServerInfo     = "io.modelcontextprotocol/serverInfo"
	MetaSubscriptionID = "io.modelcontextprotocol/subscriptionId"
)

// The error codes of 2026-07-28.
const (
	CodeHeaderMismatch     = -32020
	CodeMissingCapability  = -32021
	CodeUnsupportedVersion = -32022
)

// CodeBusy says that there are too many requests at present. It is from the
// range that a server's own codes are of, as the protocol has none for that.
const CodeBusy = -32003

// CodeStopping is the error of a call that came when the server was about to
// end: nothing of it was done.
const CodeStopping = -32004

// Encoded is a result that a Frame has made into JSON before.
type Encoded []byte

func (Encoded) body(*jsonrpc.Writer, *Revision) {}

// Empty is a result that says no more than "done".
type Empty struct{}

func (Empty) body(*jsonrpc.Writer, *Revision) {}

// ListenEnd closes a subscriptions/listen request.
type ListenEnd struct{ ID jsonrpc.ID }

func (*ListenEnd) body(*jsonrpc.Writer, *Revision) {}

// ToolResult is the result of tools/call.
type ToolResult struct {
	Content    []Content
	Structured []byte // JSON, or nil
	IsError    bool
	RetryAfter int // of an error that passes: when to try again, in seconds; 0: not said
}

func (t *ToolResult) body(w *jsonrpc.Writer, r *Revision) {
	w.Key("content").Open('[')
	for _, c := range t.Content {
		c.appendTo(w, r)
	}
	w.Close(']')
	if r.StructuredContent && (r.StructuredValues || jsonrpc.Kind(t.Structured) == '{') {
		w.OptionalRaw("structuredContent", t.Structured)
	}
	if t.IsError {
		w.Key("isError").Bool(true)
	}
}

// ReadResult is the result of resources/read.
type ReadResult struct{ Contents []Contents }

func (t *ReadResult) body(w *jsonrpc.Writer, _ *Revision) {
	w.Key("contents").Open('[')
	for _, c := range t.Contents {
		c.appendTo(w)
	}
	w.Close(']')
}

// IsLong reports whether some text of res is long enough to be written in
// pieces. Blocks of no kind (nil) are left for the encoder to find.
func IsLong(res Result) bool {
	switch r := res.(type) {
	case *ToolResult:
		for _, c := range r.Content {
			if t, ok := c.(Text); ok && len(t.Text) >= jsonrpc.Long {
				return !hasNil(r.Content)
			}
		}
	case *ReadResult:
		for _, c := range r.Contents {
			if len(c.Text) >= jsonrpc.Long {
				return true
			}
		}
	}
	return false
}

func hasNil(blocks []Content) bool {
	return slices.ContainsFunc(blocks, func(c Content) bool { return c == nil })
}

// Message is one message of a prompt.
type Message struct {
	Role    string // "user" or "assistant"
	Content Content
}

// PromptResult is the result of prompts/get.
type PromptResult struct {
	Description string
	Messages    []Message
}

func (t *PromptResult) body(w *jsonrpc.Writer, r *Revision) {
	w.Optional("description", t.Description)
	WriteMessages(w, r, t.Messages)
}

// WriteMessages writes the member messages of a prompt or a request to a model.
func WriteMessages(w *jsonrpc.Writer, r *Revision, messages []Message) {
	w.Key("messages").Open('[')
	for _, m := range messages {
		w.Open('{')
		w.Key("role").String(m.Role)
		w.Key("content")
		m.Content.appendTo(w, r)
		w.Close('}')
	}
	w.Close(']')
}

// MaxCompletions is the most values a completion may hold.
const MaxCompletions = 100

// Completion is the result of completion/complete. Values beyond
// MaxCompletions are counted and left out.
type Completion struct{ Values []string }

func (t *Completion) body(w *jsonrpc.Writer, _ *Revision) {
	w.Key("completion").Open('{')
	w.Key("values").Open('[')
	for _, v := range t.Values[:min(len(t.Values), MaxCompletions)] {
		w.String(v)
	}
	w.Close(']')
	w.Key("total").Int(int64(len(t.Values)))
	w.Key("hasMore").Bool(len(t.Values) > MaxCompletions)
	w.Close('}')
}

// List is one page of tools, resources, templates or prompts.
type List struct {
	Key   string // the member that holds the items
	Items []Item
	Next  string // the cursor of the next page, or ""
}

func (t *List) body(w *jsonrpc.Writer, r *Revision) {
	w.Key(t.Key).Open('[')
	for _, i := range t.Items {
		i.itemTo(w, r)
	}
	w.Close(']')
	w.Optional("nextCursor", t.Next)
}

// Initialized is the result of initialize.
type Initialized struct {
	Server       []byte
	Capabilities Capabilities
	Instructions string
}

func (t *Initialized) body(w *jsonrpc.Writer, r *Revision) {
	w.Key("protocolVersion").String(r.Name)
	t.Capabilities.appendTo(w, r)
	w.Key("serverInfo").Raw(t.Server)
	w.Optional("instructions", t.Instructions)
}

// Discovered is the result of server/discover.
type Discovered struct {
	Capabilities Capabilities
	Instructions string
}

func (t *Discovered) body(w *jsonrpc.Writer, r *Revision) {
	w.Key("supportedVersions").Open('[')
	for _, name := range Names() {
		w.String(name)
	}
	w.Close(']')
	t.Capabilities.appendTo(w, r)
	w.Optional("instructions", t.Instructions)
}

// InputRequired asks the client for input and to send the request again.
type InputRequired struct {
	Requests []InputRequest
	State    string
}

// InputRequest is one thing asked of the client.
type InputRequest struct {
	Key    string // the client's answer comes under it
	Method string
	Params []byte
}

func (t *InputRequired) body(w *jsonrpc.Writer, _ *Revision) {
	writeRequests(w, t.Requests)
	w.Optional("requestState", t.State)
}
