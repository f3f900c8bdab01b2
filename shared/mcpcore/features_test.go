package mcpcore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type placeIn struct {
	City  string `json:"city" jsonschema:"a city" title:"City"`
	Units string `json:"units,omitzero" enum:"metric,imperial" default:"metric"`
}

// rich is a server with some of everything.
func rich() *mcpcore.Server {
	icon := mcpcore.Icon{Src: "https://example.com/i.png", MIMEType: "image/png", Sizes: []string{"48x48"}, Theme: "dark"}
	notes := &mcpcore.Annotations{Audience: []string{"user"}, Priority: 0.5, LastModified: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	s := mcpcore.New(mcpcore.Info{
		Name: "mcp-rich", Title: "Rich", Version: "1", Description: "All there is.", WebsiteURL: "https://example.com",
		Icons: []mcpcore.Icon{icon}, Instructions: "Use it.",
	},
		mcpcore.Read("blocks", "Give every block.", func(context.Context, nothing) ([]mcpcore.Content, error) {
			return []mcpcore.Content{
				mcpcore.Text{Text: "text", Annotations: notes},
				mcpcore.Image{Data: []byte{1, 2, 3}, MIMEType: "image/png", Annotations: notes},
				mcpcore.Audio{Data: []byte{4}, MIMEType: "audio/wav", Annotations: notes},
				mcpcore.Link{URI: "test:///l", Name: "link", Title: "Link", Description: "A link.", MIMEType: "text/plain", Size: 9, Icons: []mcpcore.Icon{icon}, Annotations: notes},
				mcpcore.Embedded{Resource: mcpcore.Contents{URI: "test:///e", MIMEType: "text/plain", Text: "e"}, Annotations: notes},
				mcpcore.Embedded{Resource: mcpcore.Contents{URI: "test:///b", Blob: []byte{5}}},
			}, nil
		}, mcpcore.Title("Blocks"), mcpcore.Icons(icon), mcpcore.OpenWorld()),
		mcpcore.Read("place", "Describe a place.", func(_ context.Context, in placeIn) (placeIn, error) { return in, nil }),
		mcpcore.Read("log", "Log at every level.", func(ctx context.Context, _ nothing) (string, error) {
			for _, level := range []mcpcore.Level{mcpcore.LevelDebug, mcpcore.LevelInfo, mcpcore.LevelWarning, mcpcore.LevelEmergency} {
				mcpcore.Log(ctx, level, "test", map[string]any{"level": level})
			}
			return "logged", nil
		}),
	)
	read := func(_ context.Context, uri string) ([]mcpcore.Contents, error) {
		return mcpcore.TextContents("at " + uri), nil
	}
	s.AddResources(mcpcore.Resource{URI: "test:///a", Name: "a", Title: "A", Description: "An a.", MIMEType: "text/plain", Size: 5,
		Icons: []mcpcore.Icon{icon}, Annotations: notes, Read: read})
	s.AddTemplates(mcpcore.Template{URITemplate: "test:///files/{dir}/{+rest}", Name: "files", Title: "Files", Icons: []mcpcore.Icon{icon}, Annotations: notes,
		Read: func(ctx context.Context, _ string) ([]mcpcore.Contents, error) {
			return mcpcore.TextContents(mcpcore.Variable(ctx, "dir") + "|" + mcpcore.Variable(ctx, "rest")), nil
		},
		Complete: func(_ context.Context, ask mcpcore.Completing) ([]string, error) {
			var all []string
			for i := range 250 {
				all = append(all, fmt.Sprintf("%s%s-%d", ask.Known["dir"], ask.Value, i))
			}
			return all, nil
		}})
	s.AddPrompts(mcpcore.NewPrompt("visit", "Visit a place.", func(_ context.Context, in placeIn) ([]mcpcore.Message, error) {
		return []mcpcore.Message{mcpcore.User("visit " + in.City + " in " + in.Units), mcpcore.Assistant("yes"),
			{Role: "user", Content: mcpcore.Link{URI: "test:///l", Name: "link"}}}, nil
	}).WithTitle("Visit").WithIcons(icon).WithCompletion(func(_ context.Context, ask mcpcore.Completing) ([]string, error) {
		return []string{ask.Value + "lin"}, nil
	}))
	return s
}

func kinds(blocks []mcptest.Block) (all []string) {
	for _, b := range blocks {
		all = append(all, b.Type)
	}
	return all
}

func TestFeatures(t *testing.T) {
	eachRevision(t, func(t *testing.T, revision string) {
		c := mcptest.Connect(t, rich(), mcptest.Options{Revision: revision})
		want := []string{"text", "image", "audio", "resource_link", "resource", "resource"}
		if revision < "2025-03-26" {
			want[2] = "text"
		}
		if revision < "2025-06-18" {
			want[3] = "text"
		}
		if diff := cmp.Diff(want, kinds(c.Call("blocks", nil).Content)); diff != "" {
			t.Error(diff)
		}
		if revision < "2025-06-18" {
			if got := c.Call("blocks", nil).Content[3].Text; got != "link: test:///l" {
				t.Errorf("got %q for a link", got)
			}
		}
		r := c.Call("place", map[string]any{"city": "Bern"})
		if got := r.StructuredContent != nil; got != (revision >= "2025-06-18") || r.Text() != `{"city":"Bern","units":"metric"}` {
			t.Errorf("got %+v", r)
		}
		if got := c.Read("test:///a"); got[0].Text != "at test:///a" || got[0].MIMEType != "text/plain" {
			t.Errorf("got %+v", got)
		}
		if got := c.Read("test:///files/a%20b/c/d%2Fe"); got[0].Text != "a b|c/d/e" {
			t.Errorf("got %+v", got)
		}
		code := -32002
		if revision >= "2026-07-28" {
			code = -32602
		}
		if e := c.Refused("resources/read", map[string]any{"uri": "test:///none"}); e.Code != code {
			t.Errorf("got %v, want %d", e, code)
		}
		if got := c.GetPrompt("visit", map[string]string{"city": "Bern"}); len(got) != 3 || got[0].Content.Text != "visit Bern in metric" {
			t.Errorf("got %+v", got)
		}
		if e := c.Refused("prompts/get", map[string]any{"name": "visit"}); e.Code != -32602 || !strings.Contains(e.Message, "city is missing") {
			t.Errorf("got %v", e)
		}
		if e := c.Refused("prompts/get", map[string]any{"name": "none"}); e.Code != -32602 {
			t.Errorf("got %v", e)
		}
	})
}

func TestCompletion(t *testing.T) {
	eachRevision(t, func(t *testing.T, revision string) {
		c := mcptest.Connect(t, rich(), mcptest.Options{Revision: revision})
		if diff := cmp.Diff([]string{"imperial"}, c.Complete("visit", "units", "IM", nil).Values); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"Berlin"}, c.Complete("visit", "city", "Ber", nil).Values); diff != "" {
			t.Error(diff)
		}
		got := c.Complete("test:///files/{dir}/{+rest}", "rest", "x", map[string]string{"dir": "d"})
		if len(got.Values) != 100 || got.Total != 250 || !got.HasMore || got.Values[7] != "dx-7" {
			t.Errorf("got %d of %d, more %v", len(got.Values), got.Total, got.HasMore)
		}
		if got := c.Complete("test:///a", "x", "", nil); len(got.Values) != 0 {
			t.Errorf("got %+v", got)
		}
		for _, params := range []map[string]any{
			{}, {"ref": map[string]any{"type": "ref/none", "name": "x"}, "argument": map[string]any{"name": "x", "value": ""}},
			{"ref": map[string]any{"type": "ref/prompt", "name": "none"}, "argument": map[string]any{"name": "x", "value": ""}},
		} {
			if e := c.Refused("completion/complete", params); e.Code != -32602 {
				t.Errorf("%v: got %v", params, e)
			}
		}
	})
}

