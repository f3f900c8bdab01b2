package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// TestGoSDK uses the official Go SDK. From 2026-07-28 on it asks with
// server/discover, before that with initialize.
func TestGoSDK(t *testing.T) {
	for _, revision := range mcp.SupportedProtocolVersions() {
		t.Run(revision, func(t *testing.T) {
			t.Parallel()
			exercise(t, revision, func(t *testing.T, dir string) session { return openGoSDK(t, revision, dir) })
		})
	}
}

// Without being told, the client takes the newest.
func TestGoSDKDefault(t *testing.T) {
	dir, _ := workspace(t)
	s := openGoSDK(t, "", dir)
	if got, want := s.revision(), mcp.SupportedProtocolVersions()[0]; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

type goSDK struct {
	*mcp.ClientSession
	end      func() error // of the server, once the session is closed
	changed  chan string
	listened chan struct{} // one for each subscription that the server acknowledged
}

func openGoSDK(t *testing.T, revision, dir string) session {
	t.Helper()
	cmd := exec.Command(server, dir)
	cmd.Stderr = t.Output()
	s := connectGoSDK(t, revision, &mcp.CommandTransport{Command: cmd})
	s.end = func() error {
		if !cmd.ProcessState.Success() {
			return fmt.Errorf("the server ended with %v", cmd.ProcessState)
		}
		return nil
	}
	return s
}

func connectGoSDK(t *testing.T, revision string, transport mcp.Transport) *goSDK {
	t.Helper()
	s := &goSDK{changed: make(chan string, 16), listened: make(chan struct{}, 16)}
	client := mcp.NewClient(&mcp.Implementation{Name: "interop", Version: "1"}, &mcp.ClientOptions{
		ResourceUpdatedHandler: func(_ context.Context, req *mcp.ResourceUpdatedNotificationRequest) {
			s.changed <- req.Params.URI
		},
	})
	client.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			if method == "notifications/subscriptions/acknowledged" {
				s.listened <- struct{}{}
			}
			return next(ctx, method, req)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	s.ClientSession, err = client.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: revision})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *goSDK) revision() string       { return s.InitializeResult().ProtocolVersion }
func (s *goSDK) updated() <-chan string { return s.changed }

func (s *goSDK) close() error {
	if err := s.Close(); err != nil {
		return err
	}
	return s.end()
}

func (s *goSDK) do(ctx context.Context, method string, params, result any) error {
	switch method {
	case listTools:
		return sent(ctx, s.ListTools, params, result)
	case callTool:
		call := func(ctx context.Context, p *mcp.CallToolParams) (*mcp.CallToolResult, error) {
			p.SetProgressToken("progress")
			return s.CallTool(ctx, p)
		}
		return sent(ctx, call, params, result)
	case listResources:
		return sent(ctx, s.ListResources, params, result)
	case listTemplates:
		return sent(ctx, s.ListResourceTemplates, params, result)
	case readResource:
		return sent(ctx, s.ReadResource, params, result)
	case complete:
		return sent(ctx, s.Complete, params, result)
	case subscribe:
		return sent(ctx, nothing(s.subscribe), params, result)
	case unsubscribe:
		return sent(ctx, nothing(s.Unsubscribe), params, result)
	}
	return fmt.Errorf("no request is called %s", method)
}

// subscribe waits until changes will be reported, which the SDK does only in
// older revisions.
func (s *goSDK) subscribe(ctx context.Context, p *mcp.SubscribeParams) error {
	if err := s.Subscribe(ctx, p); err != nil || s.revision() < "2026-07-28" {
		return err
	}
	select {
	case <-s.listened:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sent converts between the SDK's types and JSON.
func sent[P, R any](ctx context.Context, send func(context.Context, *P) (*R, error), params, result any) error {
	b, err := json.Marshal(params)
	if err != nil {
		return err
	}
	p := new(P)
	if err := json.Unmarshal(b, p); err != nil {
		return err
	}
	r, err := send(ctx, p)
	if err != nil {
		return err
	}
	if b, err = json.Marshal(r); err != nil {
		return err
	}
	return json.Unmarshal(b, result)
}

// nothing is send with a result that says nothing.
func nothing[P any](send func(context.Context, *P) error) func(context.Context, *P) (*struct{}, error) {
	return func(ctx context.Context, p *P) (*struct{}, error) { return &struct{}{}, send(ctx, p) }
}
