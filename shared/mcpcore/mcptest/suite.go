package mcptest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Limits are what Suite holds a server to.
type Limits struct {
	ToolsList int      // bytes of the tools in tools/list; 0: no limit
	Long      Trial    // of a server that has long tools
	Plain     []string // names of arguments that say all, and need no description
}

// Trial is a call of a tool that works, however often it is made, and changes
// nothing.
type Trial struct {
	Tool      string
	Arguments any
}

// maxName leaves room for the prefix that some clients put before a name.
const maxName = 40

// Suite is what every server must pass. newServer makes a server that may be
// called with wrong arguments; no tool is called with right ones, but for the
// long one in limits.
func Suite(t *testing.T, newServer func() *mcpcore.Server, limits Limits) {
	for _, revision := range Revisions() {
		t.Run(revision, func(t *testing.T) {
			s := serverOf(t, newServer, mcpcore.Policy{})
			c := Connect(t, s, Options{Revision: revision})
			for _, method := range []string{"tools/list", "prompts/list", "resources/list", "resources/templates/list"} {
				first, second := c.List(method), c.List(method)
				if !slices.EqualFunc(first, second, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
					t.Errorf("%s: two lists differ", method)
				}
			}
			if e := c.Refused("no/such", nil); e.Code != -32601 {
				t.Errorf("unknown method: got %d, want -32601", e.Code)
			}
			if e := c.Refused("tools/call", map[string]any{"name": "no_such_tool"}); e.Code != -32602 || !strings.Contains(e.Message, "no_such_tool") {
				t.Errorf("unknown tool: got %v, want -32602 naming it", e)
			}
			wrongCalls(t, c)
		})
	}
	t.Run("tools", func(t *testing.T) { describeTools(t, serverOf(t, newServer, mcpcore.Policy{}), limits) })
	t.Run("tasks", func(t *testing.T) { longCalls(t, newServer, limits.Long) })
	t.Run("read-only", func(t *testing.T) {
		all := effects(serverOf(t, newServer, mcpcore.Policy{}))
		s := serverOf(t, newServer, mcpcore.Policy{ReadOnly: true})
		refuses(t, s, all, func(e mcpcore.Effect) bool { return e != mcpcore.Reads }, "--read-only")
	})
	t.Run("denied", func(t *testing.T) {
		all := effects(serverOf(t, newServer, mcpcore.Policy{}))
		s := serverOf(t, newServer, mcpcore.Policy{Deny: []string{"*"}})
		refuses(t, s, all, func(mcpcore.Effect) bool { return true }, "--disable-tools")
	})
}

