package fake

import (
	"net/http"
	"path"
	"slices"
)

// Protection is that of a branch.
type Protection struct {
	Reviews   int      // approvals that a pull request needs; with it the branch takes no pushes
	Checks    []string // that must have succeeded
	Strict    bool     // the head must be up to date
	Admins    bool     // it holds for administrators, too
	Force     bool     // force pushes are let through
	Deletions bool     // it may be deleted
	Locked    bool     // it is read-only
}

// Ruleset is a set of rules for the branches that fit a pattern. It is shown, and
// not enforced: see Protection for what is.
type Ruleset struct {
	ID          int64
	Node        string
	Repo        *Repo
	Name        string
	Branches    string   // pattern such as release/*; ~DEFAULT_BRANCH is one, too
	Enforcement string   // active, evaluate or disabled
	Rules       []string // types such as deletion, non_fast_forward, required_signatures
	Reviews     int      // of a rule pull_request
}

// Protect protects a branch.
func (r *Repo) Protect(branch string, p Protection) { r.Protected[branch] = &p }

// AddRuleset adds a ruleset.
func (r *Repo) AddRuleset(s Ruleset) *Ruleset {
	s.ID, s.Repo = r.hub.id(), r
	s.Node = r.hub.node("RRS", s.ID, &s)
	s.Enforcement = first(s.Enforcement, "active")
	r.Rulesets = append(r.Rulesets, &s)
	return &s
}

func ruleRoutes() []*route {
	return []*route{
		get("/repos/{owner}/{repo}/branches/{branch...}/protection", "administration:read", (*call).getProtection),
		get("/repos/{owner}/{repo}/rules/branches/{branch...}", "metadata:read", (*call).branchRules),
		get("/repos/{owner}/{repo}/rulesets", "metadata:read", func(c *call) { list(c, c.repo.Rulesets, c.showRuleset) }),
		get("/repos/{owner}/{repo}/rulesets/{id}", "metadata:read", (*call).getRuleset),
	}
}

func showRequiredChecks(p *Protection) obj {
	return obj{
		"enforcement_level": "non_admins", "contexts": p.Checks, "strict": p.Strict,
		"checks": each(p.Checks, func(name string) obj { return obj{"context": name, "app_id": nil} }),
	}
}

func (c *call) getProtection() {
	branch := c.vars["branch"]
	if !c.need("admin", "Resource not accessible by personal access token") {
		return
	}
	p := c.repo.Protected[branch]
	if p == nil {
		c.fail(http.StatusNotFound, "Branch not protected")
		return
	}
	api := c.repoAPI(c.repo) + "/branches/" + escape(branch) + "/protection"
	on := func(v bool) obj { return obj{"enabled": v} }
	o := obj{
		"url": api, "enforce_admins": obj{"url": api + "/enforce_admins", "enabled": p.Admins}, "required_linear_history": on(false),
		"allow_force_pushes": on(p.Force), "allow_deletions": on(p.Deletions), "block_creations": on(false), "required_conversation_resolution": on(false),
		"lock_branch": on(p.Locked), "allow_fork_syncing": on(false),
		"required_signatures": obj{"url": api + "/required_signatures", "enabled": false},
	}
	if p.Reviews > 0 {
		o["required_pull_request_reviews"] = obj{
			"url": api + "/required_pull_request_reviews", "dismiss_stale_reviews": false, "require_code_owner_reviews": false,
			"required_approving_review_count": p.Reviews, "require_last_push_approval": false,
		}
	}
	if len(p.Checks) > 0 {
		checks := showRequiredChecks(p)
		delete(checks, "enforcement_level")
		o["required_status_checks"] = merge(checks, obj{"url": api + "/required_status_checks", "contexts_url": api + "/required_status_checks/contexts"})
	}
	c.send(http.StatusOK, o)
}

func (s *Ruleset) covers(branch string) bool {
	if s.Branches == "~ALL" || s.Branches == "~DEFAULT_BRANCH" && branch == s.Repo.DefaultBranch {
		return true
	}
	ok, err := path.Match(s.Branches, branch)
	return ok && err == nil
}

func (s *Ruleset) showRule(kind string) obj {
	o := obj{"type": kind}
	switch kind {
	case "pull_request":
		o["parameters"] = obj{
			"required_approving_review_count": s.Reviews, "dismiss_stale_reviews_on_push": false, "require_code_owner_review": false,
			"require_last_push_approval": false, "required_review_thread_resolution": false,
		}
	case "update":
		o["parameters"] = obj{"update_allows_fetch_and_merge": false}
	}
	return o
}

func (c *call) branchRules() {
	var rules []obj
	for _, s := range c.repo.Rulesets {
		if s.Enforcement != "active" || !s.covers(c.vars["branch"]) {
			continue
		}
		for _, kind := range s.Rules {
			rules = append(rules, merge(s.showRule(kind), obj{
				"ruleset_source_type": "Repository", "ruleset_source": c.repo.FullName(), "ruleset_id": s.ID,
			}))
		}
	}
	list(c, rules, func(o obj) obj { return o })
}

func (c *call) showRuleset(s *Ruleset) obj {
	return obj{
		"id": s.ID, "name": s.Name, "target": "branch", "source_type": "Repository", "source": s.Repo.FullName(), "enforcement": s.Enforcement,
		"node_id": s.Node, "created_at": stamp(s.Repo.Created), "updated_at": stamp(s.Repo.Created),
		"_links": obj{"self": obj{"href": c.repoAPI(s.Repo) + "/rulesets/" + itoa(s.ID)}, "html": obj{"href": c.repoWeb(s.Repo) + "/rules/" + itoa(s.ID)}},
	}
}

func (c *call) getRuleset() {
	i := slices.IndexFunc(c.repo.Rulesets, func(s *Ruleset) bool { return s.ID == c.number("id") })
	if i < 0 {
		c.notFound()
		return
	}
	s := c.repo.Rulesets[i]
	include := s.Branches
	if include != "" && include[0] != '~' {
		include = "refs/heads/" + include
	}
	c.send(http.StatusOK, merge(c.showRuleset(s), obj{
		"conditions": obj{"ref_name": obj{"include": []string{include}, "exclude": []string{}}}, "bypass_actors": []obj{},
		"current_user_can_bypass": "never", "rules": each(s.Rules, s.showRule),
	}))
}
