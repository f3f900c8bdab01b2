// Package audit keeps a log of what clients did and were refused: a file of
// JSON lines, each of which holds the hash of the one before.
//
// The chain shows that lines were changed, removed, added or put in another
// order. It holds no key: whoever may write the file can make a whole new chain
// from any line on. So keep the hash of a line elsewhere from time to time, or
// send the lines elsewhere as they come; then the lines up to there are proven.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Version is that of the form of lines. Fields may be added without a new one.
const Version = 1

// Kind is what a line is about.
type Kind string

// The kinds of lines.
const (
	Call   Kind = "call"   // a request has ended, or was refused
	Start  Kind = "start"  // a call that writes or deletes begins
	Folded Kind = "folded" // how many more refusals like the one before there were
	Torn   Kind = "torn"   // what stands before it was not written whole
	Cut    Kind = "cut"    // the file was not found as it was left
	Lost   Kind = "lost"   // lines could not be written
)

// Line is one line of the log. Fields that do not apply are left out. The order
// here is that in the file.
type Line struct {
	Version   int             `json:"v"`
	Time      time.Time       `json:"time"` // when the request came; UTC
	Kind      Kind            `json:"kind"`
	Server    string          `json:"server,omitempty"`
	Process   int             `json:"pid,omitempty"`
	Principal string          `json:"principal,omitempty"` // on whose behalf
	Client    string          `json:"client,omitempty"`    // the program, as it calls itself
	From      string          `json:"from,omitempty"`      // its address, over HTTP
	HTTP      string          `json:"http,omitempty"`      // method and path of what was refused before it was a request
	Status    int             `json:"status,omitempty"`    // of that response
	Request   string          `json:"request,omitempty"`   // its id, as JSON
	Method    string          `json:"method,omitempty"`
	Tool      string          `json:"tool,omitempty"` // or prompt, as it was called
	Effect    string          `json:"effect,omitempty"`
	Decision  string          `json:"decision,omitempty"` // allow, refuse
	Rule      string          `json:"rule,omitempty"`     // by which it was refused
	Target    []string        `json:"target,omitempty"`   // what it was to touch
	Arguments json.RawMessage `json:"arguments,omitempty"`
	Task      string          `json:"task,omitempty"`    // the first characters of its id
	Outcome   string          `json:"outcome,omitempty"` // ok, failed, refused, asked, cancelled
	Code      int             `json:"code,omitempty"`    // of the JSON-RPC error
	Error     string          `json:"error,omitempty"`
	Bytes     int             `json:"bytes,omitempty"` // of the result
	Millis    float64         `json:"ms,omitempty"`    // from the request to its end
	Count     int             `json:"count,omitempty"` // of what a folded or a lost line stands for
	Since     time.Time       `json:"since,omitzero"`  // the first of them
	Start     uint64          `json:"start,omitempty"` // seq of the line with which the call began
	After     string          `json:"after,omitempty"` // hash of the last whole line before a torn one
	Seq       uint64          `json:"seq"`             // 1 for the first line of a log
	Prev      string          `json:"prev"`            // hash of the line before
}

// Hash is what stands for a line in the chain: SHA-256 of all of it but the
// line break.
type Hash [sha256.Size]byte

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

func hashOf(line []byte) Hash { return sha256.Sum256(line) }

func parseHash(text string) (h Hash, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(h) || strings.ToLower(text) != text {
		return h, errors.New("not a hash")
	}
	return Hash(raw), nil
}

const timeForm = "2006-01-02T15:04:05.000000Z"

// appendTo writes all but the place in the chain, and leaves the object open.
func (l *Line) appendTo(dst []byte) []byte {
	w := &jsonrpc.Writer{Buf: dst}
	w.Open('{')
	w.Key("v").Int(Version)
	w.Key("time").String(l.Time.UTC().Format(timeForm))
	w.Key("kind").String(string(l.Kind))
	number := func(key string, n int) {
		if n != 0 {
			w.Key(key).Int(int64(n))
		}
	}
	w.Optional("server", l.Server)
	number("pid", l.Process)
	w.Optional("principal", l.Principal)
	w.Optional("client", l.Client)
	w.Optional("from", l.From)
	w.Optional("http", l.HTTP)
	number("status", l.Status)
	w.Optional("request", l.Request)
	w.Optional("method", l.Method)
	w.Optional("tool", l.Tool)
	w.Optional("effect", l.Effect)
	w.Optional("decision", l.Decision)
	w.Optional("rule", l.Rule)
	if len(l.Target) > 0 {
		w.Key("target").Open('[')
		for _, t := range l.Target {
			w.String(t)
		}
		w.Close(']')
	}
	w.OptionalRaw("arguments", l.Arguments)
	w.Optional("task", l.Task)
	w.Optional("outcome", l.Outcome)
	number("code", l.Code)
	w.Optional("error", l.Error)
	number("bytes", l.Bytes)
	if l.Millis > 0 {
		w.Key("ms").Float(l.Millis)
	}
	number("count", l.Count)
	if !l.Since.IsZero() {
		w.Key("since").String(l.Since.UTC().Format(timeForm))
	}
	number("start", int(l.Start))
	w.Optional("after", l.After)
	return w.Buf
}

// appendPlace completes a line with its place in the chain.
func appendPlace(dst []byte, seq uint64, prev Hash) []byte {
	dst = append(dst, `,"seq":`...)
	dst = jsonrpc.AppendInt(dst, int64(seq))
	dst = append(dst, `,"prev":"`...)
	dst = hex.AppendEncode(dst, prev[:])
	return append(dst, '"', '}')
}

// parse reads a line.
func parse(raw []byte) (l Line, prev Hash, err error) {
	if err := json.Unmarshal(raw, &l); err != nil {
		return l, prev, errors.New("it is not a line of an audit log")
	}
	if l.Version > Version {
		return l, prev, fmt.Errorf("it has the form %d, and this program knows forms up to %d", l.Version, Version)
	}
	prev, err = parseHash(l.Prev)
	if err != nil || l.Version < 1 || l.Seq < 1 || l.Kind == "" {
		return l, prev, errors.New("it is not a line of an audit log")
	}
	return l, prev, nil
}
