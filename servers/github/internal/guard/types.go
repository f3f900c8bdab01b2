package guard

import "strings"

// Actor is somebody who wrote or did something.
type Actor struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

// Label is a label of an issue.
type Label struct {
	Name        string `json:"name"`
	Color       string `json:"color"`
	Description string `json:"description"`
}

// Names are those of labels, on one line.
func Names(labels []Label) string {
	var out []string
	for _, l := range labels {
		out = append(out, l.Name)
	}
	return strings.Join(out, ", ")
}

// Logins are those of actors, on one line.
func Logins(actors []Actor) string {
	var out []string
	for _, a := range actors {
		out = append(out, a.Login)
	}
	return strings.Join(out, ", ")
}

// nodes is a list of GraphQL.
type nodes[T any] struct {
	Total int `json:"totalCount"`
	Nodes []T `json:"nodes"`
	Info  struct {
		More bool   `json:"hasNextPage"`
		End  string `json:"endCursor"`
	} `json:"pageInfo"`
}

func (n *nodes[T]) page() Page {
	p := Page{Total: n.Total}
	if n.Info.More {
		p.Next = n.Info.End
	}
	return p
}

// graphWindow are the variables by which GraphQL pages.
func (w Window) graph() map[string]any {
	out := map[string]any{"first": 30, "after": nil}
	if w.Limit > 0 {
		out["first"] = min(w.Limit, 100)
	}
	if w.Cursor != "" {
		out["after"] = w.Cursor
	}
	return out
}
