package mcpcore

import (
	"context"
	"crypto/rand"
)

// Consent is a user's yes to one thing.
type Consent struct {
	Subject string `json:"s"` // what it is for, as the handler wrote it
	ID      string `json:"i"` // of the asking: the same however often the answer comes
}

// NeedsConsent reports whether AskConsent would ask. An error says that the user
// has to be asked and cannot be; the handler returns it as it is.
func NeedsConsent(ctx context.Context) (bool, error) {
	k := CallOf(ctx)
	switch {
	case k != nil && k.engine.Policy.Confirm == ConfirmNever:
		return false, nil
	case k == nil || !k.Client.CanBeAsked:
		return true, cannotAsk(k)
	}
	return true, nil
}

// AskConsent is Confirm for what must not happen twice, nor on the strength of
// an answer to something else. The answer counts for the subject, in whatever
// words the question is put, and the Consent has an ID by which a handler knows
// an answer that it was given before. Where the call is made again with the
// answer, HasConsent tells of it.
func AskConsent(ctx context.Context, subject, question string) (Consent, error) {
	consent := &Consent{Subject: subject, ID: rand.Text()}
	if needed, err := NeedsConsent(ctx); err != nil || !needed {
		return *consent, err
	}
	_, err := elicit(ctx, question, noFields, consent)
	return *consent, err
}

// HasConsent tells what the user has consented to, when the call was made again
// with the answer to AskConsent. It is nil in the first round, and where the
// answer came otherwise; the error is ErrDeclined where the user said no.
func HasConsent(ctx context.Context) (*Consent, error) {
	k := CallOf(ctx)
	if k == nil {
		return nil, nil
	}
	a := &k.asks
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, saved := range a.answers {
		if saved.Consent == nil || saved.Answer == nil {
			continue
		}
		if _, err := accepted(saved.Answer, "what was asked of them"); err != nil {
			return nil, err
		}
		return saved.Consent, nil
	}
	return nil, nil
}
