package mcpcore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// What is not theirs is not there: neither listed nor read, completed or
// watched. Changes are told as far as that is so when they happen.
func TestResourceAccess(t *testing.T) {
	read := func(_ context.Context, uri string) ([]mcpcore.Contents, error) {
		return mcpcore.TextContents("of " + uri), nil
	}
	s := mcpcore.New(mcpcore.Info{Name: "shelves"})
	defer s.Close()
	s.AddResources(mcpcore.Resource{URI: "x://a/one", Name: "a", Read: read}, mcpcore.Resource{URI: "x://b/one", Name: "b", Read: read})
	for _, of := range []string{"a", "b"} {
		s.AddTemplates(mcpcore.Template{URITemplate: "x://" + of + "/{page}", Name: of, Read: read,
			Complete: func(context.Context, mcpcore.Completing) ([]string, error) { return []string{"two"}, nil }})
	}
	s.SetWatch(func(string) (func(), error) { return func() {}, nil })
	silenced := map[string]bool{"eve": true}
	s.SetResourceAccess(mcpcore.ResourceAccess{
		Know: func(p *auth.Principal, uri string) bool { return p == nil || strings.HasPrefix(uri, "x://a/") },
		Watch: func(p *auth.Principal, _ string) error {
			if p != nil && silenced[p.ID] {
				return errors.New("not for them to hear")
			}
			return nil
		},
	})
	for _, revision := range []string{"2025-06-18", mcptest.Latest()} {
		client := func(id string) *mcptest.Client {
			o := mcptest.Options{Revision: revision}
			if id != "" {
				o.As = &auth.Principal{ID: id, Trusted: true}
			}
			return mcptest.Connect(t, s, o)
		}
		all, ada := client(""), client("ada")
		for _, list := range []string{"resources/list", "resources/templates/list"} {
			if len(all.List(list)) != 2 || len(ada.List(list)) != 1 || strings.Contains(fmt.Sprintf("%s", ada.List(list)), "x://b") {
				t.Errorf("%s: %s and %s", list, all.List(list), ada.List(list))
			}
		}
		ada.Read("x://a/one")
		all.Read("x://b/two")
		for _, uri := range []string{"x://b/one", "x://b/two"} {
			if e := ada.Refused("resources/read", map[string]any{"uri": uri}); !strings.Contains(e.Message, "not found") {
				t.Errorf("%s: %v", uri, e)
			}
		}
		if got := ada.Complete("x://a/{page}", "page", "", nil).Values; len(got) != 1 {
			t.Errorf("completion: %v", got)
		}
		ada.Refused("completion/complete", map[string]any{"ref": map[string]any{"type": "ref/resource", "uri": "x://b/{page}"}, "argument": map[string]any{"name": "page", "value": ""}})
		if revision == mcptest.Latest() {
			continue
		}
		ada.Refused("resources/subscribe", map[string]any{"uri": "x://b/one"})
		client("eve").Refused("resources/subscribe", map[string]any{"uri": "x://a/one"})
		for _, c := range []*mcptest.Client{all, ada} {
			if _, err := c.Request("resources/subscribe", map[string]any{"uri": "x://a/one"}); err != nil {
				t.Error(err)
			}
		}
		s.ResourceUpdated("x://a/one")
		all.WaitNotifications("notifications/resources/updated", 1)
		ada.WaitNotifications("notifications/resources/updated", 1)
		silenced["ada"] = true
		s.ResourceUpdated("x://a/one")
		all.WaitNotifications("notifications/resources/updated", 2)
		if got := ada.Notifications("notifications/resources/updated"); len(got) != 1 {
			t.Errorf("told what is no longer theirs: %v", got)
		}
	}
}

// Where principals are told apart, their lists may be others with new settings,
// though nobody else's are.
func TestAdoptForPrincipals(t *testing.T) {
	made := func(id string) *mcpcore.Server {
		s := mcpcore.New(mcpcore.Info{Name: "told-apart"}, mcpcore.Read("look", "Look.", func(context.Context, struct{}) (string, error) { return "", nil },
			mcpcore.OnlyFor(func(p *auth.Principal) bool { return p == nil || p.ID == id })))
		s.NeedPrincipals("policies")
		return s
	}
	s := made("ada")
	defer s.Close()
	bob := mcptest.Connect(t, s, mcptest.Options{Revision: "2025-06-18", As: &auth.Principal{ID: "bob", Trusted: true}})
	if got := bob.List("tools/list"); len(got) != 0 {
		t.Errorf("before: %s", got)
	}
	if changed := s.Adopt(made("bob")); fmt.Sprint(changed) != "[tools/list resources/list]" {
		t.Errorf("changed: %v", changed)
	}
	bob.WaitNotifications("notifications/tools/list_changed", 1)
	if got := bob.List("tools/list"); len(got) != 1 {
		t.Errorf("after: %s", got)
	}
}
