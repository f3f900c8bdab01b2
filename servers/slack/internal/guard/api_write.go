package guard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// errUnknown says that something may have been done, or not.
var errUnknown = errors.New("Slack did not say whether it was done")

// doer sends slack-go's requests as a client does: signed, bounded, and never
// twice.
type doer struct{ *client }

func (d doer) Do(req *http.Request) (*http.Response, error) {
	method := path.Base(req.URL.Path)
	if wait := d.blocked(method); wait > 0 {
		return nil, &limited{method, wait}
	}
	d.sign(req)
	res, err := d.http.Do(req)
	if err != nil {
		return nil, noAnswer(req.Context(), method, err)
	}
	if res.StatusCode == http.StatusTooManyRequests {
		res.Body.Close()
		return nil, &limited{method, d.block(method, res.Header.Get("Retry-After"))}
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxAnswer), res.Body}
	return res, nil
}

// sdk is slack-go's client with the token for writing.
func (a *api) sdk() *slack.Client {
	return slack.New(a.writer.token, slack.OptionAPIURL(a.writer.base), slack.OptionHTTPClient(doer{a.writer}))
}

// outcome is what became of a call that writes. What is not an answer of
// Slack's, nor a refusal before anything was sent, leaves it open.
func (a *api) outcome(method string, err error) error {
	if err == nil {
		return nil
	}
	if l, ok := asLimited(err); ok {
		return a.writer.explain(&limited{method, l.after})
	}
	var answered slack.SlackErrorResponse
	if errors.As(err, &answered) {
		return a.writer.explain(&faulty{method: method, code: clip(answered.Err), needed: answered.Needed, provided: answered.Provided})
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w: %w", method, errUnknown, err)
	}
	return fmt.Errorf("%s: %w", method, errUnknown)
}

// Writer is whom messages are sent by.
func (a *api) Writer(ctx context.Context) (wire.Self, error) { return a.whose(ctx, a.writer) }

// Target looks a conversation up as the writer sees it.
func (a *api) Target(ctx context.Context, id string) (wire.Channel, error) {
	return lookUp(ctx, a.writer, id)
}

// Sent gives one message.
func (a *api) Sent(ctx context.Context, channel, ts string) (wire.Message, error) {
	one := wire.Span{Oldest: ts, Latest: ts, Inclusive: true, Limit: 1}
	for _, ask := range []struct {
		method string
		more   []string
	}{{"conversations.history", nil}, {"conversations.replies", []string{"ts", ts}}} {
		raw, err := a.writer.call(ctx, ask.method, spanArgs(one, append(ask.more, "channel", channel)...))
		if err != nil && !errors.Is(err, wire.ErrNotFound) {
			return wire.Message{}, err
		}
		for _, m := range wire.ReadMessages(wire.Field(raw, "messages")) {
			if m.TS == ts {
				return m, nil
			}
		}
	}
	return wire.Message{}, fmt.Errorf("message %s in %s: %w", ts, channel, wire.ErrNotFound)
}

// Recent gives what was said since a time.
func (a *api) Recent(ctx context.Context, channel, thread string, since time.Time) ([]wire.Message, error) {
	method, with := "conversations.history", args("channel", channel, "oldest", wire.Stamp(since), "limit", "100")
	if thread != "" {
		method = "conversations.replies"
		with.Set("ts", thread)
	}
	raw, err := a.writer.call(ctx, method, with)
	return wire.ReadMessages(wire.Field(raw, "messages")), err
}

// options are a draft in slack-go's words.
func options(d wire.Draft) ([]slack.MsgOption, error) {
	out := []slack.MsgOption{slack.MsgOptionLinkNames(false), slack.MsgOptionText(d.Text, d.Plain)}
	if d.Plain {
		out = append(out, slack.MsgOptionDisableMarkdown())
	}
	switch {
	case d.Blocks != nil:
		var blocks []json.RawMessage
		if err := json.Unmarshal(d.Blocks, &blocks); err != nil {
			return nil, err
		}
		for _, raw := range blocks {
			block, err := slack.BlockFromJSON(string(raw))
			if err != nil {
				return nil, err
			}
			out = append(out, slack.MsgOptionBlocks(block))
		}
	case d.Markdown:
		out = append(out, slack.MsgOptionBlocks(slack.NewMarkdownBlock("", d.Text)))
	}
	if d.Thread != "" {
		out = append(out, slack.MsgOptionTS(d.Thread))
	}
	if d.Broadcast {
		out = append(out, slack.MsgOptionBroadcast())
	}
	if d.Unfurl {
		return append(out, slack.MsgOptionEnableLinkUnfurl()), nil
	}
	return append(out, slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl()), nil
}

