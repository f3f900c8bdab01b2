package fake

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// App is a GitHub App.
type App struct {
	ID            int64
	Slug          string
	Key           *rsa.PublicKey
	Bot           *User
	Installations map[int64]*Installation
}

// Installation is an app on an account.
type Installation struct {
	ID          int64
	App         *App
	Account     *User
	Repos       []*Repo // nil: all
	Permissions map[string]string
	Suspended   bool
}

// AddApp makes an app. Key checks the tokens that the app signs.
func (h *Hub) AddApp(slug string, key *rsa.PublicKey) *App {
	a := &App{ID: h.id(), Slug: slug, Key: key, Bot: h.AddUser(slug + "[bot]"), Installations: map[int64]*Installation{}}
	h.apps[a.ID] = a
	return a
}

// Install puts an app on an account: on repos, or on all that it has.
func (h *Hub) Install(a *App, account *User, permissions map[string]string, repos ...*Repo) *Installation {
	i := &Installation{ID: h.id(), App: a, Account: account, Permissions: permissions, Repos: repos}
	a.Installations[i.ID] = i
	return i
}

func appRoutes() []*route {
	return []*route{
		get("/app", "", (*call).getApp),
		get("/app/installations", "", (*call).installations),
		change("POST", "/app/installations/{id}/access_tokens", "", "", (*call).installationToken),
		get("/installation/repositories", "metadata:read", (*call).installationRepos),
		get("/orgs/{org}/installation", "", func(c *call) { c.installationOf(c.account("org")) }),
		get("/users/{login}/installation", "", func(c *call) { c.installationOf(c.account("login")) }),
		get("/repos/{owner}/{repo}/installation", "", func(c *call) { c.installationOf(c.repo.Owner) }),
	}
}

// authenticateApp checks a JSON Web Token signed by an app.
func (c *call) authenticateApp(token string) bool {
	bad := func(message string) bool { c.fail(http.StatusUnauthorized, message); return false }
	parts := strings.Split(token, ".")
	var head struct{ Alg string }
	var claims struct {
		Iat, Exp int64
		Iss      any
	}
	for i, into := range []any{&head, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(raw, into) != nil {
			return bad("A JSON web token could not be decoded")
		}
	}
	var app *App
	for _, a := range c.h.apps {
		if n, ok := claims.Iss.(float64); ok && int64(n) == a.ID || claims.Iss == itoa(a.ID) {
			app = a
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	now := time.Now().Unix()
	switch {
	case app == nil:
		return bad("Integration not found")
	case err != nil || head.Alg != "RS256" || rsa.VerifyPKCS1v15(app.Key, crypto.SHA256, sum[:], signature) != nil:
		return bad("A JSON web token could not be decoded")
	case claims.Exp < now:
		return bad("'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	case claims.Exp > now+610:
		return bad("'Expiration time' claim ('exp') is too far in the future")
	case claims.Iat > now+60:
		return bad("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	}
	c.app = app
	return true
}

// asApp answers unless an app itself asks.
func (c *call) asApp() bool {
	if c.app == nil {
		c.fail(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	return c.app != nil
}

func (c *call) getApp() {
	if c.asApp() {
		c.send(http.StatusOK, obj{
			"id": c.app.ID, "slug": c.app.Slug, "node_id": nodeID("A", c.app.ID), "owner": c.showUser(c.app.Bot), "name": c.app.Slug, "description": "",
			"external_url": "https://example.com", "html_url": c.web + "/apps/" + c.app.Slug, "created_at": stamp(epoch), "updated_at": stamp(epoch),
			"permissions": obj{"metadata": "read"}, "events": []string{}, "installations_count": len(c.app.Installations),
		})
	}
}

func (c *call) showInstallation(i *Installation) obj {
	chosen := "all"
	if i.Repos != nil {
		chosen = "selected"
	}
	api := c.api + "/app/installations/" + itoa(i.ID)
	account := merge(c.showUser(i.Account), obj{ // described as an enterprise, too
		"name": i.Account.Name, "slug": slug(i.Account.Login), "created_at": stamp(epoch), "updated_at": stamp(epoch),
	})
	return obj{
		"id": i.ID, "account": account, "repository_selection": chosen, "access_tokens_url": api + "/access_tokens",
		"repositories_url": c.api + "/installation/repositories", "html_url": c.web + "/settings/installations/" + itoa(i.ID), "app_id": i.App.ID,
		"app_slug": i.App.Slug, "target_id": i.Account.ID, "target_type": i.Account.Type, "permissions": i.Permissions, "events": []string{},
		"created_at": stamp(epoch), "updated_at": stamp(epoch), "single_file_name": nil, "suspended_by": nil, "suspended_at": nil,
	}
}

func (c *call) installations() {
	if !c.asApp() {
		return
	}
	var all []*Installation
	for _, i := range c.app.Installations {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b *Installation) int { return int(a.ID - b.ID) })
	list(c, all, c.showInstallation)
}

func (c *call) installationOf(u *User) {
	if u == nil || !c.asApp() {
		return
	}
	for _, i := range c.app.Installations {
		if i.Account == u {
			c.send(http.StatusOK, c.showInstallation(i))
			return
		}
	}
	c.notFound()
}

func (c *call) installationToken() {
	if !c.asApp() {
		return
	}
	i := c.app.Installations[c.number("id")]
	var in struct {
		Names       []string          `json:"repositories"`
		IDs         []int64           `json:"repository_ids"`
		Permissions map[string]string `json:"permissions"`
	}
	switch {
	case i == nil:
		c.notFound()
		return
	case i.Suspended:
		c.fail(http.StatusForbidden, "This installation has been suspended")
		return
	case !c.read(&in):
		return
	}
	repos := i.Repos
	if len(in.Names)+len(in.IDs) > 0 {
		repos = []*Repo{}
		for _, r := range c.h.byID {
			if r.Owner == i.Account && (slices.Contains(in.Names, r.Name) || slices.Contains(in.IDs, r.ID)) {
				repos = append(repos, r)
			}
		}
	}
	permissions := i.Permissions
	if in.Permissions != nil {
		permissions = in.Permissions
	}
	t := c.h.AddToken(Token{
		Value: "ghs_" + itoa(c.h.id()) + strings.Repeat("x", 30), Owner: i.Account, Repos: repos, Permissions: permissions, Installation: i.ID,
		Expires: time.Now().Add(time.Hour),
	})
	chosen := "all"
	if repos != nil {
		chosen = "selected"
	}
	c.send(http.StatusCreated, obj{
		"token": t.Value, "expires_at": stamp(t.Expires), "permissions": permissions, "repository_selection": chosen,
	})
}

func (c *call) installationRepos() {
	if c.token == nil || c.token.Kind != "installation" {
		c.fail(http.StatusForbidden, "You must authenticate with an installation access token in order to list repositories for an installation.")
		return
	}
	all := keep(c.repos(c.token.Owner), c.token.covers)
	c.send(http.StatusOK, obj{"total_count": len(all), "repositories": each(page(c, all), c.showRepo)})
}
