package fake

import (
	"slices"
	"strings"
	"time"
)

// User is an account: of a person, a bot or an organization.
type User struct {
	ID        int64
	Node      string
	Login     string
	Name      string
	Email     string
	Bio       string
	Company   string
	Location  string
	Type      string // User, Bot or Organization
	SiteAdmin bool
	Created   time.Time

	// Of an organization.
	Members  map[string]string // login to member or admin
	Base     string            // what members may do with each repository: none, read, write, admin
	Private  map[string]bool   // members that do not show it
	Teams    []*Team
	Types    []*IssueType
	Followed []*User
	Starred  []*Repo
}

// Team is a team of an organization.
type Team struct {
	ID                      int64
	Node                    string
	Org                     *User
	Name, Slug, Description string
	Privacy                 string // closed or secret
	Members                 []*User
	Parent                  *Team
}

// IssueType is a kind of issue of an organization.
type IssueType struct {
	ID                       int64
	Node                     string
	Name, Description, Color string
}

// Token is an access token. Its fields may be changed in Hub.Update.
type Token struct {
	Value string
	// Kind is classic, fine-grained, oauth or installation.
	Kind  string
	User  *User    // whose it is; nil for an installation
	Owner *User    // of the repositories that a fine-grained token or an installation is for
	Repos []*Repo  // that it is for; nil for all that the owner has
	Scope []string // of a classic token
	// Permissions of the others, such as contents to write.
	Permissions  map[string]string
	Expires      time.Time
	Revoked      bool
	Installation int64
}

// AddUser makes an account of a person; of a bot if the login ends in [bot].
func (h *Hub) AddUser(login string) *User {
	u := &User{ID: h.id(), Login: login, Name: strings.ToUpper(login[:1]) + login[1:], Type: "User", Created: h.now()}
	u.Email = login + "@users.noreply.example.com"
	if strings.HasSuffix(login, "[bot]") {
		u.Type = "Bot"
	}
	u.Node = h.node("U", u.ID, u)
	h.users[strings.ToLower(login)] = u
	return u
}

// AddOrg makes an organization. Members may read its repositories.
func (h *Hub) AddOrg(login string, admins ...*User) *User {
	u := h.AddUser(login)
	u.Type, u.Members, u.Base, u.Private = "Organization", map[string]string{}, "read", map[string]bool{}
	delete(h.nodes, u.Node)
	u.Node = h.node("O", u.ID, u)
	for _, a := range admins {
		u.Members[a.Login] = "admin"
	}
	for _, t := range []struct{ name, what, color string }{
		{"Task", "A piece of work", "yellow"}, {"Bug", "Something that does not work", "red"}, {"Feature", "Something new", "blue"},
	} {
		it := &IssueType{ID: h.id(), Name: t.name, Description: t.what, Color: t.color}
		it.Node = h.node("IT", it.ID, it)
		u.Types = append(u.Types, it)
	}
	return u
}

// AddTeam makes a team.
func (h *Hub) AddTeam(org *User, name string, members ...*User) *Team {
	t := &Team{ID: h.id(), Org: org, Name: name, Slug: slug(name), Privacy: "closed", Members: members}
	t.Node = h.node("T", t.ID, t)
	org.Teams = append(org.Teams, t)
	for _, m := range members {
		if org.Members[m.Login] == "" {
			org.Members[m.Login] = "member"
		}
	}
	return t
}

func slug(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }

// AddToken makes a token known. An empty Kind is told by the value: ghp_ is
// classic, github_pat_ fine-grained, ghs_ an installation, gho_ and ghu_ oauth.
func (h *Hub) AddToken(t Token) *Token {
	if t.Kind == "" {
		switch {
		case strings.HasPrefix(t.Value, "github_pat_"):
			t.Kind = "fine-grained"
		case strings.HasPrefix(t.Value, "ghs_"):
			t.Kind = "installation"
		case strings.HasPrefix(t.Value, "gho_"), strings.HasPrefix(t.Value, "ghu_"):
			t.Kind = "oauth"
		default:
			t.Kind = "classic"
		}
	}
	if t.Owner == nil {
		t.Owner = t.User
	}
	h.tokens[t.Value] = &t
	return &t
}

// Levels of access to a repository, each with those before it.
var levels = []string{"none", "read", "triage", "write", "maintain", "admin"}

func rank(level string) int { return slices.Index(levels, level) }

// levelOf is what a user may do with a repository. A nil user is nobody.
func (h *Hub) levelOf(u *User, r *Repo) string {
	best := "none"
	better := func(level string) {
		if rank(level) > rank(best) {
			best = level
		}
	}
	if r.Visibility == "public" {
		better("read")
	}
	if u == nil {
		return best
	}
	if r.Owner == u {
		better("admin")
	}
	switch r.Owner.Members[u.Login] {
	case "admin":
		better("admin")
	case "member":
		better(r.Owner.Base)
	}
	better(r.Collaborators[u.Login])
	return best
}

// association is how an author stands to a repository.
func (h *Hub) association(u *User, r *Repo) string {
	switch {
	case u == nil:
		return "NONE"
	case u == r.Owner:
		return "OWNER"
	case r.Owner.Members[u.Login] != "":
		return "MEMBER"
	case r.Collaborators[u.Login] != "":
		return "COLLABORATOR"
	}
	for _, i := range r.Issues {
		if i.Author == u && i.Pull != nil && i.Pull.Merged {
			return "CONTRIBUTOR"
		}
	}
	return "NONE"
}

// covers tells whether a token reaches into a repository at all.
func (t *Token) covers(r *Repo) bool {
	switch t.Kind {
	case "fine-grained", "installation":
		return r.Owner == t.Owner && (t.Repos == nil || slices.Contains(t.Repos, r))
	}
	return r.Visibility == "public" || slices.Contains(t.Scope, "repo") || t.Kind == "oauth" && len(t.Scope) == 0
}

// sees tells whether the caller may know that a repository exists.
func (c *call) sees(r *Repo) bool {
	if r.Visibility == "public" {
		return true
	}
	if c.app != nil {
		for _, i := range c.app.Installations {
			if i.Account == r.Owner {
				return true
			}
		}
	}
	if c.token == nil || !c.token.covers(r) {
		return false
	}
	return c.token.Kind == "installation" || rank(c.h.levelOf(c.user, r)) >= rank("read")
}

// level is what the caller may do with a repository, as far as the user goes.
func (c *call) level(r *Repo) string {
	if c.token != nil && c.token.Kind == "installation" {
		if c.token.covers(r) {
			return "admin" // permissions alone decide
		}
		return "read"
	}
	return c.h.levelOf(c.user, r)
}

// may tells whether the caller may act on a repository as that level.
func (c *call) may(r *Repo, level string) bool { return rank(c.level(r)) >= rank(level) }

// need answers 403 unless the caller has the level.
func (c *call) need(level, message string) bool {
	if c.may(c.repo, level) {
		return true
	}
	c.fail(403, message)
	return false
}
