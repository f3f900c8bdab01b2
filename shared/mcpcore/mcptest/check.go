package mcptest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// checker holds what a server sends against the schema of the revision it was
// sent in. It learns from what the client sends which revision that is.
//
// Two things the schemas do not allow are let pass. An error that answers a
// message whose id could not be read has the id null: JSON-RPC 2.0 demands it,
// and the schemas have no null. An id that is no whole number goes back as it
// came, though the schemas know only whole numbers and strings.
type checker struct {
	mu        sync.Mutex
	handshake string              // the revision agreed on; "" before
	modern    string              // the last revision named by a request
	asked     map[string][]asking // by the id as it was written
	tasks     map[string]*taskSeen
}

// asking is a request that awaits its answer.
type asking struct {
	method, revision string
	tasks            bool // it says that the client knows tasks
}

func newChecker() *checker {
	return &checker{asked: map[string][]asking{}, tasks: map[string]*taskSeen{}}
}

// envelope is any message.
type envelope struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Result  json.RawMessage `json:"result"`
	Error   json.RawMessage `json:"error"`
}

// sent notes what a client sends: any bytes, messages or not.
func (c *checker) sent(line []byte) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))))
	for {
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			return
		}
		var batch []json.RawMessage
		if json.Unmarshal(raw, &batch) != nil {
			batch = []json.RawMessage{raw}
		}
		for _, one := range batch {
			c.sentOne(one)
		}
	}
}

func (c *checker) sentOne(raw []byte) {
	var m envelope
	if !utf8.Valid(raw) || json.Unmarshal(raw, &m) != nil || m.ID == nil || resultOf[m.Method] == "" {
		return
	}
	var params struct {
		Meta map[string]json.RawMessage `json:"_meta"`
	}
	_ = json.Unmarshal(m.Params, &params)
	var revision string
	_ = json.Unmarshal(params.Meta["io.modelcontextprotocol/protocolVersion"], &revision)
	var can struct{ Extensions map[string]map[string]any }
	_ = json.Unmarshal(params.Meta["io.modelcontextprotocol/clientCapabilities"], &can)
	c.mu.Lock()
	defer c.mu.Unlock()
	if specs()[revision] != nil {
		c.modern = revision
	}
	id := string(m.ID)
	c.asked[id] = append(c.asked[id], asking{m.Method, revision, can.Extensions[tasksExtension] != nil})
}

// received checks one line of a server.
func (c *checker) received(line []byte) error {
	if bytes.HasPrefix(line, []byte("[")) {
		var batch []json.RawMessage
		if err := json.Unmarshal(line, &batch); err != nil {
			return err
		}
		var errs []error
		for _, one := range batch {
			errs = append(errs, c.receivedOne(one))
		}
		return errors.Join(errs...)
	}
	return c.receivedOne(line)
}

func (c *checker) receivedOne(raw []byte) error {
	var m envelope
	if err := json.Unmarshal(raw, &m); err != nil {
		return fmt.Errorf("not a message: %w", err)
	}
	if m.Version != "2.0" {
		return errors.New("not JSON-RPC 2.0")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case m.Method != "" && m.ID != nil:
		return c.either(func(s *spec) error { return s.holds(s.member("ServerRequest", m.Method), m.Method, raw) })
	case m.Method == "notifications/tasks":
		return c.taskNews(raw, m.Params)
	case m.Method != "":
		if m.Method == "notifications/subscriptions/acknowledged" {
			raw = withoutTasks(raw)
		}
		return c.either(func(s *spec) error { return s.holds(s.member("ServerNotification", m.Method), m.Method, raw) })
	}
	if (m.Result == nil) == (m.Error == nil) {
		return errors.New("neither a result nor an error, or both")
	}
	id, plain := string(m.ID), plainID(raw, m.ID)
	if m.Error != nil {
		// Where an id was used twice, it is the second use that was refused.
		last := max(len(c.asked[id])-1, 0)
		q := append(c.asked[id], asking{})[last]
		c.asked[id] = c.asked[id][:last]
		return c.spec(q).failure(m.Error, plain)
	}
	first := error(nil)
	if len(c.asked[id]) == 0 {
		first = errors.New("an answer that nobody waits for, or a second one")
	}
	for i, q := range c.asked[id] { // lines that were no good may have left some behind
		err := c.success(q, m.Result, plain)
		if err == nil {
			c.asked[id] = slices.Delete(c.asked[id], i, i+1)
			return nil
		}
		first = cmp.Or(first, err)
	}
	return first
}