func serverOf(t *testing.T, newServer func() *mcpcore.Server, p mcpcore.Policy) *mcpcore.Server {
	s := newServer()
	s.Options.Policy = p
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func effects(s *mcpcore.Server) map[string]mcpcore.Effect {
	all := map[string]mcpcore.Effect{}
	for _, tool := range s.Tools() {
		all[tool.Name()] = tool.Effect()
	}
	return all
}

// refuses checks that tools are neither listed nor served.
func refuses(t *testing.T, s *mcpcore.Server, all map[string]mcpcore.Effect, hidden func(mcpcore.Effect) bool, why string) {
	c := Connect(t, s, Options{})
	listed := map[string]bool{}
	for _, tool := range c.Tools() {
		listed[tool.Name] = true
	}
	for name, effect := range all {
		if listed[name] == hidden(effect) {
			t.Errorf("%s (%s): listed is %v", name, effect, listed[name])
		}
		if !hidden(effect) {
			continue
		}
		r := c.Call(name, map[string]any{})
		if !r.IsError || !strings.Contains(r.Text(), why) {
			t.Errorf("%s: got %q, want a refusal that names %s", name, r.Text(), why)
		}
	}
}

// wrong is a value that no argument of the type takes.
var wrong = map[string]any{
	"string": map[string]any{"no": "string"}, "integer": "many", "number": "many", "boolean": "maybe",
	"array": []any{[]any{[]any{}}}, "object": 5,
}

// wrongCalls calls each tool with what it must refuse.
func wrongCalls(t *testing.T, c *Client) {
	for _, tool := range c.Tools() {
		r := c.Call(tool.Name, map[string]any{"no_such_argument": 1})
		if !r.IsError || !strings.Contains(r.Text(), "no_such_argument") {
			t.Errorf("%s with an unknown argument: got %q, want a refusal that names it", tool.Name, r.Text())
		}
		var in inputSchema
		c.decode(tool.InputSchema, &in)
		for name, p := range in.Properties {
			value, ok := wrong[p.Type]
			if !ok || p.Type == "array" && p.Items.Type == "" { // any value can be made such a list
				continue
			}
			r := c.Call(tool.Name, map[string]any{name: value})
			if !r.IsError || !strings.Contains(r.Text(), name) {
				t.Errorf("%s with a wrong %s: got %q, want a refusal that names it", tool.Name, name, r.Text())
			}
		}
		for _, name := range in.Required {
			if r := c.Call(tool.Name, nil); !r.IsError || !strings.Contains(r.Text(), name) {
				t.Errorf("%s without %s: got %q, want a refusal that names it", tool.Name, name, r.Text())
			}
		}
	}
}

type inputSchema struct {
	Type                 string `json:"type"`
	AdditionalProperties *bool  `json:"additionalProperties"`
	Required             []string
	Properties           map[string]struct {
		Type        string
		Description string
		Items       struct{ Type string }
	}
}

var snakeName = regexp.MustCompile(`\b[a-z]+(_[a-z0-9]+)+\b`)

// describeTools checks what a model is told of the tools.
func describeTools(t *testing.T, s *mcpcore.Server, limits Limits) {
	c := Connect(t, s, Options{})
	size := 0
	for _, raw := range c.List("tools/list") {
		size += len(raw)
	}
	if limits.ToolsList > 0 && size > limits.ToolsList {
		t.Errorf("the tools take %d bytes of a model's attention on every request, %d are allowed", size, limits.ToolsList)
	}
	marked := map[string]bool{}
	for _, tool := range s.Tools() {
		marked[tool.Name()] = tool.HasTarget()
	}
	known, verbs := map[string]bool{}, map[string]bool{}
	for _, tool := range c.Tools() {
		known[tool.Name] = true
		verb, _, _ := strings.Cut(tool.Name, "_")
		verbs[verb] = true
	}
	for _, tool := range c.Tools() {
		if len(tool.Name) > maxName || !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(tool.Name) {
			t.Errorf("%q is no name for a tool", tool.Name)
		}
		if strings.TrimSpace(tool.Description) == "" {
			t.Errorf("%s has no description", tool.Name)
		}
		for _, word := range snakeName.FindAllString(tool.Description, -1) {
			if verb, _, _ := strings.Cut(word, "_"); verbs[verb] && !known[word] && !strings.Contains(string(tool.InputSchema), `"`+word+`"`) {
				t.Errorf("%s: the description names %s, which is no tool", tool.Name, word)
			}
		}
		checkHints(t, tool)
		checkInput(t, c, tool, marked[tool.Name], limits.Plain)
		if tool.OutputSchema != nil {
			if _, err := Compile(tool.OutputSchema); err != nil {
				t.Errorf("%s: output schema: %v", tool.Name, err)
			}
		}
	}
}

func checkHints(t *testing.T, tool Tool) {
	h := tool.Annotations
	if h == nil || h.ReadOnly == nil || h.Destructive == nil || h.Idempotent == nil || h.OpenWorld == nil {
		t.Errorf("%s: annotations are missing", tool.Name)
		return
	}
	if *h.ReadOnly && *h.Destructive {
		t.Errorf("%s reads only, and destroys", tool.Name)
	}
}

// target are names of arguments that say what a call touches.
var target = regexp.MustCompile(`^(path|paths|file|source|destination|dir|directory|repo|repository|owner|branch|channel|table|schema|database|url|uri)$`)

func checkInput(t *testing.T, c *Client, tool Tool, marked bool, plain []string) {
	if _, err := Compile(tool.InputSchema); err != nil {
		t.Errorf("%s: input schema: %v", tool.Name, err)
	}
	var in inputSchema
	c.decode(tool.InputSchema, &in)
	if in.Type != "object" || in.AdditionalProperties == nil || *in.AdditionalProperties {
		t.Errorf("%s: arguments are an object without further members", tool.Name)
	}
	for name, p := range in.Properties {
		if p.Description == "" && !slices.Contains(plain, name) {
			t.Errorf("%s: %s has no description", tool.Name, name)
		}
		if target.MatchString(name) && !marked {
			t.Errorf("%s: %s says what the call touches; mark it for the audit log: audit:\"target\"", tool.Name, name)
		}
	}
}
