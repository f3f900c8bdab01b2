package github

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Config is what an operator decides. The zero value is github.com without a
// token.
type Config struct {
	Token        mcpcore.Secret
	TokenCommand []string // prints the token, such as gh auth token
	AppID        int
	AppKey       mcpcore.Secret
	Accounts     string // a JSON file with further accounts, by owner

	APIURL string // of the REST API
	Host   string // in place of it: github.com, TENANT.ghe.com or a server of one's own

	Repo              string // the only repository, as owner/name; calls then do not name it
	Repos, WriteRepos []string
	ProtectBranches   []string
	ProtectPaths      []string
	PublicWrites      string // allow, confirm, deny; default allow
	FlowGuard         string // off, warn, leaks, block; default leaks
	SecretScan        string // on, off; default on
	MaxWritesPerHour  int
	Lockdown          bool

	Surface      string   // full, compact; default full
	ExcludeTools []string // as --disable-tools
	Format       string   // of lists: table, json; default table
	CacheBytes   int      // of answers for conditional requests; default 16 MiB

	Log *slog.Logger
}

// Flags declares the settings of the binary.
func (c *Config) Flags(f *mcpcore.Flags) {
	c.PublicWrites, c.FlowGuard, c.Surface, c.Format, c.CacheBytes, c.SecretScan = "allow", "leaks", "full", "table", 16<<20, "on"
	f.Secret(&c.Token, "token", "GITHUB_PERSONAL_ACCESS_TOKEN,GITHUB_TOKEN,GH_TOKEN", "token of GitHub")
	f.Command(&c.TokenCommand, "token-command", "program that prints the token, run without a shell, such as 'gh auth token', where no token is set")
	f.Int(&c.AppID, "app-id", "number of the GitHub App to act as, in all its installations")
	f.Secret(&c.AppKey, "app-private-key", "", "private key of the GitHub App, PEM")
	f.String(&c.Accounts, "accounts", "JSON file with further accounts: a list of owners with token_file, token_command, or app_id and app_key_file")
	f.String(&c.APIURL, "api-url", "address of the REST API; default https://api.github.com")
	f.Env("api-url", "GITHUB_API_URL")
	f.String(&c.Host, "gh-host", "host of GitHub in place of --api-url: TENANT.ghe.com, or a server of your own")
	f.Env("gh-host", "GITHUB_HOST")
	f.String(&c.Repo, "repo", "the only repository, as owner/name; calls then do not name one")
	f.Strings(&c.Repos, "repos", "the only repositories that may be used, such as acme/*, with !acme/vault for one that may not")
	f.Strings(&c.WriteRepos, "write-repos", "the only repositories, among those of --repos, that may be changed")
	f.Strings(&c.ProtectBranches, "protect-branches", "branches that may not be written to; default stands for the default branch, * for any text")
	f.Strings(&c.ProtectPaths, "protect-paths", "paths that may not be changed, such as .github/workflows/**")
	f.Choice(&c.PublicWrites, "public-writes", []string{"allow", "confirm", "deny"}, "what happens to changes of public repositories")
	f.Choice(&c.FlowGuard, "flow-guard", []string{"off", "warn", "leaks", "block"},
		"when the user is asked once text that strangers can write was read: before private content is read and before it could leak (leaks), or before any private read and public write (block)")
	f.Choice(&c.SecretScan, "secret-scan", []string{"on", "off"}, "refuse to send what looks like a secret")
	f.Int(&c.MaxWritesPerHour, "max-writes-per-hour", "most changes an hour; 0 for any number")
	f.Bool(&c.Lockdown, "lockdown-mode", "hide what authors without push access wrote in public repositories")
	f.Env("lockdown-mode", "GITHUB_LOCKDOWN_MODE")
	f.Choice(&c.Surface, "surface", []string{"full", "compact"}, "all tools, or three through which all are found and called")
	f.Strings(&c.ExcludeTools, "exclude-tools", "tools not to offer, as --disable-tools")
	f.Env("exclude-tools", "GITHUB_EXCLUDE_TOOLS")
	f.Choice(&c.Format, "format", []string{"table", "json"}, "form of lists")
	f.Bytes(&c.CacheBytes, "cache", "memory for answers that are asked for again; 0 for none")
}

// SetLog has the server log to the operator.
func (c *Config) SetLog(log *slog.Logger) { c.Log = log }

// Validate reports what is wrong with the settings.
func (c *Config) Validate() error {
	var errs []error
	if c.APIURL != "" && c.Host != "" {
		errs = append(errs, mcpcore.Hint(errors.New("--api-url and --gh-host name two addresses"), "leave one out"))
	}
	if owner, name, ok := strings.Cut(c.Repo, "/"); c.Repo != "" && (!ok || owner == "" || name == "" || strings.Contains(name, "/")) {
		errs = append(errs, mcpcore.Hint(fmt.Errorf("--repo: %q is no repository", c.Repo), "write owner/name"))
	}
	if c.Repo != "" && len(c.Repos) > 0 {
		errs = append(errs, mcpcore.Hint(errors.New("--repo and --repos both say what may be used"), "leave one out"))
	}
	if (c.AppID != 0) != (c.AppKey.Reveal() != "") {
		errs = append(errs, mcpcore.Hint(errors.New("a GitHub App needs --app-id and a key"), "set MCP_GITHUB_APP_PRIVATE_KEY_FILE"))
	}
	return errors.Join(errs...)
}

// accounts are those of the settings: the one of the token comes last, as the
// others are for particular owners.
func (c *Config) accounts() ([]guard.Account, error) {
	var out []guard.Account
	if c.Accounts != "" {
		more, err := guard.ReadAccounts(c.Accounts)
		if err != nil {
			return nil, fmt.Errorf("--accounts: %w", err)
		}
		out = more
	}
	main := guard.Account{Token: c.Token, Command: c.TokenCommand}
	if c.AppID != 0 && c.Token.Reveal() == "" {
		main = guard.Account{AppID: int64(c.AppID), AppKey: c.AppKey}
	}
	return append(out, main), nil
}

// options are what guard has to know.
func (c *Config) options() (guard.Options, error) {
	accounts, err := c.accounts()
	if err != nil {
		return guard.Options{}, err
	}
	o := guard.Options{
		APIURL: c.APIURL, Accounts: accounts, Repos: c.Repos, WriteRepos: c.WriteRepos,
		ProtectBranches: c.ProtectBranches, ProtectPaths: c.ProtectPaths,
		PublicWrites: c.PublicWrites, FlowGuard: c.FlowGuard, MaxWritesPerHour: c.MaxWritesPerHour,
		NoSecretScan: c.SecretScan == "off", Lockdown: c.Lockdown, CacheSize: c.CacheBytes, Log: c.Log,
		UserAgent: "mcp-github/" + mcpcore.Version(),
	}
	if c.Host != "" {
		if o.APIURL, err = guard.HostURL(c.Host); err != nil {
			return o, err
		}
	}
	if c.Repo != "" {
		o.Repos = []string{c.Repo}
	}
	return o, nil
}
