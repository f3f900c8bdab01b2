package fake

import (
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gql"
)

// Project is a project of an account.
type Project struct {
	hub         *Hub
	ID          int64
	Node        string
	Owner       *User
	Number      int
	Title       string
	Description string
	Readme      string
	Public      bool
	Closed      bool
	Repos       []*Repo
	Fields      []*Field
	Items       []*Item
	Updates     []*StatusUpdate
	Created     time.Time
}

// Field is a field of a project.
type Field struct {
	ID      int64
	Node    string
	Project *Project
	Name    string
	Kind    string   // TITLE, TEXT, NUMBER, DATE, SINGLE_SELECT, ITERATION
	Options []string // of a single choice, or the titles of iterations
}

// Item is an issue, a pull request or a draft of a project.
type Item struct {
	ID       int64
	Node     string
	Project  *Project
	Issue    *Issue
	Title    string // of a draft
	Body     string
	Draft    string // its node
	Creator  *User
	Archived bool
	Values   map[*Field]any // a string, a float64, or the number of an option
	Created  time.Time
}

// StatusUpdate is news of a project.
type StatusUpdate struct {
	ID     int64
	Node   string
	By     *User
	Body   string
	Status string
	Start  string
	Target string
	At     time.Time
}

// AddProject makes a project with the fields Title, Status and Estimate.
func (h *Hub) AddProject(owner *User, title string, repos ...*Repo) *Project {
	key := strings.ToLower(owner.Login)
	p := &Project{hub: h, ID: h.id(), Owner: owner, Number: len(h.projects[key]) + 1, Title: title, Repos: repos, Created: h.now()}
	p.Node = h.node("PVT", p.ID, p)
	h.projects[key] = append(h.projects[key], p)
	p.AddField("Title", "TITLE")
	p.AddField("Status", "SINGLE_SELECT", "Todo", "In Progress", "Done")
	p.AddField("Estimate", "NUMBER")
	p.AddField("Iteration", "ITERATION", "Iteration 1", "Iteration 2")
	p.AddField("Due", "DATE")
	p.AddField("Notes", "TEXT")
	return p
}

// AddField adds a field.
func (p *Project) AddField(name, kind string, options ...string) *Field {
	h := p.hub
	f := &Field{ID: h.id(), Project: p, Name: name, Kind: kind, Options: options}
	prefix := map[string]string{"SINGLE_SELECT": "PVTSSF", "ITERATION": "PVTIF"}[kind]
	f.Node = h.node(first(prefix, "PVTF"), f.ID, f)
	p.Fields = append(p.Fields, f)
	return f
}

// AddItem adds an issue or a pull request.
func (p *Project) AddItem(i *Issue, by *User) *Item {
	for _, old := range p.Items {
		if old.Issue == i && i != nil {
			return old
		}
	}
	h := p.hub
	it := &Item{ID: h.id(), Project: p, Issue: i, Creator: by, Values: map[*Field]any{}, Created: h.now()}
	it.Node = h.node("PVTI", it.ID, it)
	p.Items = append(p.Items, it)
	return it
}

func (h *Hub) itemsOf(i *Issue) []*Item {
	var out []*Item
	for _, list := range h.projects {
		for _, p := range list {
			out = append(out, keep(p.Items, func(it *Item) bool { return it.Issue == i })...)
		}
	}
	return out
}

// option is the identifier of an option of a field.
func (f *Field) option(n int) string { return itoa(f.ID*100 + int64(n)) }

func (c *call) gProjectOf(login string, number int) (any, error) {
	for _, p := range c.h.projects[strings.ToLower(login)] {
		if p.Number == number && c.seesProject(p) {
			return c.gProject(p), nil
		}
	}
	return nil, gql.NotFound("Could not resolve to a ProjectV2 with the number %d.", number)
}

func (c *call) seesProject(p *Project) bool {
	return p.Public || c.user == p.Owner || c.user != nil && p.Owner.Members[c.user.Login] != "" || c.token != nil && c.token.Owner == p.Owner
}

