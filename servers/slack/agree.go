package slack

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// draftLife is for how long a draft may be sent.
const draftLife = 15 * time.Minute

// drafts makes tokens for what a client cannot ask its user about: each is for
// one thing in one place, and for a while.
type drafts struct {
	key [32]byte

	mu   sync.Mutex
	done map[string]string // what came of an agreement, by its id
}

func newDrafts() *drafts {
	d := &drafts{done: map[string]string{}}
	_, _ = rand.Read(d.key[:]) // never fails
	return d
}

func (d *drafts) token(subject string, until time.Time) string {
	out := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	sum := hmac.New(sha256.New, d.key[:])
	sum.Write(out)
	sum.Write([]byte(subject))
	return base64.RawURLEncoding.EncodeToString(append(out, sum.Sum(nil)[:16]...))
}

// check reports whether a token is for this and may still be used.
func (d *drafts) check(token, subject string) error {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 24 {
		return errors.New("this is no draft token")
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(raw)), 0)
	switch {
	case !hmac.Equal([]byte(d.token(subject, until)), []byte(token)):
		return mcpcore.Refused("draft", errors.New("the draft token is for something else: other words, or another place"))
	case time.Now().After(until):
		return mcpcore.Refused("draft", errors.New("the draft token is too old"))
	}
	return nil
}

// agreement is a yes to one thing, which counts once.
type agreement struct {
	id string // "" where nobody has to agree
	d  *drafts
}

const (
	mostDone = 10_000
	underWay = "" // what stands for an agreement that is being acted on
)

// take takes the agreement up. Where that was done before, it tells what came
// of it.
func (a agreement) take() (result string, before bool) {
	if a.id == "" {
		return "", false
	}
	a.d.mu.Lock()
	defer a.d.mu.Unlock()
	if result, before = a.d.done[a.id]; before {
		return result, true
	}
	if len(a.d.done) > mostDone {
		clear(a.d.done)
	}
	a.d.done[a.id] = underWay
	return "", false
}

// used says what came of the agreement. After an error it may be taken up again.
func (a agreement) used(result string, err error) {
	a.d.mu.Lock()
	defer a.d.mu.Unlock()
	if delete(a.d.done, a.id); err == nil && a.id != "" {
		a.d.done[a.id] = result
	}
}

// agree has the user agree to what subject stands for. Where the client cannot
// ask, the answer is a draft: what would be done, and a token with which the
// same call does it.
func (s *server) agree(ctx context.Context, subject, question, token string) (a agreement, draft string, err error) {
	a.d = s.drafts
	subject = mcpcore.Principal(ctx) + "\x00" + subject // nobody agrees for somebody else
	needed, cannot := mcpcore.NeedsConsent(ctx)
	switch {
	case !needed:
		return a, "", nil
	case cannot == nil:
		consent, err := mcpcore.AskConsent(ctx, subject, question)
		a.id = consent.ID
		return a, "", err
	case token == "":
		token = s.drafts.token(subject, time.Now().Add(draftLife))
		return a, fmt.Sprintf("Not done yet: this client cannot ask its user. Show them this, and if they agree call again the same with draft_token %s\n\n%s", token, question), nil
	}
	if err := s.drafts.check(token, subject); err != nil {
		return a, "", mcpcore.Hint(err, "call without draft_token for a new one")
	}
	a.id = token
	return a, "", nil
}
