package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Section is a named group of settings.
type Section[T any] struct {
	Name     string
	Settings T
}

// Sections declares groups of settings that stand in the file: an object under
// name, each of whose members is a group. They have no flags; the variable of
// url in the group sales of databases is MCP_POSTGRES_DATABASES_SALES_URL, and
// MCP_POSTGRES_DATABASES may hold the whole object as JSON.
//
// declare is called for each group, when all that stands outside of groups has
// been read, so that what it holds can begin with that; and for the help text.
func Sections[T any](f *Flags, p *[]Section[T], name, doc string, declare func(*T, *Flags)) {
	s := &setting{name: name, doc: doc, groups: &groups{}}
	s.groups.begin = func(source, name string) (in *Flags, keep func()) {
		one := &Section[T]{Name: name}
		in = &Flags{program: f.program + "-" + s.name + "-" + name, source: source, place: f.place + s.name + "." + name + ".", files: f.files}
		declare(&one.Settings, in)
		return in, func() { *p = append(*p, *one) }
	}
	f.add(s)
}

// groups are what a setting has in place of a value.
type groups struct {
	begin func(source, name string) (in *Flags, keep func())
	read  []*Flags
}

// groupName is what can stand in the name of a variable, but for the hyphen.
var groupName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)

// readGroups reads the groups of a setting.
func (f *Flags) readGroups(s *setting, env func(string) (string, bool), raw json.RawMessage) error {
	if s.groups.begin == nil {
		return nil // somebody else's, see Like
	}
	source, from := f.source, f.from(s.name)
	if text, ok := env(f.variable(s.name)); ok && text != "" {
		source, from, raw = f.variable(s.name), f.variable(s.name), []byte(text)
		if jsonrpc.Valid(raw) != nil {
			return fmt.Errorf("%s is not a JSON object", from)
		}
	}
	switch jsonrpc.Kind(raw) {
	case 0:
		return nil
	case '{':
	default:
		return fmt.Errorf("%s is not an object that holds others by their names", from)
	}
	var errs []error
	var names []string
	for name, settings := range jsonrpc.Members(raw) {
		upper := f.variable(name)
		switch {
		case !groupName.MatchString(name):
			errs = append(errs, fmt.Errorf("%s: %q is no name: write up to 40 letters, digits, _ and -, a letter first", from, name))
			continue
		case slices.Contains(names, upper):
			errs = append(errs, fmt.Errorf("%s: the name %q stands twice", from, name))
			continue
		case jsonrpc.Kind(settings) != '{':
			errs = append(errs, fmt.Errorf("%s: %s is not an object with settings", from, name))
			continue
		}
		names = append(names, upper)
		in, keep := s.groups.begin(source, name)
		s.groups.read = append(s.groups.read, in)
		errs = append(errs, in.readAll(nil, env, settings))
		keep()
	}
	return errors.Join(errs...)
}

// unknown says that a key of the file is none, and which ones are like it.
func (f *Flags) unknown(key string) error {
	var names []string
	squash := func(name string) string { return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name)) }
	for _, s := range f.all {
		if squash(s.name) == squash(key) {
			return fmt.Errorf("%s: there is no setting %q; did you mean %s?", f.label(), key, s.name)
		}
		names = append(names, s.name)
	}
	if f.place == "" {
		return fmt.Errorf("%s: there is no setting %q; --help lists them", f.label(), key)
	}
	return fmt.Errorf("%s: there is no setting %q, only %s", f.label(), key, strings.Join(names, ", "))
}

// label is where settings stand that are not on the command line, for an error.
func (f *Flags) label() string {
	if f.place == "" {
		return f.source
	}
	return f.source + ": " + strings.TrimSuffix(f.place, ".")
}

// from is where one of them stands.
func (f *Flags) from(name string) string { return f.source + ": " + f.place + name }

// keys are the names of the settings of a group.
func (g *groups) keys() string {
	if g.begin == nil {
		return ""
	}
	in, _ := g.begin("", "NAME")
	names := make([]string, len(in.all))
	for i, s := range in.all {
		names[i] = s.name
	}
	return strings.Join(names, ", ")
}

// effective is what the groups came to, as text.
func (g *groups) effective() string {
	var all []string
	for _, in := range g.read {
		for _, s := range in.all {
			all = append(all, in.place+s.name+"="+s.effective())
		}
	}
	return strings.Join(all, "\n")
}
