package mcptest

import "encoding/json"

// Question is a form for the user.
type Question struct {
	Mode    string          `json:"mode"`
	Message string          `json:"message"`
	Schema  json.RawMessage `json:"requestedSchema"`
}

// Answer is what the user, or the client, makes of a question.
type Answer struct {
	Action  string // accept, decline, cancel
	Content any    // of a form that was accepted
	Error   *Error // instead: the client fails (where it can)
}

// Accept answers with the fields of the form.
func Accept(content any) Answer {
	if content == nil {
		content = map[string]any{}
	}
	return Answer{Action: "accept", Content: content}
}

// Decline answers no.
func Decline() Answer { return Answer{Action: "decline"} }

// Dismiss closes the question.
func Dismiss() Answer { return Answer{Action: "cancel"} }

func (a Answer) body() map[string]any {
	b := map[string]any{"action": a.Action}
	if a.Content != nil {
		b["content"] = a.Content
	}
	return b
}

// respond answers a request of the server; ok is false where the client has
// no answer.
func (c *Client) respond(method string, params json.RawMessage) (body map[string]any, fault *Error) {
	switch {
	case method == "elicitation/create" && c.o.Elicit != nil:
		var q Question
		if err := json.Unmarshal(params, &q); err != nil {
			c.t.Errorf("%s: %v", method, err)
		}
		if q.Message == "" {
			c.t.Errorf("%s: a question without words", method)
		}
		a := c.o.Elicit(q)
		return a.body(), a.Error
	case method == "roots/list" && c.o.Roots != nil:
		roots := []map[string]any{}
		for _, uri := range c.o.Roots {
			roots = append(roots, map[string]any{"uri": uri})
		}
		return map[string]any{"roots": roots}, nil
	}
	c.t.Errorf("the server asks %s, which the client does not offer", method)
	return nil, &Error{Code: -32601, Message: "there is no method " + method}
}

// reply answers a request of the server by a response.
func (c *Client) reply(m *envelope) {
	body, fault := c.respond(m.Method, m.Params)
	answer := map[string]any{"jsonrpc": "2.0", "id": m.ID}
	if fault != nil {
		answer["error"] = map[string]any{"code": fault.Code, "message": fault.Message}
	} else {
		answer["result"] = body
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		c.t.Errorf("%s: %v", m.Method, err)
		return
	}
	c.receive(raw)
}

// inputs answers a result that asks for input.
func (c *Client) inputs(asks *InputRequired) map[string]any {
	all := map[string]any{}
	for key, q := range asks.InputRequests {
		if body, fault := c.respond(q.Method, q.Params); fault == nil {
			all[key] = body
		}
	}
	return all
}