func (c *call) gProject(p *Project) *object {
	if !c.seesProject(p) {
		return nil
	}
	web := c.web + "/" + map[bool]string{true: "orgs", false: "users"}[p.Owner.Type == "Organization"] + "/" + p.Owner.Login + "/projects/" + itoa(int64(p.Number))
	return &object{Type: "ProjectV2", Is: []string{"Node", "Closable", "Updatable"}, Fields: fields{
		"id": p.Node, "databaseId": p.ID, "fullDatabaseId": itoa(p.ID), "number": p.Number, "title": p.Title, "shortDescription": orNull(p.Description),
		"readme": orNull(p.Readme), "public": p.Public, "closed": p.Closed, "closedAt": nil, "template": false, "createdAt": stamp(p.Created),
		"updatedAt": stamp(p.Created), "url": web, "resourcePath": strings.TrimPrefix(web, c.web), "viewerCanUpdate": true, "viewerCanClose": true,
		"viewerCanReopen": true, "creator": lazy(func() any { return c.gUser(p.Owner) }), "owner": lazy(func() any { return c.gUser(p.Owner) }),
		"fields": all("fields", p.Fields, c.gField), "repositories": all("repositories", keep(p.Repos, c.sees), c.gRepo),
		"field": resolver(func(a arg) (any, error) { return c.gFieldNamed(p, a.String("name")), nil }),
		"items": connect("items", func(a arg) []*Item {
			return keep(p.Items, func(it *Item) bool {
				return !it.Archived && (!a.Has("query") || c.fitsItem(parseSearch(a.String("query")), it))
			})
		}, c.gItem),
		"statusUpdates": connect("statusUpdates", func(arg) []*StatusUpdate { return reversed(p.Updates) }, func(u *StatusUpdate) *object { return c.gUpdate(p, u) }),
		"views":         all("views", []int{}, func(int) *object { return nil }),
		"workflows":     all("workflows", []int{}, func(int) *object { return nil }),
		"teams":         all("teams", []*Team{}, c.gTeam),
	}}
}

func (c *call) fitsItem(s search, it *Item) bool {
	if it.Issue == nil {
		return s.fits(it.Title + it.Body)
	}
	return c.fitsIssue(s, it.Issue)
}

func (c *call) gFieldNamed(p *Project, name string) any {
	for _, f := range p.Fields {
		if f.Name == name {
			return c.gField(f)
		}
	}
	return nil
}

func (c *call) gField(f *Field) *object {
	kind := map[string]string{"SINGLE_SELECT": "ProjectV2SingleSelectField", "ITERATION": "ProjectV2IterationField"}[f.Kind]
	o := &object{Type: first(kind, "ProjectV2Field"), Is: []string{"Node", "ProjectV2FieldCommon", "ProjectV2FieldConfiguration"}, Fields: fields{
		"id": f.Node, "databaseId": f.ID, "name": f.Name, "dataType": f.Kind, "createdAt": stamp(f.Project.Created), "updatedAt": stamp(f.Project.Created),
		"project": lazy(func() any { return c.gProject(f.Project) }),
	}}
	switch f.Kind {
	case "SINGLE_SELECT":
		o.Fields["options"] = lazy(func() any {
			out := []*object{}
			for n, name := range f.Options {
				out = append(out, &object{Type: "ProjectV2SingleSelectFieldOption", Fields: fields{"id": f.option(n), "name": name, "color": "GRAY", "description": ""}})
			}
			return out
		})
	case "ITERATION":
		o.Fields["configuration"] = lazy(func() any {
			out := []*object{}
			for n, name := range f.Options {
				out = append(out, f.iteration(n, name))
			}
			return &object{Type: "ProjectV2IterationFieldConfiguration", Fields: fields{
				"iterations": out, "completedIterations": []*object{}, "duration": 14, "startDay": 1,
			}}
		})
	}
	return o
}

func (f *Field) iteration(n int, name string) *object {
	return &object{Type: "ProjectV2IterationFieldIteration", Fields: fields{
		"id": f.option(n), "title": name, "titleHTML": name, "duration": 14, "startDate": epoch.AddDate(0, 0, 14*n).Format(time.DateOnly),
	}}
}

func (c *call) gItem(it *Item) *object {
	kind := "DRAFT_ISSUE"
	if it.Issue != nil {
		kind = map[bool]string{true: "PULL_REQUEST", false: "ISSUE"}[it.Issue.Pull != nil]
		if !c.sees(it.Issue.Repo) {
			kind = "REDACTED"
		}
	}
	return &object{Type: "ProjectV2Item", Is: []string{"Node"}, Fields: fields{
		"id": it.Node, "databaseId": it.ID, "fullDatabaseId": itoa(it.ID), "type": kind, "isArchived": it.Archived, "createdAt": stamp(it.Created),
		"updatedAt": stamp(it.Created), "creator": lazy(func() any { return c.gUser(it.Creator) }), "project": lazy(func() any { return c.gProject(it.Project) }),
		"content":     lazy(func() any { return c.gContent(it, kind) }),
		"fieldValues": connect("fieldValues", func(arg) []*Field { return it.filled() }, func(f *Field) *object { return c.gValue(it, f) }),
		"fieldValueByName": resolver(func(a arg) (any, error) {
			for _, f := range it.filled() {
				if f.Name == a.String("name") {
					return c.gValue(it, f), nil
				}
			}
			return nil, nil
		}),
	}}
}

