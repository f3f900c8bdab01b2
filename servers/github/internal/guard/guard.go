// Package guard stands between the server and GitHub. It holds the client, the
// tokens and the rules of the operator; what it gives out is checked: a
// repository that may be read, a branch that may be written to. Each request is
// checked once more as it leaves, and so is each place it is redirected to.
package guard

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Options say which GitHub is used, as whom, and what is allowed there. The
// zero value is github.com without a token and without limits to repositories.
type Options struct {
	APIURL   string // such as https://ghe.example.com/api/v3; default https://api.github.com
	Accounts []Account

	Repos, WriteRepos []string // patterns such as acme/*, and !acme/vault for what is not meant
	ProtectBranches   []string // patterns; "default" is the default branch of each repository
	ProtectPaths      []string // patterns of paths, ** for any number of directories
	PublicWrites      string   // allow, confirm, deny
	FlowGuard         string   // off, warn, leaks, block
	NoSecretScan      bool     // let what looks like a secret out
	MaxWritesPerHour  int      // 0: any number
	Lockdown          bool     // hide what authors without push access wrote
	ReadOnly          func() bool

	MaxBytes  int           // of one answer of GitHub; default 64 MiB
	CacheSize int           // bytes of answers kept for conditional requests; default 16 MiB, negative: none
	MaxWait   time.Duration // for a limit of GitHub to pass; default 20 s, negative: none
	Log       *slog.Logger  // default: nothing is logged

	UserAgent string
}

// Guard holds the client and the rules.
type Guard struct {
	o        Options
	client   *github.Client
	base     *url.URL // of the REST API, ends in /
	graphURL *url.URL
	accounts []*account
	read     patterns
	write    patterns
	paths    patterns
	wire     *wire
	flow     flow
	budget   budget
	infos    infoCache
	pushers  pushers
}

// Open makes a Guard. It connects to nothing.
func Open(o Options) (*Guard, error) {
	o = o.withDefaults()
	g := &Guard{o: o}
	var errs []error
	var err error
	if g.base, g.graphURL, err = addresses(o.APIURL); err != nil {
		errs = append(errs, err)
	}
	for _, p := range []struct {
		to   *patterns
		list []string
		flag string
	}{{&g.read, o.Repos, "--repos"}, {&g.write, o.WriteRepos, "--write-repos"}} {
		if *p.to, err = repoPatterns(p.list); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.flag, err))
		}
	}
	g.paths = pathPatterns(o.ProtectPaths)
	for i := range o.Accounts {
		a, err := newAccount(&o.Accounts[i])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		g.accounts = append(g.accounts, a)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	g.wire = newWire(g)
	g.client = github.NewClient(&http.Client{
		Transport: g.wire,
		// The wire follows redirects itself, having looked where they lead.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	g.client.BaseURL, g.client.UserAgent = g.base, o.UserAgent
	return g, nil
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 64 << 20
	}
	if o.CacheSize == 0 {
		o.CacheSize = 16 << 20
	}
	if o.MaxWait == 0 {
		o.MaxWait = 20 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.ReadOnly == nil {
		o.ReadOnly = func() bool { return false }
	}
	if o.UserAgent == "" {
		o.UserAgent = "mcp-github"
	}
	if o.PublicWrites == "" {
		o.PublicWrites = "allow"
	}
	if o.FlowGuard == "" {
		o.FlowGuard = "leaks"
	}
	return o
}

// Close drops idle connections.
func (g *Guard) Close() error {
	g.wire.close()
	return nil
}

// addresses are those of the REST and the GraphQL API.
func addresses(api string) (rest, graph *url.URL, err error) {
	if api == "" {
		api = "https://api.github.com"
	}
	u, err := url.Parse(api)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, nil, mcpcore.Hint(errors.New("--api-url is no address of an API"), "write https://api.github.com or https://HOST/api/v3")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, nil, mcpcore.Hint(errors.New("--api-url is not encrypted, and would show the token to the network"), "use https")
	}
	rest = u.JoinPath("/")
	graph = u.JoinPath("graphql")
	if dir, ok := strings.CutSuffix(strings.TrimSuffix(u.Path, "/"), "/v3"); ok {
		up := *u
		up.Path = dir + "/graphql"
		graph = &up
	}
	return rest, graph, nil
}

// HostURL is the address of the API of a host as people know it: github.com, a
// ghe.com tenant or a server of one's own.
func HostURL(host string) (string, error) {
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	u, err := url.Parse(host)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return "", mcpcore.Hint(errors.New("--gh-host is no name of a host"), "write it like github.com or https://ghe.example.com")
	}
	name := strings.ToLower(u.Host)
	switch {
	case name == "github.com" || name == "www.github.com" || name == "api.github.com":
		return "https://api.github.com", nil
	case strings.HasSuffix(name, ".ghe.com"):
		return "https://api." + strings.TrimPrefix(name, "api."), nil
	}
	return u.Scheme + "://" + u.Host + "/api/v3", nil
}

func loopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}
