package slack

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Config is what an operator decides. A token, an export or the demo is all it
// needs; without any the server starts, and each call says what is missing.
type Config struct {
	BotToken  mcpcore.Secret // xoxb-…
	UserToken mcpcore.Secret // xoxp-…, or xoxc-… with Cookie
	AppToken  mcpcore.Secret // xapp-…, for live events
	Cookie    mcpcore.Secret // xoxd-…, of a browser token
	TeamID    string         // for tokens of an organisation
	APIURL    string         // default https://slack.com/api/

	Export string // ZIP of an export, instead of tokens
	Demo   bool   // a sample workspace, instead of tokens

	ReadAllow, ReadDeny   []string // rules; see the README
	WriteAllow, WriteDeny []string

	AllowWrite        bool     // offer tools that write, to what WriteAllow covers
	UnfurlDomains     []string // whose links Slack may fetch for a preview
	AllowMassMentions bool     // of channels and user groups
	UploadRoot        string   // directory that files may be shared from

	Log *slog.Logger
}

// Flags declares the settings of the binary.
func (c *Config) Flags(f *mcpcore.Flags) {
	f.Secret(&c.BotToken, "bot-token", "SLACK_BOT_TOKEN,SLACK_MCP_XOXB_TOKEN", "token of a bot (xoxb-), for reading and writing")
	f.Secret(&c.UserToken, "user-token", "SLACK_USER_TOKEN,SLACK_MCP_XOXP_TOKEN,SLACK_MCP_XOXC_TOKEN",
		"token of a user (xoxp-), for reading and searching; with a bot's, the bot writes")
	f.Secret(&c.AppToken, "app-token", "SLACK_APP_TOKEN", "token of an app (xapp-), for live events")
	f.Secret(&c.Cookie, "cookie", "SLACK_COOKIE,SLACK_MCP_XOXD_TOKEN", "cookie d (xoxd-) that a browser's token (xoxc-) needs; Slack does not provide for these")
	f.String(&c.TeamID, "team-id", "id of the workspace (T...), for tokens of an Enterprise Grid organisation")
	f.Env("team-id", "SLACK_TEAM_ID")
	f.String(&c.APIURL, "api-url", "address of the API; https://slack-gov.com/api/ for GovSlack")
	f.Env("api-url", "SLACK_API_URL")
	f.String(&c.Export, "export", "ZIP of an export of a workspace to read, instead of tokens")
	f.Bool(&c.Demo, "demo", "use a sample workspace, instead of tokens")
	f.Strings(&c.ReadAllow, "read-allow", "conversations that may be read, such as id:C0123, name:eng-*, kind:private, member:true; kind:public where nothing is set")
	f.Strings(&c.ReadDeny, "read-deny", "conversations that may not be read, whatever is allowed")
	f.Bool(&c.AllowWrite, "allow-write", "offer tools that write, to the conversations of --write-allow")
	f.Strings(&c.WriteAllow, "write-allow", "conversations that may be written to, by the same rules; none where nothing is set")
	f.Strings(&c.WriteDeny, "write-deny", "conversations that may not be written to, whatever is allowed")
	f.Strings(&c.UnfurlDomains, "unfurl-domains", "domains whose links Slack may fetch for a preview, if a message has no other links")
	f.Bool(&c.AllowMassMentions, "allow-mass-mentions", "send @channel, @here, @everyone and user groups as they are, instead of as plain text")
	f.String(&c.UploadRoot, "upload-root", "directory that files may be shared from; without one only what a call brings")
}

// SetLog has the server log to the operator.
func (c *Config) SetLog(log *slog.Logger) { c.Log = log }

// Validate reports what is wrong with the settings.
func (c *Config) Validate() error {
	var errs []error
	sources := 0
	for _, set := range []bool{c.Export != "", c.Demo, c.BotToken.Reveal()+c.UserToken.Reveal() != ""} {
		if set {
			sources++
		}
	}
	if sources > 1 {
		errs = append(errs, mcpcore.Hint(errors.New("more than one workspace is set: tokens, --export, --demo"), "leave all but one out"))
	}
	for _, t := range []struct {
		token    mcpcore.Secret
		name     string
		prefixes []string
	}{
		{c.BotToken, "SLACK_BOT_TOKEN", []string{"xoxb-", "xoxe.xoxb-"}},
		{c.UserToken, "SLACK_USER_TOKEN", []string{"xoxp-", "xoxe.xoxp-", "xoxc-"}},
		{c.AppToken, "SLACK_APP_TOKEN", []string{"xapp-"}},
		{c.Cookie, "SLACK_COOKIE", []string{"xoxd-"}},
	} {
		if text := t.token.Reveal(); text != "" && !hasPrefix(text, t.prefixes) {
			errs = append(errs, mcpcore.Hint(errors.New(t.name+" is another kind of token"), "one of these begins with "+strings.Join(t.prefixes, " or ")))
		}
	}
	if strings.HasPrefix(c.UserToken.Reveal(), "xoxc-") && c.Cookie.Reveal() == "" {
		errs = append(errs, mcpcore.Hint(errors.New("a browser's token works with its cookie alone"), "set SLACK_COOKIE, or better a token of an app of your own: mcp-slack doctor prints its manifest"))
	}
	if len(c.WriteAllow)+len(c.WriteDeny) > 0 && !c.AllowWrite {
		errs = append(errs, mcpcore.Hint(errors.New("--write-allow and --write-deny do nothing without --allow-write"), "add --allow-write, or leave them out"))
	}
	return errors.Join(errs...)
}

func hasPrefix(text string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}

// accounts are those of the settings.
func (c *Config) accounts() ([]guard.Account, error) {
	if c.BotToken.Reveal()+c.UserToken.Reveal() == "" {
		return nil, nil
	}
	return []guard.Account{{Alias: "main", Bot: c.BotToken, User: c.UserToken, Cookie: c.Cookie, App: c.AppToken, Team: c.TeamID, APIURL: c.APIURL}}, nil
}
