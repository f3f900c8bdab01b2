package mcpcore

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// Choices bounds an argument, a text, to what of finds for whoever calls, nil
// where nobody has to say who they are: such as the databases that they may
// use. The first choice is the default. An argument with one choice is not
// shown, so that no model pays for it; a tool with none is neither shown nor
// run. of is asked for each list and call.
func Choices(argument string, of func(*auth.Principal) []string) ToolOption {
	return func(t *Tool) {
		if _, err := t.input.Choose(argument, []string{"any"}); err != nil {
			panic(fmt.Sprintf("mcpcore: tool %s: choices: %v", t.info.Name, err))
		}
		t.choices = &choices{argument: argument, of: of, made: map[string]*chosen{}}
	}
}

// OnlyFor has the tool be there only for those for whom the function, which is
// given nil where nobody has to say who they are, reports true. It is asked for
// each list and call.
func OnlyFor(whom func(*auth.Principal) bool) ToolOption { return func(t *Tool) { t.only = whom } }

// choices is an argument of a tool whose values depend on who calls.
type choices struct {
	argument string
	of       func(*auth.Principal) []string

	mu   sync.Mutex
	made map[string]*chosen // by the values
}

// chosen are the arguments of a tool for those who have the same choices.
type chosen struct {
	input *schema.Type
	shown json.RawMessage
}

// none reports whether a principal has no choice.
func (c *choices) none(p *auth.Principal) bool { return c != nil && len(c.of(p)) == 0 }

// inputOf is what the tool takes from a principal, who has a choice.
func (t *Tool) inputOf(p *auth.Principal) (input *schema.Type, shown json.RawMessage) {
	if t.choices == nil {
		return t.input, t.info.InputSchema
	}
	values := t.choices.of(p)
	key := strings.Join(values, "\x00")
	t.choices.mu.Lock()
	defer t.choices.mu.Unlock()
	if known := t.choices.made[key]; known != nil {
		return known.input, known.shown
	}
	input, err := t.input.Choose(t.choices.argument, values)
	if err != nil { // it was possible when the tool was declared
		panic(fmt.Sprintf("mcpcore: tool %s: choices: %v", t.info.Name, err))
	}
	shown = input.Without(t.unlisted...).JSON()
	t.choices.made[key] = &chosen{input, shown}
	return input, shown
}
