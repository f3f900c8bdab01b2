package mcptest

import (
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Request sends a request and returns its result, having answered what the
// server asked meanwhile. The error is *Error.
func (c *Client) Request(method string, params any) (json.RawMessage, error) {
	c.t.Helper()
	for range 10 {
		raw, err := c.Start(method, params).Wait()
		if err != nil {
			return nil, err
		}
		var asks InputRequired
		c.decode(raw, &asks)
		if asks.ResultType != "input_required" || c.o.ByHand {
			return raw, nil
		}
		members := map[string]any{}
		c.decode(c.marshal(params), &members)
		members = maps.Clone(members)
		members["inputResponses"] = c.inputs(&asks)
		if asks.RequestState != "" {
			members["requestState"] = asks.RequestState
		}
		params = members
	}
	c.t.Fatalf("%s: the server does not stop asking", method)
	return nil, nil
}

// InputRequired is a result that asks for input.
type InputRequired struct {
	ResultType    string                  `json:"resultType"`
	InputRequests map[string]InputRequest `json:"inputRequests"`
	RequestState  string                  `json:"requestState"`
}

// InputRequest is one thing asked for.
type InputRequest struct {
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

func (c *Client) must(method string, params any) json.RawMessage {
	c.t.Helper()
	raw, err := c.Request(method, params)
	if err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	return raw
}

// Refused sends a request and returns the error it is answered with.
func (c *Client) Refused(method string, params any) *Error {
	c.t.Helper()
	raw, err := c.Request(method, params)
	var e *Error
	if !errors.As(err, &e) {
		c.t.Fatalf("%s: got a result, want an error: %s", method, raw)
	}
	return e
}

// Result is the result of a tool.
type Result struct {
	Content           []Block         `json:"content"`
	StructuredContent json.RawMessage `json:"structuredContent"`
	IsError           bool            `json:"isError"`
}

// Block is a block of content of any type.
type Block struct {
	Type        string          `json:"type"`
	Text        string          `json:"text"`
	Data        []byte          `json:"data"`
	MIMEType    string          `json:"mimeType"`
	URI         string          `json:"uri"`
	Name        string          `json:"name"`
	Resource    *Contents       `json:"resource"`
	Annotations json.RawMessage `json:"annotations"`
}

// Contents is what a resource holds.
type Contents struct {
	URI      string `json:"uri"`
	MIMEType string `json:"mimeType"`
	Text     string `json:"text"`
	Blob     []byte `json:"blob"`
}

// Text is the text of all blocks.
func (r *Result) Text() string {
	var texts []string
	for _, b := range r.Content {
		if b.Type == "text" {
			texts = append(texts, b.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// Call calls a tool; a result that tells of a failure is one too. arguments is
// anything that is an object as JSON, or nil. Structured content is checked
// against the schema that the tool is listed with.
func (c *Client) Call(tool string, arguments any) *Result {
	c.t.Helper()
	raw := c.must("tools/call", callParams(tool, arguments))
	if t := c.taskOf(raw); t != nil {
		if t = c.Await(t.ID); t.Status != "completed" {
			c.t.Fatalf("%s: the task is %s: %v", tool, t.Status, t.Error)
		}
		raw = t.Result
	}
	r := &Result{}
	c.decode(raw, r)
	if r.StructuredContent != nil && !r.IsError {
		c.structured(tool, r.StructuredContent)
	}
	if r.IsError {
		c.hints(tool, r.Text())
	}
	return r
}

func callParams(tool string, arguments any) map[string]any {
	params := map[string]any{"name": tool}
	if arguments != nil {
		params["arguments"] = arguments
	}
	return params
}

var hintedTool = regexp.MustCompile(`\bcall ([a-z0-9]+(?:_[a-z0-9]+)+)\b`)

// hints checks that the tools which a hint tells to call are there.
func (c *Client) hints(tool, text string) {
	c.t.Helper()
	_, hint, _ := strings.Cut(text, "\nhint: ")
	for _, m := range hintedTool.FindAllStringSubmatch(hint, -1) {
		if !slices.ContainsFunc(c.Tools(), func(t Tool) bool { return t.Name == m[1] }) {
			c.t.Errorf("%s: the hint names %s, which is no tool: %s", tool, m[1], hint)
		}
	}
}

func (c *Client) structured(tool string, raw []byte) {
	c.t.Helper()
	for _, info := range c.Tools() {
		if info.Name != tool {
			continue
		}
		if info.OutputSchema == nil {
			c.t.Errorf("%s: structured content without an output schema", tool)
			return
		}
		s, err := Compile(info.OutputSchema)
		if err == nil {
			err = validate(s, raw)
		}
		if err != nil {
			c.t.Errorf("%s: the structured content does not hold to the output schema: %v\n%s", tool, err, raw)
		}
	}
}

// Compile makes a JSON Schema ready to validate with.
func Compile(schema json.RawMessage) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(schema)))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("mcp:///tool", doc); err != nil {
		return nil, err
	}
	return compiler.Compile("mcp:///tool")
}

// Tool is a tool as a client is told of it.
type Tool struct {
	Name         string          `json:"name"`
	Title        string          `json:"title"`
	Description  string          `json:"description"`
	InputSchema  json.RawMessage `json:"inputSchema"`
	OutputSchema json.RawMessage `json:"outputSchema"`
	Annotations  *Hints          `json:"annotations"`
}

// Hints are the annotations of a tool.
type Hints struct {
	Title       string `json:"title"`
	ReadOnly    *bool  `json:"readOnlyHint"`
	Destructive *bool  `json:"destructiveHint"`
	Idempotent  *bool  `json:"idempotentHint"`
	OpenWorld   *bool  `json:"openWorldHint"`
}

// Tools lists the tools, all pages of them.
func (c *Client) Tools() []Tool {
	c.t.Helper()
	return list[Tool](c, "tools/list", "tools")
}

// List lists the items of any list method, all pages of them, as JSON.
func (c *Client) List(method string) []json.RawMessage {
	c.t.Helper()
	return list[json.RawMessage](c, method, map[string]string{
		"tools/list": "tools", "prompts/list": "prompts", "resources/list": "resources",
		"resources/templates/list": "resourceTemplates",
	}[method])
}

func list[T any](c *Client, method, key string) []T {
	c.t.Helper()
	var all []T
	params := map[string]any{}
	for range 10_000 {
		var page map[string]json.RawMessage
		c.decode(c.must(method, params), &page)
		var items []T
		c.decode(page[key], &items)
		all = append(all, items...)
		if page["nextCursor"] == nil {
			return all
		}
		params["cursor"] = page["nextCursor"]
	}
	c.t.Fatalf("%s: does not end", method)
	return nil
}

// Read reads a resource.
func (c *Client) Read(uri string) []Contents {
	c.t.Helper()
	var r struct{ Contents []Contents }
	c.decode(c.must("resources/read", map[string]any{"uri": uri}), &r)
	return r.Contents
}

// Message is a message of a prompt.
type Message struct {
	Role    string `json:"role"`
	Content Block  `json:"content"`
}

// GetPrompt gets the messages of a prompt.
func (c *Client) GetPrompt(name string, arguments map[string]string) []Message {
	c.t.Helper()
	var r struct{ Messages []Message }
	params := map[string]any{"name": name}
	if arguments != nil {
		params["arguments"] = arguments
	}
	c.decode(c.must("prompts/get", params), &r)
	return r.Messages
}

// Completion is what a value may go on as.
type Completion struct {
	Values  []string `json:"values"`
	Total   int      `json:"total"`
	HasMore bool     `json:"hasMore"`
}

// Complete completes an argument of a prompt, or, where ref has a colon, a
// variable of a resource template. known are the other arguments.
func (c *Client) Complete(ref, argument, value string, known map[string]string) Completion {
	c.t.Helper()
	what := map[string]any{"type": "ref/prompt", "name": ref}
	if strings.Contains(ref, ":") {
		what = map[string]any{"type": "ref/resource", "uri": ref}
	}
	params := map[string]any{"ref": what, "argument": map[string]any{"name": argument, "value": value}}
	if known != nil {
		params["context"] = map[string]any{"arguments": known}
	}
	var r struct{ Completion Completion }
	c.decode(c.must("completion/complete", params), &r)
	return r.Completion
}

// Notification is one that the server sent.
type Notification struct {
	Method string
	Params json.RawMessage
}

// Notifications returns those of a method that came so far, or all for "".
func (c *Client) Notifications(method string) []Notification {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Notification
	for _, n := range c.notes {
		if method == "" || n.Method == method {
			out = append(out, n)
		}
	}
	return out
}

// WaitNotifications waits until n of a method have come.
func (c *Client) WaitNotifications(method string, n int) []Notification {
	c.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		c.mu.Lock()
		news := c.news
		c.mu.Unlock()
		if got := c.Notifications(method); len(got) >= n {
			return got
		}
		select {
		case <-news:
		case <-timer.C:
			c.t.Fatalf("%s: %d came, want %d", method, len(c.Notifications(method)), n)
		}
	}
}