func TestLogging(t *testing.T) {
	eachRevision(t, func(t *testing.T, revision string) {
		for level, want := range map[string]int{"": 3, "debug": 4, "warning": 2, "emergency": 1} {
			if level == "" && revision >= "2026-07-28" {
				want = 0 // a request that names no level wants none
			}
			c := mcptest.Connect(t, rich(), mcptest.Options{Revision: revision, LogLevel: level})
			c.Call("log", nil)
			if got := len(c.Notifications("notifications/message")); got != want {
				t.Errorf("level %q: got %d messages, want %d", level, got, want)
			}
		}
		c := mcptest.Connect(t, rich(), mcptest.Options{Revision: revision})
		if revision < "2026-07-28" {
			if e := c.Refused("logging/setLevel", map[string]any{"level": "loud"}); e.Code != -32602 {
				t.Errorf("got %v", e)
			}
		}
	})
}

func TestPages(t *testing.T) {
	s, other := newServer(), newServer()
	for _, server := range []*mcpcore.Server{s, other} {
		server.Options.PageSize = 7
		for i := range 24 {
			server.AddTools(gives(fmt.Sprintf("tool_%02d", i), "x"))
			server.AddResources(mcpcore.Resource{URI: fmt.Sprintf("test:///%02d", i), Name: "r"})
		}
	}
	eachRevision(t, func(t *testing.T, revision string) {
		c := mcptest.Connect(t, s, mcptest.Options{Revision: revision})
		var names []string
		for _, tool := range c.Tools() {
			names = append(names, tool.Name)
		}
		if len(names) != 25 || len(slices.Compact(slices.Sorted(slices.Values(names)))) != 25 {
			t.Errorf("got %v, want 25 tools", names)
		}
		cursorOf := func(c *mcptest.Client, method string) string {
			raw, err := c.Request(method, nil)
			var page struct{ NextCursor string }
			if err != nil || json.Unmarshal(raw, &page) != nil || page.NextCursor == "" {
				t.Fatalf("%s: no cursor in %s (%v)", method, raw, err)
			}
			return page.NextCursor
		}
		cursor := cursorOf(c, "tools/list")
		tampered := []byte(cursor)
		tampered[len(tampered)/2] ^= 1
		for name, bad := range map[string]any{
			"tampered": string(tampered), "of another list": cursorOf(c, "resources/list"), "made up": "7", "a number": 7,
			"of another server": cursorOf(mcptest.Connect(t, other, mcptest.Options{Revision: revision}), "tools/list"),
		} {
			if e := c.Refused("tools/list", map[string]any{"cursor": bad}); e.Code != -32602 {
				t.Errorf("%s: got %v", name, e)
			}
		}
	})
}

