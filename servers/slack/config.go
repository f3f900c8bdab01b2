package slack

import (
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/config"
)

// Config is what an operator decides. A token, an export or the demo is all it
// needs; without any the server starts, and each call says what is missing.
type Config struct {
	Account                              // the only workspace
	Workspaces []config.Section[Account] // by alias, the default first

	Token  mcpcore.Secret // of either kind, where neither is set
	Export string         // ZIP of an export, instead of tokens
	Demo   bool           // a sample workspace, instead of tokens
	Compat string         // "archived": the tools of the archived reference server too

	ReadAllow, ReadDeny   []string // rules; see the README
	WriteAllow, WriteDeny []string

	AllowWrite        bool     // offer tools that write, to what WriteAllow covers
	UnfurlDomains     []string // whose links Slack may fetch for a preview
	AllowMassMentions bool     // of channels and user groups
	UploadRoot        string   // directory that files may be shared from

	Log *slog.Logger
}

// Account is how a workspace is reached.
type Account struct {
	BotToken  mcpcore.Secret // xoxb-…
	UserToken mcpcore.Secret // xoxp-…, or xoxc-… with Cookie
	AppToken  mcpcore.Secret // xapp-…, for live events
	Cookie    mcpcore.Secret // xoxd-…, of a browser token
	TeamID    string         // for tokens of an organisation
	APIURL    string         // default https://slack.com/api/
}

// Flags declares the settings of the binary.
func (c *Config) Flags(f *mcpcore.Flags) {
	c.Account.flags(f, true)
	f.Secret(&c.Token, "token", "SLACK_TOKEN", "token of a bot or a user, instead of the others")
	config.Sections(f, &c.Workspaces, "workspaces", "workspaces by their aliases, the default first", func(a *Account, f *mcpcore.Flags) { a.flags(f, false) })
	f.String(&c.Export, "export", "ZIP of an export of a workspace to read, instead of tokens")
	f.Bool(&c.Demo, "demo", "use a sample workspace, instead of tokens")
	f.Choice(&c.Compat, "compat", []string{"", "archived"}, "archived: offer the tools of the archived reference server too, by their names")
	f.Strings(&c.ReadAllow, "read-allow", "conversations that may be read, such as id:C0123, name:eng-*, kind:private, member:true; kind:public where nothing is set")
	f.Strings(&c.ReadDeny, "read-deny", "conversations that may not be read, whatever is allowed")
	f.Bool(&c.AllowWrite, "allow-write", "offer tools that write, to the conversations of --write-allow")
	f.Strings(&c.WriteAllow, "write-allow", "conversations that may be written to, by the same rules; none where nothing is set")
	f.Strings(&c.WriteDeny, "write-deny", "conversations that may not be written to, whatever is allowed")
	f.Strings(&c.UnfurlDomains, "unfurl-domains", "domains whose links Slack may fetch for a preview, if a message has no other links")
	f.Bool(&c.AllowMassMentions, "allow-mass-mentions", "send @channel, @here, @everyone and user groups as they are, instead of as plain text")
	f.String(&c.UploadRoot, "upload-root", "directory that files may be shared from; without one only what a call brings")
}

// flags declares the settings of one workspace; those of the only one have
// variables that others know too.
func (a *Account) flags(f *mcpcore.Flags, only bool) {
	env := func(names string) string {
		if only {
			return names
		}
		return ""
	}
	f.Secret(&a.BotToken, "bot-token", env("SLACK_BOT_TOKEN,SLACK_MCP_XOXB_TOKEN"), "token of a bot (xoxb-), for reading and writing")
	f.Secret(&a.UserToken, "user-token", env("SLACK_USER_TOKEN,SLACK_MCP_XOXP_TOKEN,SLACK_MCP_XOXC_TOKEN"),
		"token of a user (xoxp-), for reading and searching; with a bot's, the bot writes")
	f.Secret(&a.AppToken, "app-token", env("SLACK_APP_TOKEN"), "token of an app (xapp-), for live events")
	f.Secret(&a.Cookie, "cookie", env("SLACK_COOKIE,SLACK_MCP_XOXD_TOKEN"), "cookie d (xoxd-) that a browser's token (xoxc-) needs; Slack does not provide for these")
	f.String(&a.TeamID, "team-id", "id of the workspace (T...), for tokens of an Enterprise Grid organisation")
	f.String(&a.APIURL, "api-url", "address of the API; https://slack-gov.com/api/ for GovSlack")
	if only {
		f.Env("team-id", "SLACK_TEAM_ID")
		f.Env("api-url", "SLACK_API_URL")
	}
}