func (c *call) gContent(it *Item, kind string) any {
	switch kind {
	case "REDACTED":
		return nil
	case "DRAFT_ISSUE":
		return &object{Type: "DraftIssue", Is: []string{"Node", "ProjectV2ItemContent"}, Fields: fields{
			"id": it.Draft, "title": it.Title, "body": it.Body, "bodyText": it.Body, "createdAt": stamp(it.Created), "updatedAt": stamp(it.Created),
			"creator": lazy(func() any { return c.gUser(it.Creator) }), "assignees": all("assignees", []*User{}, c.gUser),
		}}
	}
	return c.gIssue(it.Issue)
}

// filled are the fields that an item has a value for.
func (it *Item) filled() []*Field {
	return keep(it.Project.Fields, func(f *Field) bool { return f.Kind == "TITLE" || it.Values[f] != nil })
}

func (c *call) gValue(it *Item, f *Field) *object {
	o := &object{Is: []string{"Node", "ProjectV2ItemFieldValueCommon", "ProjectV2ItemFieldValue"}, Fields: fields{
		"id": "PVTFV_" + itoa(it.ID) + "_" + itoa(f.ID), "databaseId": f.ID, "createdAt": stamp(it.Created), "updatedAt": stamp(it.Created),
		"field": lazy(func() any { return c.gField(f) }), "item": lazy(func() any { return c.gItem(it) }), "creator": lazy(func() any { return c.gUser(it.Creator) }),
	}}
	switch v := it.Values[f].(type) {
	case float64:
		o.Type = "ProjectV2ItemFieldNumberValue"
		o.Fields["number"] = v
	case int:
		name := f.Options[v]
		o.Type = "ProjectV2ItemFieldSingleSelectValue"
		merge(o.Fields, fields{"name": name, "optionId": f.option(v), "color": "GRAY", "description": nil})
		if f.Kind == "ITERATION" {
			o.Type = "ProjectV2ItemFieldIterationValue"
			merge(o.Fields, fields{"title": name, "iterationId": f.option(v), "duration": 14, "startDate": epoch.AddDate(0, 0, 14*v).Format(time.DateOnly)})
		}
	case string:
		o.Type = "ProjectV2ItemFieldTextValue"
		o.Fields["text"] = v
		if f.Kind == "DATE" {
			o.Type = "ProjectV2ItemFieldDateValue"
			o.Fields["date"] = v
		}
	default: // the title
		title := it.Title
		if it.Issue != nil {
			title = it.Issue.Title
		}
		o.Type = "ProjectV2ItemFieldTextValue"
		o.Fields["text"] = title
	}
	return o
}

func (c *call) gUpdate(p *Project, u *StatusUpdate) *object {
	return &object{Type: "ProjectV2StatusUpdate", Is: []string{"Node"}, Fields: fields{
		"id": u.Node, "databaseId": u.ID, "fullDatabaseId": itoa(u.ID), "body": orNull(u.Body), "status": orNull(u.Status), "startDate": orNull(u.Start),
		"targetDate": orNull(u.Target), "createdAt": stamp(u.At), "updatedAt": stamp(u.At), "creator": lazy(func() any { return c.gUser(u.By) }),
		"project": lazy(func() any { return c.gProject(p) }),
	}}
}

// set gives an item the value of a field, as a mutation says it.
func (it *Item) set(f *Field, v arg) error {
	switch {
	case f.Kind == "SINGLE_SELECT" && v.Has("singleSelectOptionId"), f.Kind == "ITERATION" && v.Has("iterationId"):
		id := first(v.String("singleSelectOptionId"), v.String("iterationId"))
		n := slices.IndexFunc(f.Options, func(name string) bool { return f.option(slices.Index(f.Options, name)) == id })
		if n < 0 {
			return gql.Refused("The single select option Id does not belong to the field")
		}
		it.Values[f] = n
	case f.Kind == "NUMBER" && v.Has("number"):
		switch n := v["number"].(type) {
		case float64:
			it.Values[f] = n
		case int64:
			it.Values[f] = float64(n)
		}
	case f.Kind == "DATE" && v.Has("date"):
		it.Values[f] = v.String("date")
	case f.Kind == "TEXT" && v.Has("text"):
		it.Values[f] = v.String("text")
	default:
		return gql.Refused("The value does not fit the type of the field %s", f.Name)
	}
	return nil
}