// watched is a server whose resources can be subscribed to.
func watched() (s *mcpcore.Server, active map[string]int) {
	s, active = rich(), map[string]int{}
	s.SetWatch(func(uri string) (func(), error) {
		if uri == "test:///refused" {
			return nil, errors.New("not this one")
		}
		active[uri]++
		return func() { active[uri]-- }, nil
	})
	return s, active
}

func TestSubscribe(t *testing.T) {
	for _, revision := range mcptest.Revisions()[:4] {
		t.Run(revision, func(t *testing.T) {
			s, active := watched()
			c := mcptest.Connect(t, s, mcptest.Options{Revision: revision})
			do := func(method, uri string) {
				t.Helper()
				if _, err := c.Request(method, map[string]any{"uri": uri}); err != nil {
					t.Error(err)
				}
			}
			do("resources/subscribe", "test:///a")
			do("resources/subscribe", "test:///a")
			s.ResourceUpdated("test:///a")
			s.ResourceUpdated("test:///b")
			c.WaitNotifications("notifications/resources/updated", 1)
			do("resources/unsubscribe", "test:///a")
			do("resources/unsubscribe", "test:///none")
			s.ResourceUpdated("test:///a")
			if got := len(c.Notifications("notifications/resources/updated")); got != 1 || active["test:///a"] != 0 {
				t.Errorf("got %d notifications, %d watches, want 1 and 0", got, active["test:///a"])
			}
			if e := c.Refused("resources/subscribe", map[string]any{"uri": "test:///refused"}); e.Code == 0 {
				t.Errorf("got %v", e)
			}
			do("resources/subscribe", "test:///c")
			s.AddTools(gives("new_tool", "x"))
			s.RemovePrompts("visit")
			s.RemoveResources("test:///a")
			for _, list := range []string{"tools", "prompts", "resources"} {
				c.WaitNotifications("notifications/"+list+"/list_changed", 1)
			}
			c.Close()
			if active["test:///c"] != 0 {
				t.Error("the watch goes on after the client has left")
			}
		})
	}
}

func TestListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, active := watched()
		c := mcptest.Connect(t, s, mcptest.Options{})
		listen := func(filter map[string]any) *mcptest.Pending {
			p := c.Start("subscriptions/listen", map[string]any{"notifications": filter})
			synctest.Wait()
			return p
		}
		tools := listen(map[string]any{"toolsListChanged": true, "promptsListChanged": false, "unknown": true})
		files := listen(map[string]any{"resourceSubscriptions": []string{"test:///a", "test:///refused"}})
		acks := c.Notifications("notifications/subscriptions/acknowledged")
		if len(acks) != 2 || len(c.Notifications("")) != 2 {
			t.Fatalf("got %v, want two acknowledgements and nothing else", c.Notifications(""))
		}
		for i, want := range []string{`"notifications":{"toolsListChanged":true}`, `"notifications":{"resourceSubscriptions":["test:///a"]}`} {
			if !strings.Contains(string(acks[i].Params), want) {
				t.Errorf("got %s, want %s in it", acks[i].Params, want)
			}
		}
		s.AddTools(gives("new_tool", "x"))
		s.RemovePrompts("visit")
		s.ResourceUpdated("test:///a")
		s.ResourceUpdated("test:///b")
		all := c.Notifications("")[2:]
		if len(all) != 2 || !strings.Contains(string(all[0].Params), `"io.modelcontextprotocol/subscriptionId":`+tools.ID) ||
			!strings.Contains(string(all[1].Params), `"uri":"test:///a"`) {
			t.Errorf("got %v", all)
		}
		c.Cancel(files)
		synctest.Wait()
		s.ResourceUpdated("test:///a")
		if got := len(c.Notifications("")); got != 4 || active["test:///a"] != 0 || files.Answered() {
			t.Errorf("after the cancel: %d notifications, %d watches, answered is %v", got, active["test:///a"], files.Answered())
		}
		c.Drain()
		if raw, err := tools.Wait(); err != nil || !strings.Contains(string(raw), tools.ID) {
			t.Errorf("at the end: got %s, %v", raw, err)
		}
		s.AddTools(gives("newer_tool", "x"))
		if got := len(c.Notifications("")); got != 4 {
			t.Errorf("%d notifications after the end", got-4)
		}
	})
}