// Post sends a message.
func (a *api) Post(ctx context.Context, d wire.Draft) (string, error) {
	with, err := options(d)
	if err != nil {
		return "", err
	}
	_, ts, err := a.sdk().PostMessageContext(ctx, d.Channel, with...)
	return ts, a.outcome("chat.postMessage", err)
}

// Update replaces a message.
func (a *api) Update(ctx context.Context, ts string, d wire.Draft) error {
	with, err := options(d)
	if err != nil {
		return err
	}
	if d.Blocks == nil && !d.Markdown {
		with = append(with, slack.MsgOptionBlocks()) // or else the old ones would stay
	}
	_, _, _, err = a.sdk().UpdateMessageContext(ctx, d.Channel, ts, with...)
	return a.outcome("chat.update", err)
}

// Delete takes a message away.
func (a *api) Delete(ctx context.Context, channel, ts string) error {
	_, _, err := a.sdk().DeleteMessageContext(ctx, channel, ts)
	return a.outcome("chat.delete", err)
}

// Schedule sends a message later.
func (a *api) Schedule(ctx context.Context, d wire.Draft, at time.Time) (string, error) {
	with, err := options(d)
	if err != nil {
		return "", err
	}
	_, id, err := a.sdk().ScheduleMessageContext(ctx, d.Channel, strconv.FormatInt(at.Unix(), 10), with...)
	return id, a.outcome("chat.scheduleMessage", err)
}

// Scheduled lists what will be sent.
func (a *api) Scheduled(ctx context.Context, channel string) ([]wire.Scheduled, error) {
	found, _, err := a.sdk().GetScheduledMessagesContext(ctx, &slack.GetScheduledMessagesParameters{Channel: channel, Limit: 100})
	if err != nil {
		return nil, a.outcome("chat.scheduledMessages.list", err)
	}
	out := make([]wire.Scheduled, len(found))
	for i, m := range found {
		out[i] = wire.Scheduled{ID: m.ID, Channel: m.Channel, Text: m.Text, At: int64(m.PostAt)}
	}
	return out, nil
}

// Unschedule has a message not be sent.
func (a *api) Unschedule(ctx context.Context, channel, id string) error {
	_, err := a.sdk().DeleteScheduledMessageContext(ctx, &slack.DeleteScheduledMessageParameters{Channel: channel, ScheduledMessageID: id})
	return a.outcome("chat.deleteScheduledMessage", err)
}

// React adds a reaction or takes it away.
func (a *api) React(ctx context.Context, channel, ts, emoji string, add bool) error {
	item := slack.NewRefToMessage(channel, ts)
	if !add {
		return a.outcome("reactions.remove", a.sdk().RemoveReactionContext(ctx, emoji, item))
	}
	return a.outcome("reactions.add", a.sdk().AddReactionContext(ctx, emoji, item))
}

// OpenDirect opens direct messages with users.
func (a *api) OpenDirect(ctx context.Context, users []string) (string, error) {
	c, _, _, err := a.sdk().OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: users, ReturnIM: true})
	if err != nil {
		return "", a.outcome("conversations.open", err)
	}
	return c.ID, nil
}

// Mark says up to where a conversation was read.
func (a *api) Mark(ctx context.Context, channel, ts string) error {
	return a.outcome("conversations.mark", a.sdk().MarkConversationContext(ctx, channel, ts))
}

// Upload shares a file: Slack tells an address, which takes the bytes and no
// token, and is then told where to show them.
func (a *api) Upload(ctx context.Context, u wire.Upload) (string, error) {
	to, err := a.sdk().GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{FileName: u.Name, FileSize: len(u.Content)})
	if err != nil {
		return "", a.outcome("files.getUploadURLExternal", err)
	}
	if err := a.put(ctx, to.UploadURL, u.Content); err != nil {
		return "", err
	}
	_, err = a.sdk().CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
		Files: []slack.FileSummary{{ID: to.FileID, Title: u.Title}}, Channel: u.Channel, ThreadTimestamp: u.Thread, InitialComment: u.Comment,
	})
	return to.FileID, a.outcome("files.completeUploadExternal", err)
}

// put sends the bytes of a file, which nobody sees before the upload is complete.
func (a *api) put(ctx context.Context, address string, content []byte) error {
	to, err := url.Parse(address)
	if err != nil || !a.writer.fileHost(to) {
		return errors.New("Slack told an address outside of Slack for the file")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(content))
	if err != nil {
		return errors.New("Slack told no address for the file")
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	res, err := a.writer.http.Do(req)
	if err != nil {
		return noAnswer(ctx, "the upload", err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return &status{"the upload", res.StatusCode}
	}
	return nil
}
