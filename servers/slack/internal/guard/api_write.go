package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// errUnknown says that something may have been done, or not.
var errUnknown = errors.New("whether it was done is not known, as the answer got lost")

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

// do asks a method that writes, once. Its answer is read as tolerantly as any
// other: one odd field must not make a message that was sent look lost.
func (a *api) do(ctx context.Context, method string, with url.Values) ([]byte, error) {
	raw, err := a.writer.once(ctx, method, with)
	_, late := asLimited(err)
	_, refused := errors.AsType[*faulty](err)
	if err == nil || late || refused {
		return raw, a.writer.explain(err)
	}
	return nil, fmt.Errorf("%s: %w: %w", method, errUnknown, err)
}

// message writes a draft as arguments. Nothing is unfurled, nor are names made
// mentions, but for what the draft says.
func message(d wire.Draft, more ...string) (url.Values, error) {
	out := args(append(more, "channel", d.Channel, "text", d.Text, "thread_ts", d.Thread)...)
	out.Set("link_names", "false")
	out.Set("unfurl_links", strconv.FormatBool(d.Unfurl))
	out.Set("unfurl_media", strconv.FormatBool(d.Unfurl))
	switch {
	case d.Blocks != nil:
		out.Set("blocks", string(d.Blocks))
	case d.Markdown:
		blocks, err := schema.Marshal([]map[string]string{{"type": "markdown", "text": d.Text}})
		if err != nil {
			return nil, err
		}
		out.Set("blocks", string(blocks))
	case d.Plain:
		out.Set("text", wire.Escape(d.Text))
		out.Set("mrkdwn", "false")
	}
	if d.Broadcast {
		out.Set("reply_broadcast", "true")
	}
	return out, nil
}

// Post sends a message.
func (a *api) Post(ctx context.Context, d wire.Draft) (string, error) {
	with, err := message(d)
	if err != nil {
		return "", err
	}
	raw, err := a.do(ctx, "chat.postMessage", with)
	return wire.Text(wire.Field(raw, "ts")), err
}

// Update replaces a message.
func (a *api) Update(ctx context.Context, ts string, d wire.Draft) error {
	with, err := message(d, "ts", ts)
	if err != nil {
		return err
	}
	if !with.Has("blocks") {
		with.Set("blocks", "[]") // or else the old ones would stay
	}
	_, err = a.do(ctx, "chat.update", with)
	return err
}

// Delete takes a message away.
func (a *api) Delete(ctx context.Context, channel, ts string) error {
	_, err := a.do(ctx, "chat.delete", args("channel", channel, "ts", ts))
	return err
}

// Schedule sends a message later.
func (a *api) Schedule(ctx context.Context, d wire.Draft, at time.Time) (string, error) {
	with, err := message(d, "post_at", strconv.FormatInt(at.Unix(), 10))
	if err != nil {
		return "", err
	}
	raw, err := a.do(ctx, "chat.scheduleMessage", with)
	return wire.Text(wire.Field(raw, "scheduled_message_id")), err
}

// Scheduled lists what will be sent.
func (a *api) Scheduled(ctx context.Context, channel string) ([]wire.Scheduled, error) {
	raw, err := a.writer.call(ctx, "chat.scheduledMessages.list", args("channel", channel, "limit", "100"))
	var out []wire.Scheduled
	for _, m := range jsonrpc.Elements(wire.Field(raw, "scheduled_messages")) {
		out = append(out, wire.Scheduled{
			ID: wire.Text(wire.Field(m, "id")), Channel: wire.Text(wire.Field(m, "channel_id")), Text: wire.Text(wire.Field(m, "text")), At: wire.Int64(wire.Field(m, "post_at")),
		})
	}
	return out, err
}

// Unschedule has a message not be sent.
func (a *api) Unschedule(ctx context.Context, channel, id string) error {
	_, err := a.do(ctx, "chat.deleteScheduledMessage", args("channel", channel, "scheduled_message_id", id))
	return err
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
	raw, err := a.do(ctx, "conversations.open", args("users", strings.Join(users, ","), "return_im", "true"))
	return wire.Text(wire.Field(raw, "channel", "id")), err
}

// Mark says up to where a conversation was read.
func (a *api) Mark(ctx context.Context, channel, ts string) error {
	return a.outcome("conversations.mark", a.sdk().MarkConversationContext(ctx, channel, ts))
}

// Upload shares a file: Slack tells an address, which takes the bytes and no
// token, and is then told where to show them.
func (a *api) Upload(ctx context.Context, u wire.Upload) (string, error) {
	to, err := a.do(ctx, "files.getUploadURLExternal", args("filename", u.Name, "length", number(len(u.Content))))
	if err != nil {
		return "", err
	}
	id := wire.Text(wire.Field(to, "file_id"))
	if err := a.put(ctx, wire.Text(wire.Field(to, "upload_url")), u.Content); err != nil {
		return "", err
	}
	files, err := schema.Marshal([]map[string]string{{"id": id, "title": u.Title}})
	if err != nil {
		return "", err
	}
	_, err = a.do(ctx, "files.completeUploadExternal", args("files", string(files), "channel_id", u.Channel, "thread_ts", u.Thread, "initial_comment", u.Comment))
	return id, err
}

// put sends the bytes of a file, which nobody sees before the upload is complete.
func (a *api) put(ctx context.Context, address string, content []byte) error {
	to, err := url.Parse(address)
	if err != nil || !a.writer.fileHost(to) {
		return errors.New("the address for the file is outside of Slack")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(content))
	if err != nil {
		return errors.New("there is no address for the file")
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
