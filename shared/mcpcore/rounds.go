package mcpcore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// asks are the questions of one call and their answers.
type asks struct {
	mu      sync.Mutex
	next    int
	answers map[string]savedAnswer
	pending []protocol.InputRequest
}

// savedAnswer is an answer with a digest of its question: it counts for no
// other.
type savedAnswer struct {
	Question string          `json:"q"`
	Answer   json.RawMessage `json:"a,omitempty"` // none while it is awaited
	Consent  *Consent        `json:"c,omitempty"` // what a yes is for, where that is not the question
}

// stateLife is how long a user has for an answer when the call is made anew.
const stateLife = 15 * time.Minute

// open reads what earlier rounds of the call have brought. Answers count only
// for questions that the sealed state says were asked.
func (a *asks) open(k *Call) *jsonrpc.Error {
	if k.params.requestState == nil {
		return nil
	}
	plain, err := k.engine.sealer.Open(jsonrpc.Unquote(k.params.requestState), k.purpose())
	if err != nil || json.Unmarshal(plain, &a.answers) != nil {
		return invalidParams("requestState is not of this request, or has expired; send the request without it")
	}
	for key, value := range jsonrpc.Members(k.params.inputResponses) {
		if saved, known := a.answers[key]; known && saved.Answer == nil && jsonrpc.Kind(value) == '{' {
			saved.Answer = json.RawMessage(value)
			a.answers[key] = saved
		}
	}
	return nil
}

// purpose binds a state to its request: principal, method, name and arguments.
func (k *Call) purpose() string {
	var args any
	if len(k.Arguments) > 0 {
		dec := json.NewDecoder(strings.NewReader(string(k.Arguments)))
		dec.UseNumber()
		_ = dec.Decode(&args) // was checked with the message
	}
	canonical, _ := json.Marshal(args) // sorts the members
	who := ""
	if k.Principal != nil {
		who = "by " + k.Principal.ID
	}
	sum := sha256.Sum256([]byte(who + "\x00" + k.Method + "\x00" + k.Name + "\x00" + string(canonical)))
	return hex.EncodeToString(sum[:])
}

// ask puts a request to the client: by a question in the result where the
// revision has no requests from the server, or else by a request. With consent
// an earlier answer counts for what that is about, and not for the words; consent
// is then as it was when it was asked for.
func (k *Call) ask(ctx context.Context, method string, params []byte, consent *Consent) ([]byte, error) {
	if !k.revision.Stateless {
		return k.conn.askNow(ctx, k, method, params)
	}
	if k.Method == "completion/complete" {
		return nil, ErrCannotAsk
	}
	a := &k.asks
	a.mu.Lock()
	if t := k.task.Load(); t != nil { // which it cannot become while a is locked
		a.mu.Unlock()
		return t.ask(ctx, method, params)
	}
	defer a.mu.Unlock()
	a.next++
	key := fmt.Sprintf("ask-%d", a.next)
	about := params
	if consent != nil {
		about = []byte("consent\x00" + consent.Subject)
	}
	digest := sha256.Sum256(append([]byte(method+"\x00"), about...))
	asked := hex.EncodeToString(digest[:8])
	if saved, ok := a.answers[key]; ok && saved.Question == asked && saved.Answer != nil {
		if consent != nil {
			*consent = *saved.Consent
		}
		return saved.Answer, nil
	}
	if a.answers == nil {
		a.answers = map[string]savedAnswer{}
	}
	a.answers[key] = savedAnswer{Question: asked, Consent: consent}
	a.pending = append(a.pending, protocol.InputRequest{Key: key, Method: method, Params: params})
	return nil, errAsked
}

// unanswered reports whether something was asked in this round.
func (a *asks) unanswered() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.pending) > 0
}

// question is the result that asks what is pending, or nil.
func (a *asks) question(k *Call) protocol.Result {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.pending) == 0 {
		return nil
	}
	plain, err := json.Marshal(a.answers)
	if err != nil {
		return nil
	}
	return &protocol.InputRequired{
		Requests: a.pending,
		State:    k.engine.sealer.Seal(plain, k.purpose(), stateLife),
	}
}
