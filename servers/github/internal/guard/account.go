package guard

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Account is one way to be somebody on GitHub. The first account without
// owners is used for everything that no other one is for.
type Account struct {
	Owners  []string // patterns of the accounts whose repositories it is used for
	Token   mcpcore.Secret
	File    string   // that holds the token
	Command []string // that prints the token, such as gh auth token
	AppID   int64    // of a GitHub App, in place of a token
	AppKey  mcpcore.Secret
}

type account struct {
	owners []string
	source *Account
	key    *rsa.PrivateKey // of an app

	mu      sync.Mutex
	kept    string
	again   bool                // the command may be run again
	owner   string              // for whose installation of an app this is
	byOwner map[string]*account // an app's accounts, by owner
}

// installation is an app's access to what one account owns.
type installation struct {
	id      int64
	token   string
	expires time.Time
}

func newAccount(a *Account) (*account, error) {
	out := &account{owners: a.Owners, source: a}
	for _, p := range a.Owners {
		if _, err := path.Match(p, ""); err != nil || strings.Contains(p, "/") {
			return nil, mcpcore.Hint(fmt.Errorf("accounts: %q is no pattern of owners", p), "write the name of an account, * for any text")
		}
	}
	if a.AppID == 0 {
		return out, nil
	}
	block, _ := pem.Decode([]byte(a.AppKey.Reveal()))
	if block == nil {
		return nil, mcpcore.Hint(errors.New("the key of the GitHub App is not PEM"), "set the file that GitHub gave you: MCP_GITHUB_APP_PRIVATE_KEY_FILE")
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		rsaKey, ok := any.(*rsa.PrivateKey)
		if err != nil || !ok {
			return nil, errors.New("the key of the GitHub App is no RSA key")
		}
		key = rsaKey
	}
	out.key = key
	return out, nil
}

// accountOf finds whom to be for what an owner has.
func (g *Guard) accountOf(owner string) *account {
	owner = strings.ToLower(owner)
	var rest *account
	for _, a := range g.accounts {
		if len(a.owners) == 0 && rest == nil {
			rest = a
		}
		for _, p := range a.owners {
			if ok, _ := path.Match(strings.ToLower(p), owner); ok && owner != "" {
				return a.of(owner)
			}
		}
	}
	switch {
	case rest != nil:
		return rest.of(owner)
	case len(g.accounts) > 0 && owner == "":
		return g.accounts[0]
	}
	return nobody
}

// nobody is who asks without a token.
var nobody = &account{source: &Account{}}

// of is the account as it acts for an owner: an app is installed for each.
func (a *account) of(owner string) *account {
	if a.key == nil || owner == "" {
		return a
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	one := a.byOwner[owner]
	if one == nil {
		one = &account{source: a.source, key: a.key, owner: owner}
		if a.byOwner == nil {
			a.byOwner = map[string]*account{}
		}
		a.byOwner[owner] = one
	}
	return one
}

// Known reports whether there is anybody to be.
func (g *Guard) Known() bool {
	for _, a := range g.accounts {
		if a.source.Token.Reveal() != "" || a.source.File != "" || len(a.source.Command) > 0 || a.key != nil {
			return true
		}
	}
	return false
}

var (
	errTokenCommand   = errors.New("the command that prints the token does not work")
	errNoInstallation = errors.New("the GitHub App is not installed there")
)

// token is the account's token, or "".
func (a *account) token(ctx context.Context, g *Guard) (string, error) {
	if a.key != nil {
		return a.appToken(ctx, g)
	}
	if t := a.source.Token.Reveal(); t != "" {
		return t, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.kept != "":
	case a.source.File != "":
		text, err := os.ReadFile(a.source.File)
		if err != nil {
			return "", fmt.Errorf("%w: %w", errTokenCommand, err)
		}
		a.kept = strings.TrimSpace(string(text))
	case len(a.source.Command) > 0:
		words := a.source.Command
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		text, err := exec.CommandContext(ctx, words[0], words[1:]...).Output() //nolint:gosec // the operator's own
		if err != nil || len(strings.TrimSpace(string(text))) == 0 {
			return "", mcpcore.Hint(errTokenCommand, "run it in a terminal to see why: "+words[0])
		}
		a.kept, a.again = strings.TrimSpace(string(text)), true
	}
	return a.kept, nil
}

// renew forgets a token that GitHub does not take, where there may be another.
func (a *account) renew() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.key != nil || !a.again && a.source.File == "" || a.kept == "" {
		return false
	}
	a.kept, a.again = "", false
	return true
}

// tokens are those that are known at the moment, of all accounts.
func (g *Guard) tokens() []string {
	var out []string
	add := func(t string) {
		if len(t) >= 8 {
			out = append(out, t)
		}
	}
	for _, a := range g.accounts {
		add(a.source.Token.Reveal())
		a.mu.Lock()
		add(a.kept)
		a.mu.Unlock()
	}
	t := &g.wire.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, in := range t.known {
		add(in.token)
	}
	return out
}

// scrub takes tokens out of a text.
func (g *Guard) scrub(text string) string {
	for _, t := range g.tokens() {
		text = strings.ReplaceAll(text, t, "****")
	}
	return text
}

