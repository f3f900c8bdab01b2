package mcpcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
)

// AuditArguments is what an audit log holds of the arguments of calls.
type AuditArguments string

// What there is to choose.
const (
	AuditRedacted AuditArguments = "redacted" // names, kinds and lengths
	AuditFull     AuditArguments = "full"     // all but what looks like a secret
	AuditNone     AuditArguments = "none"
)

// Audit keeps an audit log of calls and of all that is refused: an Observer for
// Options. Before a call that writes or deletes there is a line too, so that
// nothing is changed unrecorded. Handshakes, lists, pings and questions for the
// state of a task leave lines only when they are refused.
type Audit struct {
	Log       *audit.Log
	Arguments AuditArguments // default: AuditRedacted

	// BestEffort has calls made though their lines cannot be written. Without
	// it they are refused.
	BestEffort bool
}

// audited is a call that may change something, from its beginning to its end.
type audited struct {
	mu    sync.Mutex
	start uint64 // number of the line with which it began
	ended bool
}

type auditedKey struct{}

// Begin prepares the record of a call that may change something.
func (a *Audit) Begin(ctx context.Context, r *Record) context.Context {
	if r.Effect() == Reads {
		return ctx
	}
	return context.WithValue(ctx, auditedKey{}, &audited{})
}

// Admit writes the line with which a change begins, and refuses the call where
// that cannot be done, or is known not to work for one that reads.
func (a *Audit) Admit(ctx context.Context, r *Record) error {
	c, changes := ctx.Value(auditedKey{}).(*audited)
	if !changes {
		if err := a.Log.Ready(); err != nil && !a.BestEffort {
			return unrecorded("the call is not made")
		}
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended { // nobody waits any more
		return context.Canceled
	}
	line := a.line(r, audit.Start)
	line.Decision = "allow"
	seq, err := a.Log.Append(line)
	c.start = seq
	if err != nil && !a.BestEffort {
		return unrecorded("the call is not made")
	}
	return nil
}

// unrecorded is what the client is told; the reason is in the log.
func unrecorded(so string) error {
	return Hint(Refused("--audit-log", errors.New("the audit log cannot be written, so "+so)),
		"tell the person who runs this server; it works again once the log can be written")
}

// unaudited are the methods whose success is no event.
var unaudited = map[string]bool{
	"initialize": true, "ping": true, "server/discover": true, "tools/list": true, "resources/list": true,
	"resources/templates/list": true, "prompts/list": true, "logging/setLevel": true, "tasks/get": true,
}

// End writes the line of a call that has ended, or was refused. What was only
// read is kept from the client where that cannot be done.
func (a *Audit) End(ctx context.Context, r *Record) {
	if r.Outcome == Succeeded && unaudited[r.Method] {
		return
	}
	line := a.line(r, audit.Call)
	line.Outcome, line.Rule, line.Decision = string(r.Outcome), audit.Clip(r.Rule, 100), "allow"
	switch {
	case r.Outcome == WasRefused:
		line.Decision = "refuse"
	case r.Rule != "":
		line.Decision = "part" // as far as the rule let it
	}
	line.Code, line.Status, line.Bytes, line.Task = r.Code, r.Status, r.Bytes, r.Task[:min(len(r.Task), 8)]
	line.Millis = float64(r.Duration.Microseconds()) / 1000
	if r.Err != nil && (a.Arguments == AuditFull || r.Rule != "" && !isProtocolRule(r.Rule)) { // else it may quote an argument
		line.Error = audit.Clip(r.Err.Error(), 500)
	}
	if c, ok := ctx.Value(auditedKey{}).(*audited); ok {
		c.mu.Lock()
		c.ended = true
		line.Start = c.start
		c.mu.Unlock()
	}
	var err error
	if cheap(r) {
		err = a.Log.Refused(line, hostOf(line.From))
	} else {
		_, err = a.Log.Append(line)
	}
	if err != nil && !a.BestEffort && r.Outcome == Succeeded && r.Effect() == Reads {
		r.Withhold = unrecorded("its result is not given out")
	}
}

// cheap reports whether a refusal costs the client nothing, so that there may be
// any number of the same: nobody had to say who asks, or there was no room.
func cheap(r *Record) bool {
	var later *passing
	full := r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable || errors.As(r.Err, &later)
	return r.Outcome == WasRefused && (full || r.Principal == nil && r.Tool == nil)
}

func isProtocolRule(rule string) bool {
	for _, name := range protocolRules {
		if name == rule {
			return true
		}
	}
	return false
}

func hostOf(remote string) string {
	if host, _, err := net.SplitHostPort(remote); err == nil {
		return host
	}
	return remote
}

// Bounds of what a line says, in bytes, as clients choose most of it.
const (
	maxAuditName    = 128
	maxAuditTarget  = 1 << 10
	maxAuditTargets = 1000
	maxAllTargets   = 128 << 10
)

// line is what is known of a request when it begins.
func (a *Audit) line(r *Record, kind audit.Kind) *audit.Line {
	l := &audit.Line{
		Time: r.Time, Kind: kind, Request: audit.Clip(r.Request, maxAuditName), Method: audit.Clip(r.Method, maxAuditName),
	}
	if r.Principal != nil {
		l.Principal = audit.Clip(r.Principal.ID, maxAuditName)
	}
	if c := r.Client; c != nil && c.Name != "" {
		l.Client = audit.Clip(strings.TrimSuffix(c.Name+" "+c.Version, " "), maxAuditName)
	}
	if o := r.Origin; o != nil {
		l.From = o.Remote
		if r.Status != 0 {
			l.HTTP = audit.Clip(o.Asked, maxAuditName)
		}
	}
	switch r.Method {
	case "tools/call":
		l.Tool = audit.Clip(r.Name, maxAuditName)
		if r.Tool != nil {
			l.Tool, l.Effect = r.Tool.info.Name, r.Effect().String()
		}
	case "prompts/get":
		l.Tool, l.Effect = audit.Clip(r.Name, maxAuditName), Reads.String()
	case "resources/read", "resources/subscribe", "completion/complete":
		l.Effect = Reads.String()
	}
	left := maxAllTargets
	for i, target := range r.Touches(maxAuditTargets + 1) {
		target = audit.Clip(target, maxAuditTarget)
		if left -= len(target); i == maxAuditTargets || left < 0 {
			l.Target = append(l.Target, "…")
			break
		}
		l.Target = append(l.Target, target)
	}
	switch a.Arguments {
	case AuditNone:
	case AuditFull:
		l.Arguments = audit.Full(r.Arguments)
	default:
		l.Arguments = audit.Redacted(r.Arguments)
	}
	return l
}

// auditing are the settings of the audit log.
type auditing struct {
	file, arguments  string
	sync, bestEffort bool
}

func (a *auditing) declare(f *Flags) {
	a.arguments = string(AuditRedacted)
	f.String(&a.file, "audit-log", "file that gets a JSON line for each call and refusal; calls that cannot be recorded are refused")
	f.Choice(&a.arguments, "audit-arguments", []string{string(AuditRedacted), string(AuditFull), string(AuditNone)},
		"what the audit log holds of arguments: names, kinds and lengths; all but what looks like a secret; nothing")
	f.Bool(&a.sync, "audit-sync", "have the disk hold each line of the audit log before going on")
	f.Bool(&a.bestEffort, "audit-best-effort", "make calls though they cannot be recorded")
}

// open opens the log that the operator named, if any.
func (a *auditing) open(name string, report *slog.Logger) (*Audit, error) {
	if a.file == "" {
		if a.sync || a.bestEffort {
			return nil, Hint(errors.New("--audit-sync and --audit-best-effort are of no use alone"), "give --audit-log too")
		}
		return nil, nil
	}
	log, err := audit.Open(a.file, audit.Options{Server: name, Sync: a.sync, Report: report})
	if err != nil {
		return nil, Hint(fmt.Errorf("--audit-log: %w", err), "name a file in a directory in which the server may write")
	}
	return &Audit{Log: log, Arguments: AuditArguments(a.arguments), BestEffort: a.bestEffort}, nil
}

// files are those that the log is written to.
func (a *Audit) files() []string {
	if a == nil {
		return nil
	}
	return []string{a.Log.Path()}
}
