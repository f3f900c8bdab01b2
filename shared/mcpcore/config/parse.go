package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Parse reads the settings from all their sources and reports all that is
// wrong at once. env looks up a variable; nil stands for the process's own.
func (f *Flags) Parse(line []string, env func(string) (string, bool)) error {
	if env == nil {
		env = os.LookupEnv
	}
	given, rest, errs := f.split(line)
	for _, s := range f.all { // the file is named by the others
		if s.name == "config" {
			errs = append(errs, f.one(s, given[s.name], env, nil))
		}
	}
	f.source = f.file
	raw, err := f.readFile()
	errs = append(errs, err, f.readAll(given, env, raw))
	switch {
	case f.args != nil:
		*f.args = append(*f.args, rest...)
	case len(rest) > 0:
		errs = append(errs, fmt.Errorf("%q is not understood: there are only flags", rest[0]))
	}
	return errors.Join(errs...)
}

// split parts a command line into flags and the rest. Flags may stand before
// and behind other arguments; -- ends them.
func (f *Flags) split(line []string) (given map[string][]string, rest []string, errs []error) {
	given = map[string][]string{}
	for i := 0; i < len(line); i++ {
		arg := line[i]
		if arg == "--" {
			return given, append(rest, line[i+1:]...), errs
		}
		if len(arg) < 2 || arg[0] != '-' {
			rest = append(rest, arg)
			continue
		}
		name, value, has := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		s := f.find(name)
		switch {
		case s == nil:
			errs = append(errs, fmt.Errorf("there is no flag --%s; --help lists them", name))
		case s.groups != nil:
			errs = append(errs, fmt.Errorf("--%s: this stands in the file that --config names, or in %s as JSON", name, s.env[0]))
		case s.secret:
			errs = append(errs, fmt.Errorf("--%s: a secret does not belong on a command line; set %s", name, s.env[len(s.env)-1]))
		case has:
			given[name] = append(given[name], value)
		case s.value == "":
			given[name] = append(given[name], "true")
		case i+1 == len(line):
			errs = append(errs, fmt.Errorf("--%s needs a value", name))
		default:
			i++
			given[name] = append(given[name], line[i])
		}
	}
	return given, rest, errs
}

func (f *Flags) find(name string) *setting {
	for _, s := range f.all {
		if s.name == name {
			return s
		}
	}
	return nil
}

// readAll sets the settings from all sources, those of groups last: raw is the
// object of the file that has them, or nil.
func (f *Flags) readAll(given map[string][]string, env func(string) (string, bool), raw json.RawMessage) error {
	keys, err := f.keys(raw)
	errs := []error{err}
	for _, s := range f.all {
		if s.name != "config" && s.groups == nil {
			errs = append(errs, f.one(s, given[s.name], env, keys[s.name]))
		}
	}
	for _, s := range f.all {
		if s.groups != nil {
			errs = append(errs, f.readGroups(s, env, keys[s.name]))
		}
	}
	return errors.Join(errs...)
}

// keys are the members of an object of the file, in which _ may stand for -.
func (f *Flags) keys(raw json.RawMessage) (map[string]json.RawMessage, error) {
	keys := map[string]json.RawMessage{}
	var errs []error
	for written, value := range jsonrpc.Members(raw) {
		key := strings.ReplaceAll(written, "_", "-")
		s := f.find(key)
		switch _, twice := keys[key]; {
		case s == nil || key == "config":
			errs = append(errs, f.unknown(written))
		case twice:
			errs = append(errs, fmt.Errorf("%s: %q stands twice", f.label(), key))
		case s.groups == nil && jsonrpc.Kind(value) == '[' && !s.many:
			errs = append(errs, fmt.Errorf("%s: %q takes one value, not a list", f.label(), key))
		case s.groups == nil && jsonrpc.Kind(value) == '{':
			errs = append(errs, fmt.Errorf("%s: %q takes a value, not an object", f.label(), key))
		default:
			keys[key] = value
		}
	}
	return keys, errors.Join(errs...)
}

// one sets a setting from the strongest source that has it.
func (f *Flags) one(s *setting, given []string, env func(string) (string, bool), key json.RawMessage) error {
	from, values := "--"+s.name, given
	for _, v := range values {
		if s.line == nil {
			break
		}
		if err := s.line(v); err != nil {
			return fmt.Errorf("--%s: %w", s.name, err)
		}
	}
	if len(values) == 0 {
		var err error
		if from, values, err = f.variables(s, env); err != nil {
			return err
		}
	}
	set := s.set
	switch {
	case len(values) > 0:
	case jsonrpc.Kind(key) == '[':
		set = s.elem
		for _, elem := range jsonrpc.Elements(key) {
			values = append(values, plain(elem))
		}
	case key != nil:
		from, values = f.from(s.name), []string{plain(key)}
	default:
		return nil
	}
	if s.reset != nil {
		s.reset()
	}
	s.got = values
	for _, v := range values {
		if err := set(v); err != nil {
			return fmt.Errorf("%s: %w", from, err)
		}
	}
	return nil
}

// variables finds a setting in the environment, or in the file that a variable
// names.
func (f *Flags) variables(s *setting, env func(string) (string, bool)) (from string, values []string, err error) {
	for _, name := range s.env {
		if v, ok := env(name); ok && v != "" {
			return name, []string{v}, nil
		}
		if !s.file {
			continue
		}
		if path, ok := env(name + "_FILE"); ok && path != "" {
			f.files[path] = struct{}{}
			text, err := os.ReadFile(path)
			if err != nil {
				return "", nil, fmt.Errorf("%s_FILE: %w", name, err)
			}
			return name + "_FILE", []string{strings.TrimSpace(string(text))}, nil
		}
	}
	return "", nil, nil
}

// readFile reads the configuration file: a JSON object whose keys are the
// names of settings.
func (f *Flags) readFile() (json.RawMessage, error) {
	if f.file == "" {
		return nil, nil
	}
	f.files[f.file] = struct{}{}
	text, err := os.ReadFile(f.file)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	if err := jsonrpc.Valid(text); err != nil || jsonrpc.Kind(text) != '{' {
		return nil, fmt.Errorf("%s is not a JSON object", f.file)
	}
	return text, nil
}

func plain(raw json.RawMessage) string {
	if jsonrpc.Kind(raw) == '"' {
		return jsonrpc.Unquote(raw)
	}
	return string(raw)
}
