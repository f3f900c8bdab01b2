package fake

import (
	"slices"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gql"
)

func (c *call) projectMutations() fields {
	return fields{
		"createProjectV2": on(c.mCreateProject), "updateProjectV2": on(c.mUpdateProject), "addProjectV2ItemById": on(c.mAddItem),
		"addProjectV2DraftIssue": on(c.mAddDraft), "deleteProjectV2Item": on(c.mDeleteItem), "updateProjectV2ItemFieldValue": on(c.mSetField),
		"clearProjectV2ItemFieldValue": on(c.mClearField),
		"archiveProjectV2Item":         on(func(in arg) (any, error) { return c.mArchive(in, true) }),
		"unarchiveProjectV2Item":       on(func(in arg) (any, error) { return c.mArchive(in, false) }),
		"createProjectV2StatusUpdate":  on(c.mNews),
		"linkProjectV2ToRepository":    on(c.mLink),
	}
}

// projectFor finds a project that the caller may change.
func (c *call) projectFor(id string) (*Project, error) {
	p, ok := c.h.nodes[id].(*Project)
	if !ok || !c.seesProject(p) {
		return nil, gql.NotFound("Could not resolve to a node with the global id of '%s'", id)
	}
	return p, c.mayProject(p.Owner)
}

func (c *call) mayProject(owner *User) error {
	switch c.token.Kind {
	case "classic":
		if !has(c.token.Scope, "project") {
			return &gql.Error{Type: "INSUFFICIENT_SCOPES", Message: "Your token has not been granted the required scopes to execute this query. The field requires one of the following scopes: ['project']."}
		}
	case "fine-grained", "installation":
		name := "organization_projects"
		if have := c.token.Permissions[name]; have != "write" && have != "admin" || c.token.Owner != owner {
			return gql.Forbidden("Resource not accessible by personal access token")
		}
	}
	if owner != c.user && (c.user == nil || owner.Members[c.user.Login] == "") && c.token.Owner != owner {
		return gql.Forbidden("You do not have permission to change this project")
	}
	return nil
}

func (c *call) mCreateProject(in arg) (any, error) {
	owner, ok := c.h.nodes[in.String("ownerId")].(*User)
	if !ok {
		return nil, gql.NotFound("Could not resolve to a node with the global id of '%s'", in.String("ownerId"))
	}
	if err := c.mayProject(owner); err != nil {
		return nil, err
	}
	var repos []*Repo
	if r, err := the(c, in.String("repositoryId"), ofRepo); err == nil {
		repos = append(repos, r)
	}
	return payload(fields{"projectV2": c.gProject(c.h.AddProject(owner, in.String("title"), repos...))})
}

func (c *call) mUpdateProject(in arg) (any, error) {
	p, err := c.projectFor(in.String("projectId"))
	if err != nil {
		return nil, err
	}
	p.Title, p.Description, p.Readme = first(in.String("title"), p.Title), first(in.String("shortDescription"), p.Description), first(in.String("readme"), p.Readme)
	if in.Has("closed") {
		p.Closed = in.Bool("closed")
	}
	if in.Has("public") {
		p.Public = in.Bool("public")
	}
	return payload(fields{"projectV2": c.gProject(p)})
}

func (c *call) mAddItem(in arg) (any, error) {
	p, err := c.projectFor(in.String("projectId"))
	if err != nil {
		return nil, err
	}
	i, err := the(c, in.String("contentId"), ofIssue)
	if err != nil {
		return nil, err
	}
	return payload(fields{"item": c.gItem(p.AddItem(i, c.actor()))})
}

func (c *call) mAddDraft(in arg) (any, error) {
	p, err := c.projectFor(in.String("projectId"))
	if err != nil {
		return nil, err
	}
	it := p.AddItem(nil, c.actor())
	it.Title, it.Body = in.String("title"), in.String("body")
	it.Draft = nodeID("DI", it.ID)
	return payload(fields{"projectItem": c.gItem(it)})
}

// itemFor finds an item of the project that the input names.
func (c *call) itemFor(in arg) (*Project, *Item, error) {
	p, err := c.projectFor(in.String("projectId"))
	if err != nil {
		return nil, nil, err
	}
	it, ok := c.h.nodes[in.String("itemId")].(*Item)
	if !ok || it.Project != p {
		return nil, nil, gql.NotFound("Could not resolve to a node with the global id of '%s'", in.String("itemId"))
	}
	return p, it, nil
}

func (c *call) mDeleteItem(in arg) (any, error) {
	p, it, err := c.itemFor(in)
	if err != nil {
		return nil, err
	}
	p.Items = slices.DeleteFunc(slices.Clone(p.Items), func(o *Item) bool { return o == it })
	delete(c.h.nodes, it.Node)
	return payload(fields{"deletedItemId": it.Node})
}

func (c *call) fieldFor(in arg) (*Item, *Field, error) {
	p, it, err := c.itemFor(in)
	if err != nil {
		return nil, nil, err
	}
	f, ok := c.h.nodes[in.String("fieldId")].(*Field)
	if !ok || f.Project != p {
		return nil, nil, gql.NotFound("Could not resolve to a node with the global id of '%s'", in.String("fieldId"))
	}
	return it, f, nil
}

func (c *call) mSetField(in arg) (any, error) {
	it, f, err := c.fieldFor(in)
	if err != nil {
		return nil, err
	}
	if err := it.set(f, in.Args("value")); err != nil {
		return nil, err
	}
	return payload(fields{"projectV2Item": c.gItem(it)})
}

func (c *call) mClearField(in arg) (any, error) {
	it, f, err := c.fieldFor(in)
	if err != nil {
		return nil, err
	}
	delete(it.Values, f)
	return payload(fields{"projectV2Item": c.gItem(it)})
}

func (c *call) mArchive(in arg, on bool) (any, error) {
	_, it, err := c.itemFor(in)
	if err != nil {
		return nil, err
	}
	it.Archived = on
	return payload(fields{"item": c.gItem(it)})
}

func (c *call) mNews(in arg) (any, error) {
	p, err := c.projectFor(in.String("projectId"))
	if err != nil {
		return nil, err
	}
	u := &StatusUpdate{
		ID: c.h.id(), By: c.actor(), Body: in.String("body"), Status: in.String("status"), Start: in.String("startDate"), Target: in.String("targetDate"), At: c.h.now(),
	}
	u.Node = nodeID("PVTSU", u.ID)
	p.Updates = append(p.Updates, u)
	return payload(fields{"statusUpdate": c.gUpdate(p, u)})
}

func (c *call) mLink(in arg) (any, error) {
	p, err := c.projectFor(in.String("projectId"))
	if err != nil {
		return nil, err
	}
	r, err := the(c, in.String("repositoryId"), ofRepo)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(p.Repos, r) {
		p.Repos = append(p.Repos, r)
	}
	return payload(fields{"repository": c.gRepo(r)})
}
