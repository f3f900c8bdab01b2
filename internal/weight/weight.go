// Package weight tells what a server's tools cost a model: the tokens of what
// a client puts before it on every request.
package weight

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tiktoken-go/tokenizer"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Tool is a tool with its weight: the o200k tokens of its name, description
// and schema.
type Tool struct {
	Name   string
	Tokens int
}

// Of weighs the tools that a server offers, in their order.
func Of(s *mcpcore.Server) ([]Tool, error) {
	codec, err := tokenizer.Get(tokenizer.O200kBase)
	if err != nil {
		return nil, err
	}
	var out []Tool
	for cursor := ""; ; {
		page, err := list(s, cursor)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Tools {
			text, err := json.Marshal(t)
			if err != nil {
				return nil, err
			}
			n, err := codec.Count(string(text))
			if err != nil {
				return nil, err
			}
			out = append(out, Tool{t.Name, n})
		}
		if cursor = page.Next; cursor == "" {
			return out, nil
		}
	}
}

type page struct {
	Tools []struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		InputSchema json.RawMessage `json:"inputSchema"`
	} `json:"tools"`
	Next string `json:"nextCursor"`
}

// list asks for a page of tools as a client does.
func list(s *mcpcore.Server, cursor string) (*page, error) {
	answers := make(sender, 1)
	conn := s.Connect(context.Background(), answers)
	defer conn.Close()
	params := map[string]any{"_meta": map[string]any{
		"io.modelcontextprotocol/protocolVersion":    "2026-07-28",
		"io.modelcontextprotocol/clientInfo":         map[string]any{"name": "weight", "version": "1"},
		"io.modelcontextprotocol/clientCapabilities": map[string]any{},
	}}
	if cursor != "" {
		params["cursor"] = cursor
	}
	ask, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params})
	if err != nil {
		return nil, err
	}
	conn.Receive(ask)
	var answer struct {
		Result *page `json:"result"`
	}
	text := <-answers
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	if answer.Result == nil {
		return nil, fmt.Errorf("no list of tools: %s", text)
	}
	return answer.Result, nil
}

type sender chan []byte

func (s sender) Send(msg []byte) error {
	s <- append([]byte(nil), msg...)
	return nil
}
