package mcpcore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// Resources that are looked up are listed behind those that were added, in
// pages, by a call that can fail, be cancelled, and tell the next time.
func TestSetResourceList(t *testing.T) {
	for _, revision := range mcptest.Revisions() {
		t.Run(revision, func(t *testing.T) {
			var found []mcpcore.Resource
			var fault error
			begun := make(chan struct{}, 1)
			s := mcpcore.New(mcpcore.Info{Name: "test"})
			s.Options.PageSize = 2
			s.AddResources(mcpcore.Resource{URI: "test:///added", Name: "added", Read: func(context.Context, string) ([]mcpcore.Contents, error) {
				return mcpcore.TextContents("added"), nil
			}})
			s.AddTemplates(mcpcore.Template{URITemplate: "test:///found/{n}", Name: "found", Read: func(ctx context.Context, _ string) ([]mcpcore.Contents, error) {
				return mcpcore.TextContents(mcpcore.Variable(ctx, "n")), nil
			}})
			s.SetResourceList(func(ctx context.Context) ([]mcpcore.Resource, error) {
				if fault == context.Canceled {
					begun <- struct{}{}
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return found, fault
			})
			c := mcptest.Connect(t, s, mcptest.Options{Revision: revision})
			listed := func() string {
				var all []string
				for _, raw := range c.List("resources/list") {
					_, name, _ := strings.Cut(string(raw), `"name":"`)
					name, _, _ = strings.Cut(name, `"`)
					all = append(all, name)
				}
				return strings.Join(all, " ")
			}
			if got := listed(); got != "added" {
				t.Errorf("nothing found: got %s", got)
			}
			for n := range 4 {
				found = append(found, mcpcore.Resource{URI: fmt.Sprintf("test:///found/%d", n), Name: fmt.Sprint(n)})
			}
			if got := listed(); got != "added 0 1 2 3" {
				t.Errorf("found: got %s", got)
			}
			if got := c.Read("test:///found/3"); len(got) != 1 || got[0].Text != "3" {
				t.Errorf("read: got %v", got)
			}
			if e := c.Refused("resources/list", map[string]any{"cursor": "none"}); e.Code != -32602 {
				t.Errorf("a cursor of no list: %v", e)
			}
			fault = mcpcore.Hint(errors.New("it cannot be reached"), "start it")
			if e := c.Refused("resources/list", nil); e.Code != -32603 || e.Message != "it cannot be reached\nhint: start it" {
				t.Errorf("a fault: %v", e)
			}
			fault = context.Canceled
			p := c.Start("resources/list", nil)
			<-begun
			c.Cancel(p)
			fault = nil
			if got := listed(); got != "added 0 1 2 3" || p.Answered() {
				t.Errorf("after a cancelled call: got %s, answered is %v", got, p.Answered())
			}
		})
	}
}

func TestResourceListChanged(t *testing.T) {
	s := rich()
	c := mcptest.Connect(t, s, mcptest.Options{Revision: "2025-06-18"})
	s.ResourceListChanged()
	c.WaitNotifications("notifications/resources/list_changed", 1)
}