// kind says what sort of token it is.
func kind(token string) string {
	switch {
	case token == "":
		return "none: public content only, at 60 requests an hour"
	case strings.HasPrefix(token, "ghp_"), len(token) == 40 && isHex(token):
		return "classic personal access token"
	case strings.HasPrefix(token, "github_pat_"):
		return "fine-grained personal access token"
	case strings.HasPrefix(token, "gho_"):
		return "OAuth token"
	case strings.HasPrefix(token, "ghu_"):
		return "user token of a GitHub App"
	case strings.HasPrefix(token, "ghs_"):
		return "installation token of a GitHub App"
	}
	return "token of a kind that is not known"
}

// appToken is the token by which an app acts for an owner, made when needed.
func (a *account) appToken(ctx context.Context, g *Guard) (string, error) {
	if asApp, _ := ctx.Value(appKey{}).(bool); asApp {
		return signed(a.key, a.source.AppID, time.Now())
	}
	return g.wire.tokens.of(context.WithValue(ctx, appKey{}, true), g, a, a.owner)
}

type appKey struct{}

// appTokens are those of all installations.
type appTokens struct {
	mu    sync.Mutex
	known map[string]*installation // by the app's number and the owner
}

// of is a token for what owner has; for "", that of any installation.
func (t *appTokens) of(ctx context.Context, g *Guard, a *account, owner string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := strconv.FormatInt(a.source.AppID, 10) + "/" + owner
	in := t.known[key]
	if in == nil {
		id, err := findInstallation(ctx, g, a, owner)
		if err != nil {
			return "", err
		}
		if t.known == nil {
			t.known = map[string]*installation{}
		}
		in = &installation{id: id}
		t.known[key] = in
	}
	if time.Until(in.expires) > time.Minute {
		return in.token, nil
	}
	var made struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires_at"`
	}
	if err := asApp(ctx, g, a, http.MethodPost, nil, &made, "app", "installations", strconv.FormatInt(in.id, 10), "access_tokens"); err != nil {
		delete(t.known, key)
		return "", err
	}
	in.token, in.expires = made.Token, made.Expires
	return in.token, nil
}

// mostPages of a hundred installations are looked through.
const mostPages = 100

func findInstallation(ctx context.Context, g *Guard, a *account, owner string) (int64, error) {
	for page := 1; page <= mostPages; page++ {
		var all []struct {
			ID      int64 `json:"id"`
			Account struct {
				Login string `json:"login"`
			} `json:"account"`
		}
		q := url.Values{"per_page": {"100"}, "page": {strconv.Itoa(page)}}
		if err := asApp(ctx, g, a, http.MethodGet, q, &all, "app", "installations"); err != nil {
			return 0, err
		}
		for _, in := range all {
			if owner == "" || strings.EqualFold(in.Account.Login, owner) {
				return in.ID, nil
			}
		}
		if len(all) < 100 {
			break
		}
	}
	return 0, mcpcore.Hint(fmt.Errorf("%w: %s", errNoInstallation, quote(owner)), "an owner of the account installs it on GitHub")
}

// asApp makes a request as the app itself.
func asApp(ctx context.Context, g *Guard, a *account, method string, q url.Values, out any, path ...string) error {
	u := g.base.JoinPath(path...)
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("User-Agent", g.o.UserAgent)
	resp, err := g.wire.try(req, &permit{request: &request{account: a}})
	if err != nil {
		return err
	}
	defer drop(resp)
	if resp.StatusCode > 299 {
		return mcpcore.Hint(fmt.Errorf("%w: GitHub answers the app with status %d", errNoInstallation, resp.StatusCode), "check --app-id and the key")
	}
	text, err := io.ReadAll(&body{inner: resp.Body, left: 4 << 20})
	if err != nil {
		return err
	}
	return json.Unmarshal(text, out)
}

// signed is the token by which an app says who it is: a JWT by RS256.
func signed(key *rsa.PrivateKey, id int64, now time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{"iat": now.Add(-time.Minute).Unix(), "exp": now.Add(9 * time.Minute).Unix(), "iss": strconv.FormatInt(id, 10)})
	if err != nil {
		return "", err
	}
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + enc.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return text + "." + enc.EncodeToString(sig), err
}

// ReadAccounts reads a file of accounts.
func ReadAccounts(name string) ([]Account, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var all []struct {
		Owners  []string `json:"owners"`
		File    string   `json:"token_file"`
		Command []string `json:"token_command"`
		AppID   int64    `json:"app_id"`
		KeyFile string   `json:"app_key_file"`
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		return nil, mcpcore.Hint(fmt.Errorf("%s: %w", name, err), `write [{"owners": ["acme"], "token_file": "…"}]`)
	}
	var out []Account
	for i, a := range all {
		if len(a.Owners) == 0 || a.File == "" && len(a.Command) == 0 && (a.AppID == 0 || a.KeyFile == "") {
			return nil, mcpcore.Hint(fmt.Errorf("%s: entry %d has no owners, or no token", name, i+1), "give owners, and token_file, token_command, or app_id with app_key_file")
		}
		one := Account{Owners: a.Owners, File: a.File, Command: a.Command, AppID: a.AppID}
		if a.KeyFile != "" {
			key, err := os.ReadFile(a.KeyFile)
			if err != nil {
				return nil, err
			}
			one.AppKey = mcpcore.NewSecret(string(key))
		}
		out = append(out, one)
	}
	return out, nil
}
