package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Account is how a workspace at Slack is reached.
type Account struct {
	Alias  string
	Bot    mcpcore.Secret // xoxb-…
	User   mcpcore.Secret // xoxp-…, or xoxc-… with Cookie
	Cookie mcpcore.Secret // xoxd-…, of a browser token
	App    mcpcore.Secret // xapp-…, for live events
	Team   string         // id of the workspace, for tokens of an organisation
	APIURL string         // default https://slack.com/api/
}

// api is a workspace at Slack. With two tokens the user's reads and searches,
// and the bot's writes.
type api struct {
	alias      string
	team       string
	reader     *client
	writer     *client
	user       *client // nil without a user's token
	app        *client // nil without an app's token
	log        *slog.Logger
	selfMu     sync.Mutex
	self       map[*client]wire.Self
	batches    atomic.Int32 // whether users.info takes several ids
	httpCloser func()
}

const slackAPI = "https://slack.com/api/"

func newAPI(a Account, log *slog.Logger) (*api, error) {
	base, err := apiURL(a.APIURL)
	if err != nil {
		return nil, err
	}
	transport := newTransport()
	out := &api{alias: a.Alias, team: a.Team, log: log, self: map[*client]wire.Self{}, httpCloser: transport.CloseIdleConnections}
	if t := a.Bot.Reveal(); t != "" {
		out.reader = newClient(base, t, "", transport)
		out.writer = out.reader
	}
	if t := a.User.Reveal(); t != "" {
		out.user = newClient(base, t, a.Cookie.Reveal(), transport)
		out.reader = out.user
		if out.writer == nil {
			out.writer = out.user
		}
	}
	if t := a.App.Reveal(); t != "" {
		out.app = newClient(base, t, "", transport)
	}
	if out.reader == nil {
		return nil, fmt.Errorf("workspace %s has no token", a.Alias)
	}
	return out, nil
}

// apiURL checks where the API is: a token travels in clear only on the machine.
func apiURL(text string) (string, error) {
	if text == "" {
		return slackAPI, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", mcpcore.Hint(errors.New("SLACK_API_URL is no address of an API"), "write it as https://slack.com/api/, or https://slack-gov.com/api/ for GovSlack")
	}
	local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
	if u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return "", mcpcore.Hint(errors.New("SLACK_API_URL would send the token in clear"), "use https")
	}
	return strings.TrimSuffix(u.String(), "/") + "/", nil
}

// Close ends the connections.
func (a *api) Close() error {
	a.httpCloser()
	return nil
}

// Self tells whom the token for reading belongs to.
func (a *api) Self(ctx context.Context) (wire.Self, error) { return a.whose(ctx, a.reader) }

// whose tells whom a token belongs to, which is asked once.
func (a *api) whose(ctx context.Context, c *client) (wire.Self, error) {
	a.selfMu.Lock()
	self, ok := a.self[c]
	a.selfMu.Unlock()
	if ok {
		return self, nil
	}
	raw, err := c.call(ctx, "auth.test", nil)
	if err != nil {
		return self, err
	}
	for key, v := range jsonrpc.Members(raw) {
		switch key {
		case "team":
			self.Team = wire.Text(v)
		case "team_id":
			self.TeamID = wire.Text(v)
		case "url":
			self.URL = wire.Text(v)
		case "user":
			self.User = wire.Text(v)
		case "user_id":
			self.UserID = wire.Text(v)
		case "bot_id":
			self.Bot = wire.Text(v)
		case "enterprise_id":
			self.Enterprise = wire.Text(v)
		}
	}
	a.selfMu.Lock()
	a.self[c] = self
	a.selfMu.Unlock()
	return self, nil
}

// args makes arguments of pairs, leaving out what is empty.
func args(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out.Set(pairs[i], pairs[i+1])
		}
	}
	return out
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// Channel looks a conversation up.
func (a *api) Channel(ctx context.Context, id string) (wire.Channel, error) {
	return lookUp(ctx, a.reader, id)
}

func lookUp(ctx context.Context, c *client, id string) (wire.Channel, error) {
	raw, err := c.call(ctx, "conversations.info", args("channel", id, "include_num_members", "true"))
	if err != nil {
		return wire.Channel{}, err
	}
	return wire.ReadChannel(wire.Field(raw, "channel")), nil
}

// Channels lists conversations.
func (a *api) Channels(ctx context.Context, q wire.Listing) (wire.Page[wire.Channel], error) {
	method := "conversations.list"
	if q.Mine {
		method = "users.conversations"
	}
	names := make([]string, len(q.Kinds))
	for i, k := range q.Kinds {
		names[i] = map[string]string{"public": "public_channel", "private": "private_channel"}[k]
		if names[i] == "" {
			names[i] = k
		}
	}
	list := args("types", strings.Join(names, ","), "cursor", q.Cursor, "limit", number(q.Limit), "team_id", a.team)
	if !q.Archived {
		list.Set("exclude_archived", "true")
	}
	raw, err := a.reader.call(ctx, method, list)
	if err != nil {
		return wire.Page[wire.Channel]{}, err
	}
	out := wire.Page[wire.Channel]{Next: wire.Cursor(raw)}
	for _, e := range jsonrpc.Elements(wire.Field(raw, "channels")) {
		if c := wire.ReadChannel(e); c.ID != "" {
			c.Member = c.Member || q.Mine
			out.Items = append(out.Items, c)
		}
	}
	return out, nil
}

// History gives messages, the newest first.
func (a *api) History(ctx context.Context, channel string, span wire.Span) (wire.Page[wire.Message], error) {
	return a.messages(ctx, "conversations.history", spanArgs(span, "channel", channel))
}

// Replies gives a thread, the oldest first.
func (a *api) Replies(ctx context.Context, channel, ts string, span wire.Span) (wire.Page[wire.Message], error) {
	return a.messages(ctx, "conversations.replies", spanArgs(span, "channel", channel, "ts", ts))
}

func spanArgs(span wire.Span, pairs ...string) url.Values {
	inclusive := ""
	if span.Inclusive {
		inclusive = "true"
	}
	return args(append(pairs, "oldest", span.Oldest, "latest", span.Latest, "inclusive", inclusive, "cursor", span.Cursor, "limit", number(span.Limit))...)
}

func (a *api) messages(ctx context.Context, method string, with url.Values) (wire.Page[wire.Message], error) {
	raw, err := a.reader.call(ctx, method, with)
	if err != nil {
		return wire.Page[wire.Message]{}, err
	}
	return wire.ReadPage(raw), nil
}

// Groups lists the user groups.
func (a *api) Groups(ctx context.Context) ([]wire.Group, error) {
	raw, err := a.reader.call(ctx, "usergroups.list", args("include_users", "true", "include_count", "true", "team_id", a.team))
	if err != nil {
		return nil, err
	}
	var out []wire.Group
	for _, e := range jsonrpc.Elements(wire.Field(raw, "usergroups")) {
		if g := wire.ReadGroup(e); g.ID != "" {
			out = append(out, g)
		}
	}
	return out, nil
}
