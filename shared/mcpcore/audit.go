package mcpcore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// auditLine is what the audit log says of one call. Arguments and results are
// not in it.
type auditLine struct {
	Time     time.Time `json:"time"`
	Who      string    `json:"principal,omitempty"`
	Client   string    `json:"client,omitempty"`
	Request  string    `json:"request"`
	Method   string    `json:"method"`
	Target   string    `json:"target,omitempty"`
	Effect   string    `json:"effect,omitempty"`
	Outcome  string    `json:"outcome"` // ok, asked (the user), failed
	Error    string    `json:"error,omitempty"`
	Duration float64   `json:"ms"`
}

// openAudit opens the file that the operator named, if any.
func openAudit(name string) (*os.File, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--audit-log: %w", err)
	}
	return f, nil
}

// auditTo has a line appended to f, unless it is nil, for each call that
// reaches policy, those that it refuses too. The file is for the caller to
// close.
func (s *Server) auditTo(f *os.File) {
	if f == nil {
		return
	}
	var mu sync.Mutex
	s.Use(func(next Handler) Handler {
		return func(ctx context.Context, call *Call) (protocol.Result, error) {
			line := auditLine{
				Time: time.Now().UTC(), Client: call.Client.Name, Request: string(call.id),
				Method: call.Method, Target: call.Name, Outcome: "failed",
			}
			if call.Principal != nil {
				line.Who = call.Principal.ID
			}
			if call.Tool != nil {
				line.Effect = call.Tool.effect.String()
			}
			defer func() { // a panic leaves a line too
				line.Duration = float64(time.Since(line.Time).Microseconds()) / 1000
				raw, err := json.Marshal(line)
				if err != nil {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if _, err := f.Write(append(raw, '\n')); err != nil {
					s.engine().Log.Error("audit log", "error", err)
				}
			}()
			res, err := next(ctx, call)
			switch {
			case errors.Is(err, errAsked):
				line.Outcome = "asked"
			case err != nil:
				line.Error = err.Error()
			}
			if r, ok := res.(*Result); err == nil && (!ok || !r.IsError) {
				line.Outcome = "ok"
			}
			return res, err
		}
	})
}