// SetLog has the server log to the operator.
func (c *Config) SetLog(log *slog.Logger) { c.Log = log }

// Validate reports what is wrong with the settings.
func (c *Config) Validate() error {
	_, err := c.accounts()
	errs := []error{err}
	sources := 0
	for _, set := range []bool{c.Export != "", c.Demo, len(c.Workspaces) > 0, c.Token.Reveal()+c.BotToken.Reveal()+c.UserToken.Reveal() != ""} {
		if set {
			sources++
		}
	}
	if sources > 1 {
		errs = append(errs, mcpcore.Hint(errors.New("more than one source is set: tokens, workspaces, --export, --demo"), "leave all but one out"))
	}
	if len(c.WriteAllow)+len(c.WriteDeny) > 0 && !c.AllowWrite {
		errs = append(errs, mcpcore.Hint(errors.New("--write-allow and --write-deny do nothing without --allow-write"), "add --allow-write, or leave them out"))
	}
	return errors.Join(errs...)
}

func (a *Account) validate() error {
	var errs []error
	for _, t := range []struct {
		token    mcpcore.Secret
		name     string
		prefixes []string
	}{
		{a.BotToken, "SLACK_BOT_TOKEN", []string{"xoxb-", "xoxe.xoxb-"}},
		{a.UserToken, "SLACK_USER_TOKEN", []string{"xoxp-", "xoxe.xoxp-", "xoxc-"}},
		{a.AppToken, "SLACK_APP_TOKEN", []string{"xapp-"}},
		{a.Cookie, "SLACK_COOKIE", []string{"xoxd-"}},
	} {
		text := t.token.Reveal()
		if text != "" && !slices.ContainsFunc(t.prefixes, func(p string) bool { return strings.HasPrefix(text, p) }) {
			errs = append(errs, mcpcore.Hint(errors.New(t.name+" is another kind of token"), "one of these begins with "+strings.Join(t.prefixes, " or ")))
		}
		if strings.ContainsAny(text, " \t\r\n;") {
			errs = append(errs, mcpcore.Hint(errors.New(t.name+" holds signs that no token has"), "copy it again, alone"))
		}
	}
	if strings.HasPrefix(a.UserToken.Reveal(), "xoxc-") && a.Cookie.Reveal() == "" {
		errs = append(errs, mcpcore.Hint(errors.New("a browser's token works with its cookie alone"), "set SLACK_COOKIE, or better a token of an app of your own: mcp-slack doctor prints its manifest"))
	}
	return errors.Join(errs...)
}

// onlyAlias is what a workspace is called that has no other name.
const onlyAlias = "main"

// accounts are those of the settings.
func (c *Config) accounts() ([]guard.Account, error) {
	all := c.Workspaces
	if len(all) == 0 {
		only := c.Account
		if token := c.Token.Reveal(); token != "" {
			if only.BotToken.Reveal()+only.UserToken.Reveal() != "" {
				return nil, mcpcore.Hint(errors.New("SLACK_TOKEN is set beside another token"), "leave it out")
			}
			if only.UserToken = c.Token; strings.Contains(token, "xoxb-") {
				only.BotToken, only.UserToken = c.Token, mcpcore.Secret{}
			}
		}
		if only.BotToken.Reveal()+only.UserToken.Reveal() == "" {
			return nil, only.validate()
		}
		all = []config.Section[Account]{{Name: onlyAlias, Settings: only}}
	}
	var out []guard.Account
	var errs []error
	for _, w := range all {
		a := w.Settings
		errs = append(errs, a.validate())
		if a.BotToken.Reveal()+a.UserToken.Reveal() == "" {
			errs = append(errs, mcpcore.Hint(errors.New("the workspace "+w.Name+" has no token"), "set its bot-token or user-token"))
		}
		out = append(out, guard.Account{Alias: w.Name, Bot: a.BotToken, User: a.UserToken, Cookie: a.Cookie, App: a.AppToken, Team: a.TeamID, APIURL: a.APIURL})
	}
	return out, errors.Join(errs...)
}
