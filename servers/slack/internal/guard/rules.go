package guard

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Rules say which conversations may be read, or written to. One is named by id,
// name, kind or membership: id:C0123, name:eng-*, kind:external, member:true.
// With + between them, several must hold: kind:private+name:eng-*.
//
// What is denied is denied. What is allowed must be covered by a rule of Allow:
// a private channel, a direct message and, for writing, a channel shared with
// others only by a rule that says so, by id or kind.
type Rules struct {
	Allow, Deny []rule

	allow, deny string // names of the settings
	writing     bool
}

// rule is a list of conditions, all of which must hold.
type rule struct {
	text       string
	conditions []condition
}

type condition struct{ key, value string }

var kinds = []string{"public", "private", "im", "mpim", "external", "archived", "general"}

// parseRules reads the values of two settings.
func parseRules(allow, deny []string, nameAllow, nameDeny string) (Rules, error) {
	out := Rules{allow: nameAllow, deny: nameDeny}
	var errs []error
	for _, list := range []struct {
		texts   []string
		setting string
		into    *[]rule
	}{{allow, nameAllow, &out.Allow}, {deny, nameDeny, &out.Deny}} {
		for _, text := range list.texts {
			r, err := parseRule(text)
			if err != nil {
				errs = append(errs, mcpcore.Hint(fmt.Errorf("%s: %w", list.setting, err), "write id:C0123, name:eng-*, kind:private or member:true, with + between what must hold together"))
				continue
			}
			*list.into = append(*list.into, r)
		}
	}
	return out, errors.Join(errs...)
}

func parseRule(text string) (rule, error) {
	out := rule{text: text}
	for part := range strings.SplitSeq(text, "+") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), ":")
		c := condition{key, value}
		switch {
		case !ok || value == "":
			return rule{}, fmt.Errorf("%q is no rule", text)
		case key == "name":
			c.value = strings.ToLower(strings.TrimPrefix(value, "#"))
			if _, err := path.Match(c.value, ""); err != nil {
				return rule{}, fmt.Errorf("%q is no pattern", value)
			}
		case key == "kind":
			if !slices.Contains(kinds, value) {
				return rule{}, fmt.Errorf("there is no kind %q; there are %s", value, strings.Join(kinds, ", "))
			}
		case key == "member":
			if value != "true" && value != "false" {
				return rule{}, fmt.Errorf("member is true or false, not %q", value)
			}
		case key == "id":
		default:
			return rule{}, fmt.Errorf("%q is no rule", text)
		}
		out.conditions = append(out.conditions, c)
	}
	return out, nil
}

// holds reports whether a rule covers a conversation.
func (r *rule) holds(c *wire.Channel) bool {
	for _, cond := range r.conditions {
		switch cond.key {
		case "id":
			if cond.value != c.ID {
				return false
			}
		case "name":
			// A direct message has no name of its own.
			if ok, _ := path.Match(cond.value, strings.ToLower(c.Name)); !ok || c.IM || c.Name == "" {
				return false
			}
		case "kind":
			if !slices.Contains(c.Kinds(), cond.value) {
				return false
			}
		case "member":
			if (cond.value == "true") != c.Member {
				return false
			}
		}
	}
	return true
}

// says reports whether a rule names the conversation or one of these kinds,
// and so opens what has to be opened expressly.
func (r *rule) says(kinds ...string) bool {
	for _, cond := range r.conditions {
		if cond.key == "id" || cond.key == "kind" && slices.Contains(kinds, cond.value) {
			return true
		}
	}
	return false
}

// check refuses a conversation that the rules do not allow. The reason names
// kinds and settings, and never the conversation's name.
func (r *Rules) check(c *wire.Channel) error {
	for i := range r.Deny {
		if r.Deny[i].holds(c) {
			return mcpcore.Refused(r.deny, fmt.Errorf("%s is denied by the rule %s (%s)", c.ID, r.Deny[i].text, r.deny))
		}
	}
	kind, verb := c.Kind(), "read"
	if r.writing {
		verb = "written to"
	}
	why := fmt.Sprintf("no rule of %s covers it (%s)", r.allow, strings.Join(c.Kinds(), ", "))
	for i := range r.Allow {
		rule := &r.Allow[i]
		switch {
		case !rule.holds(c):
		case kind != "public" && !rule.says(kind):
			why = fmt.Sprintf("the rule %s does not open %s conversations: that takes kind:%s or the id (%s)", rule.text, kind, kind, r.allow)
		case r.writing && c.External && !rule.says("external"):
			why = fmt.Sprintf("it is shared with another organisation, which takes kind:external or the id (%s)", r.allow)
		default:
			return nil
		}
	}
	return mcpcore.Refused(r.allow, fmt.Errorf("%s may not be %s: %s", c.ID, verb, why))
}