func (c *checker) success(q asking, result, raw []byte) error {
	s := c.spec(q)
	if q.method == "initialize" {
		var agreed struct{ ProtocolVersion string }
		if err := json.Unmarshal(result, &agreed); err != nil {
			return err
		}
		if s = specs()[agreed.ProtocolVersion]; s == nil {
			return fmt.Errorf("initialize: there is no revision %q", agreed.ProtocolVersion)
		}
		defer func() { c.handshake = agreed.ProtocolVersion }()
	}
	if taskMethod(q.method, result) {
		return c.task(q, s, result)
	}
	return s.success(q.method, result, raw)
}

// spec is that of the revision a request is of: named, or agreed on, or the
// newest with a handshake, in which a server answers before it.
func (c *checker) spec(q asking) *spec {
	for _, revision := range []string{q.revision, c.handshake} {
		if s := specs()[revision]; s != nil {
			return s
		}
	}
	all := Revisions()
	newest := slices.IndexFunc(all, stateless) - 1
	return specs()[all[newest]]
}

// either tries the revisions that the connection uses.
func (c *checker) either(check func(*spec) error) error {
	var errs []error
	for _, revision := range []string{c.handshake, c.modern} {
		if s := specs()[revision]; s != nil {
			err := check(s)
			if err == nil {
				return nil
			}
			errs = append(errs, err)
		}
	}
	if errs == nil {
		return errors.New("the server speaks first")
	}
	return errors.Join(errs...)
}

var anyID = regexp.MustCompile(`^(-?(0|[1-9][0-9]*)|".*")$`)

// plainID replaces an id that the schemas do not know.
func plainID(raw, id []byte) []byte {
	if anyID.Match(id) {
		return raw
	}
	var m map[string]json.RawMessage
	_ = json.Unmarshal(raw, &m) // it was read before
	m["id"] = json.RawMessage("0")
	out, _ := json.Marshal(m)
	return out
}

func (s *spec) failure(fault, raw []byte) error {
	var e struct {
		Code    json.Number
		Message string
	}
	if err := json.Unmarshal(fault, &e); err != nil {
		return err
	}
	if e.Code == "0" || e.Message == "" {
		return errors.New("an error needs a code and a message")
	}
	name := "JSONRPCError"
	if s.definition(name) == nil {
		name = "JSONRPCErrorResponse"
	}
	if own := errorOf[e.Code.String()]; s.definition(own) != nil {
		name = own
	}
	return s.holds(name, "error", raw)
}

func (s *spec) success(method string, result, raw []byte) error {
	envelope := "JSONRPCResponse"
	if s.definition("JSONRPCResultResponse") != nil {
		envelope = "JSONRPCResultResponse"
	}
	if err := validate(s.definition(envelope), raw); err != nil {
		return err
	}
	name := resultOf[method]
	var kind struct{ ResultType string }
	_ = json.Unmarshal(result, &kind) // it was read before
	switch {
	case kind.ResultType == "input_required" && (method == "tools/call" || method == "prompts/get" || method == "resources/read"):
		name = "InputRequiredResult"
	case stateless(s.revision) && kind.ResultType != "complete":
		return fmt.Errorf("resultType %q", kind.ResultType)
	}
	return s.holds(name, method, result)
}

// holds checks a value against a definition, and that it has no members that
// the definition does not know.
func (s *spec) holds(name, what string, raw []byte) error {
	d := s.definition(name)
	if d == nil {
		return fmt.Errorf("%s has no %s", s.revision, what)
	}
	if err := validate(d, raw); err != nil {
		return fmt.Errorf("%s, %s: %w", s.revision, name, err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	if extra := surplus(d, v, ""); len(extra) > 0 {
		return fmt.Errorf("%s, %s: does not know %s", s.revision, name, strings.Join(extra, ", "))
	}
	return nil
}

func validate(s *jsonschema.Schema, raw []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return s.Validate(v)
}
