package slack

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// families are the names of kinds of conversations in scopes.
var families = []struct{ kind, name string }{{"public", "channels"}, {"private", "groups"}, {"im", "im"}, {"mpim", "mpim"}}

// userOnly are scopes that only a user's token can have, and botNames what
// some are called for a bot.
var (
	userOnly = []string{"search:read"}
	botNames = map[string]string{"channels:write": "channels:manage"}
)

// needed are the scopes of a tool for the kinds of conversations that the rules
// open. Every token needs to look conversations and names up.
func needed(e *entry, opens func(kind string) bool) []string {
	out := []string{"users:read"}
	for _, f := range families {
		if f.kind == "public" || opens(f.kind) {
			out = append(out, f.name+":read")
			for _, scope := range strings.Fields(e.scopes) {
				if what, of := strings.CutPrefix(scope, "/"); of {
					out = append(out, f.name+":"+what)
				}
			}
		}
	}
	for _, scope := range strings.Fields(e.scopes) {
		if !strings.HasPrefix(scope, "/") {
			out = append(out, scope)
		}
	}
	return out
}

// check is what doctor says of a workspace: whom its tokens belong to, and
// which scopes the tools lack.
func (s *server) check(ctx context.Context, w *guard.Workspace) (string, error) {
	tokens, err := w.Tokens(ctx)
	if err != nil {
		return "", fmt.Errorf("workspace %s: %w", w.Alias, err)
	}
	var parts []string
	for _, t := range tokens {
		text := fmt.Sprintf("%s answers as %s (%s)", line(t.Team, 80), line(t.User, 80), t.Kind)
		if t.Scopes != nil {
			text += "\n      scopes: " + strings.Join(t.Scopes, ", ")
		}
		if t.Kind == "browser" {
			text += "\n      warning: the token of a browser is not made for programs; Slack may end its session"
		}
		for _, e := range s.offered() {
			if missing := s.missing(&e, w, t); len(missing) > 0 && s.serves(&e, t) {
				text += fmt.Sprintf("\n      %s lacks %s", e.Name(), strings.Join(missing, ", "))
			}
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n      "), nil
}

// offered are the tools that policy leaves.
func (s *server) offered() []entry {
	return slices.DeleteFunc(s.table(), func(e entry) bool {
		return !slices.ContainsFunc(s.list(), func(t *mcpcore.Tool) bool { return t.Name() == e.Name() })
	})
}

// serves reports whether the token is the one that a tool uses.
func (s *server) serves(e *entry, t guard.Token) bool {
	if e.Effect() != mcpcore.Reads {
		return t.Writes
	}
	return t.Reads
}

func (s *server) missing(e *entry, w *guard.Workspace, t guard.Token) []string {
	if t.Scopes == nil || t.Kind == "browser" {
		return nil
	}
	var out []string
	for _, scope := range needed(e, w.Opens) {
		if name := botNames[scope]; name != "" && t.Kind == "bot" {
			scope = name
		}
		if !slices.Contains(t.Scopes, scope) && !(t.Kind == "bot" && slices.Contains(userOnly, scope)) {
			out = append(out, scope)
		}
	}
	return out
}

// manifest is that of an app with all scopes that the tools need, to be pasted
// where Slack makes apps.
func (s *server) manifest(context.Context) (string, error) {
	opens := func(kind string) bool { return kind == "public" }
	if all := s.guard.Workspaces(); len(all) > 0 {
		opens = all[0].Opens
	}
	var bot, user []string
	for _, e := range s.offered() {
		for _, scope := range needed(&e, opens) {
			if e.Effect() == mcpcore.Reads {
				user = append(user, scope)
			}
			if slices.Contains(userOnly, scope) {
				continue
			}
			if name := botNames[scope]; name != "" {
				scope = name
			}
			bot = append(bot, scope)
		}
	}
	var events []string
	for _, f := range families {
		if f.kind == "public" || opens(f.kind) {
			events = append(events, "message."+f.name)
		}
	}
	type object = map[string]any
	text := asJSON(object{
		"display_information": object{"name": "mcp-slack", "description": "Lets a model read, and where allowed write"},
		"features":            object{"bot_user": object{"display_name": "mcp-slack", "always_online": false}},
		"oauth_config":        object{"scopes": object{"bot": sorted(bot), "user": sorted(user)}},
		"settings": object{
			"org_deploy_enabled": false, "socket_mode_enabled": true, "token_rotation_enabled": false,
			"event_subscriptions": object{"bot_events": events},
		},
	})
	return "of an app, for https://api.slack.com/apps?new_app=1\n" + text, nil
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
