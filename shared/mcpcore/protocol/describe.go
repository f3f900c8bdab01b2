package protocol

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"

// Implementation names a server or a client.
type Implementation struct {
	Name, Title, Version, Description, WebsiteURL string
	Icons                                         []Icon
}

// JSON writes i as revision r knows it.
func (i *Implementation) JSON(r *Revision) []byte {
	w := &jsonrpc.Writer{}
	w.Open('{')
	w.Key("name").String(i.Name)
	if r.Titles {
		w.Optional("title", i.Title)
	}
	w.Key("version").String(i.Version)
	if r.Icons {
		w.Optional("description", i.Description)
		w.Optional("websiteUrl", i.WebsiteURL)
		appendIcons(w, r, i.Icons)
	}
	w.Close('}')
	return w.Buf
}

// Item is one entry of a list: Tool, Link (for a resource), Template or Prompt.
type Item interface {
	itemTo(w *jsonrpc.Writer, r *Revision)
}

// Tool describes a tool to a client.
type Tool struct {
	Name, Title, Description  string
	InputSchema, OutputSchema []byte
	ReadOnly, Destructive     bool
	Idempotent, OpenWorld     bool
	Icons                     []Icon
}

func (t Tool) itemTo(w *jsonrpc.Writer, r *Revision) {
	w.Open('{')
	w.Key("name").String(t.Name)
	if r.Titles {
		w.Optional("title", t.Title)
	}
	w.Optional("description", t.Description)
	w.Key("inputSchema").Raw(t.InputSchema)
	if r.StructuredContent {
		w.OptionalRaw("outputSchema", t.OutputSchema)
	}
	if r.ToolAnnotations {
		w.Key("annotations").Open('{')
		if !r.Titles {
			w.Optional("title", t.Title)
		}
		w.Key("readOnlyHint").Bool(t.ReadOnly)
		w.Key("destructiveHint").Bool(t.Destructive)
		w.Key("idempotentHint").Bool(t.Idempotent)
		w.Key("openWorldHint").Bool(t.OpenWorld)
		w.Close('}')
	}
	appendIcons(w, r, t.Icons)
	w.Close('}')
}

func (c Link) itemTo(w *jsonrpc.Writer, r *Revision) {
	w.Open('{')
	resourceFields(w, r, c)
	w.Close('}')
}

func resourceFields(w *jsonrpc.Writer, r *Revision, c Link) {
	w.Key("uri").String(c.URI)
	w.Key("name").String(c.Name)
	if r.Titles {
		w.Optional("title", c.Title)
	}
	w.Optional("description", c.Description)
	w.Optional("mimeType", c.MIMEType)
	if c.Size > 0 {
		w.Key("size").Int(c.Size)
	}
	c.Annotations.appendTo(w, r)
	appendIcons(w, r, c.Icons)
}

// Template describes a family of resources.
type Template struct {
	URITemplate, Name, Title, Description, MIMEType string
	Icons                                           []Icon
	Annotations                                     *Annotations
}

func (t Template) itemTo(w *jsonrpc.Writer, r *Revision) {
	w.Open('{')
	w.Key("uriTemplate").String(t.URITemplate)
	w.Key("name").String(t.Name)
	if r.Titles {
		w.Optional("title", t.Title)
	}
	w.Optional("description", t.Description)
	w.Optional("mimeType", t.MIMEType)
	t.Annotations.appendTo(w, r)
	appendIcons(w, r, t.Icons)
	w.Close('}')
}

// Prompt describes a prompt.
type Prompt struct {
	Name, Title, Description string
	Arguments                []Argument
	Icons                    []Icon
}

// Argument is one argument of a prompt.
type Argument struct {
	Name, Title, Description string
	Required                 bool
}

func (p Prompt) itemTo(w *jsonrpc.Writer, r *Revision) {
	w.Open('{')
	w.Key("name").String(p.Name)
	if r.Titles {
		w.Optional("title", p.Title)
	}
	w.Optional("description", p.Description)
	if len(p.Arguments) > 0 {
		w.Key("arguments").Open('[')
		for _, a := range p.Arguments {
			w.Open('{')
			w.Key("name").String(a.Name)
			if r.Titles {
				w.Optional("title", a.Title)
			}
			w.Optional("description", a.Description)
			w.Key("required").Bool(a.Required)
			w.Close('}')
		}
		w.Close(']')
	}
	appendIcons(w, r, p.Icons)
	w.Close('}')
}

// Capabilities are what a server announces.
type Capabilities struct {
	Tools, Resources, Prompts, Completions, Subscribe bool
	Tasks                                             bool
}

func (c Capabilities) appendTo(w *jsonrpc.Writer, r *Revision) {
	w.Key("capabilities").Open('{')
	w.Key("logging").Raw([]byte("{}"))
	if c.Completions && r.CompletionsFlag {
		w.Key("completions").Raw([]byte("{}"))
	}
	if c.Prompts {
		w.Key("prompts").Raw([]byte(`{"listChanged":true}`))
	}
	if c.Resources {
		w.Key("resources").Open('{')
		w.Key("listChanged").Bool(true)
		if c.Subscribe {
			w.Key("subscribe").Bool(true)
		}
		w.Close('}')
	}
	if c.Tools {
		w.Key("tools").Raw([]byte(`{"listChanged":true}`))
	}
	if c.Tasks && r.Tasks {
		w.Key("extensions").Raw([]byte(`{"` + TasksExtension + `":{}}`))
	}
	w.Close('}')
}
