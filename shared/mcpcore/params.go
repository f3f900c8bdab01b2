package mcpcore

import (
	"bytes"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// params are the members of a request's params that some method knows, as
// they stand in the message.
type params struct {
	name, uri, arguments, cursor, level                  []byte
	ref, argument, context                               []byte
	inputResponses, requestState, notifications          []byte
	protocolVersion, capabilities, clientInfo            []byte
	requestID, taskID                                    []byte
	progressToken                                        []byte
	metaVersion, metaClient, metaCapabilities, metaLevel []byte

	meta []byte // all of _meta
}

func parseParams(raw []byte) (*params, *jsonrpc.Error) {
	p := &params{}
	for key, value := range jsonrpc.Members(raw) {
		field := &p.meta
		if key != "_meta" {
			if field = p.member(key); field == nil {
				continue
			}
		}
		if *field != nil {
			return nil, invalidParams("params: %q stands twice", key)
		}
		*field = value
	}
	for key, value := range jsonrpc.Members(p.meta) {
		switch key {
		case "progressToken":
			p.progressToken = value
		case protocol.MetaVersion:
			p.metaVersion = value
		case protocol.MetaClientInfo:
			p.metaClient = value
		case protocol.MetaCapabilities:
			p.metaCapabilities = value
		case protocol.MetaLogLevel:
			p.metaLevel = value
		}
	}
	if k := jsonrpc.Kind(p.arguments); k != 0 && k != '{' && k != 'n' {
		return nil, invalidParams("params.arguments must be an object")
	}
	return p, nil
}

func (p *params) member(key string) *[]byte {
	switch key {
	case "name":
		return &p.name
	case "uri":
		return &p.uri
	case "arguments":
		return &p.arguments
	case "cursor":
		return &p.cursor
	case "level":
		return &p.level
	case "ref":
		return &p.ref
	case "argument":
		return &p.argument
	case "context":
		return &p.context
	case "inputResponses":
		return &p.inputResponses
	case "requestState":
		return &p.requestState
	case "notifications":
		return &p.notifications
	case "protocolVersion":
		return &p.protocolVersion
	case "capabilities":
		return &p.capabilities
	case "clientInfo":
		return &p.clientInfo
	case "requestId":
		return &p.requestID
	case "taskId":
		return &p.taskID
	}
	return nil
}

// subject is what a request is about: the name of a tool or prompt, or a URI.
func (p *params) subject(method string) string {
	switch method {
	case "tools/call", "prompts/get":
		return jsonrpc.Unquote(p.name)
	case "resources/read", "resources/subscribe", "resources/unsubscribe":
		return jsonrpc.Unquote(p.uri)
	}
	return ""
}

// modern reports whether the request carries metadata of a revision without a
// handshake, whole or not.
func (p *params) modern() bool {
	return p.metaVersion != nil || p.metaCapabilities != nil || p.metaClient != nil
}

// Client is the program at the other end, as it describes itself.
type Client struct {
	Name, Version string
	Revision      string // of the protocol
	CanBeAsked    bool   // it can put a form before its user
	HasRoots      bool   // it can tell the directories it works in
	CanSample     bool   // it lets a server use its model
	HasTasks      bool   // it takes a task for an answer, and asks for the result later

	info, capabilities []byte // as they came, to know the same client again
}

func newClient(revision *protocol.Revision, info, capabilities []byte) *Client {
	c := &Client{Revision: revision.Name, info: bytes.Clone(info), capabilities: bytes.Clone(capabilities)}
	for key, value := range jsonrpc.Members(info) {
		switch key {
		case "name":
			c.Name = jsonrpc.Unquote(value)
		case "version":
			c.Version = jsonrpc.Unquote(value)
		}
	}
	for key, value := range jsonrpc.Members(capabilities) {
		switch key {
		case "roots":
			c.HasRoots = true
		case "sampling":
			c.CanSample = true
		case "extensions":
			for name, settings := range jsonrpc.Members(value) {
				c.HasTasks = c.HasTasks || revision.Tasks && name == protocol.TasksExtension && jsonrpc.Kind(settings) == '{'
			}
		case "elicitation": // {} is from before there were modes, and means forms
			form, url := false, false
			for mode := range jsonrpc.Members(value) {
				form = form || mode == "form"
				url = url || mode == "url"
			}
			c.CanBeAsked = revision.Elicitation && (form || !url)
		}
	}
	return c
}

// same reports whether c was made from these values.
func (c *Client) same(info, capabilities []byte) bool {
	return bytes.Equal(c.info, info) && bytes.Equal(c.capabilities, capabilities)
}
