// Package config turns one declaration of a setting into a flag, an
// environment variable, a key of the configuration file, a line of the help
// text and a row of the README table.
//
// The order of precedence is flag, environment, file, default. A secret has no
// flag, as other users of a machine can see a command line: it comes from the
// environment, or from a file that a variable ending in _FILE names.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Flags is the set of settings of one program.
type Flags struct {
	program string
	all     []*setting
	args    *[]string
	argsDoc string
	file    string
}

// setting is one declared setting.
type setting struct {
	name   string // of the flag and the key; "" for a secret's flag
	env    []string
	doc    string
	def    string
	value  string // what the help calls a value; "" for a switch
	many   bool
	secret bool
	set    func(string) error
	reset  func() // of a list, before the first value of a stronger source
}

// New makes an empty set for a program such as "mcp-filesystem", whose
// variables then begin with MCP_FILESYSTEM_.
func New(program string) *Flags {
	f := &Flags{program: program}
	f.String(&f.file, "config", "JSON file with settings, by the names of the flags")
	return f
}

func (f *Flags) add(s *setting) {
	for _, other := range f.all {
		if other.name == s.name {
			panic("config: two settings are called " + s.name)
		}
	}
	s.env = append([]string{f.variable(s.name)}, s.env...)
	f.all = append(f.all, s)
}

func (f *Flags) variable(name string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_").Replace(f.program + "_" + name))
}

// String declares a text. Its default is what it holds.
func (f *Flags) String(p *string, name, doc string) {
	f.add(&setting{name: name, doc: doc, def: *p, value: "TEXT", set: func(v string) error { *p = v; return nil }})
}

// Choice declares a text that is one of the given.
func (f *Flags) Choice(p *string, name string, choices []string, doc string) {
	f.add(&setting{name: name, doc: doc, def: *p, value: strings.Join(choices, "|"), set: func(v string) error {
		if !slices.Contains(choices, v) {
			return fmt.Errorf("%q is not one of %s", v, strings.Join(choices, ", "))
		}
		*p = v
		return nil
	}})
}

// Strings declares a list: the flag may be repeated, and commas separate
// values too.
func (f *Flags) Strings(p *[]string, name, doc string) {
	f.add(&setting{name: name, doc: doc, def: strings.Join(*p, ","), value: "LIST", many: true,
		reset: func() { *p = nil },
		set: func(v string) error {
			for part := range strings.SplitSeq(v, ",") {
				if part = strings.TrimSpace(part); part != "" {
					*p = append(*p, part)
				}
			}
			return nil
		}})
}

// Bool declares a switch.
func (f *Flags) Bool(p *bool, name, doc string) {
	def := ""
	if *p {
		def = "true"
	}
	f.add(&setting{name: name, doc: doc, def: def, set: func(v string) error {
		b, err := strconv.ParseBool(v)
		if err != nil {
			return fmt.Errorf("%q is not true or false", v)
		}
		*p = b
		return nil
	}})
}

// Int declares a whole number.
func (f *Flags) Int(p *int, name, doc string) {
	f.add(&setting{name: name, doc: doc, def: strconv.Itoa(*p), value: "N", set: func(v string) error {
		n, err := strconv.Atoi(v)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", v)
		}
		*p = n
		return nil
	}})
}

// Bytes declares a size: a number of bytes, or one followed by KiB, MiB or GiB.
func (f *Flags) Bytes(p *int, name, doc string) {
	f.add(&setting{name: name, doc: doc, def: size(*p), value: "SIZE", set: func(v string) error {
		digits := strings.TrimRight(v, "kKmMgGiIbB ")
		unit := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(v[len(digits):])), "b"), "i")
		shift := map[string]int{"": 0, "k": 10, "m": 20, "g": 30}
		n, err := strconv.Atoi(digits)
		by, known := shift[unit]
		if err != nil || !known || n < 0 || n > 1<<50>>by {
			return fmt.Errorf("%q is not a size such as 65536 or 16MiB", v)
		}
		*p = n << by
		return nil
	}})
}

func size(n int) string {
	for _, u := range []struct {
		by   int
		name string
	}{{30, "GiB"}, {20, "MiB"}, {10, "KiB"}} {
		if n > 0 && n%(1<<u.by) == 0 {
			return strconv.Itoa(n>>u.by) + u.name
		}
	}
	return strconv.Itoa(n)
}

// Duration declares a length of time, such as 30s or 5m.
func (f *Flags) Duration(p *time.Duration, name, doc string) {
	f.add(&setting{name: name, doc: doc, def: p.String(), value: "TIME", set: func(v string) error {
		d, err := time.ParseDuration(v)
		if err != nil {
			return fmt.Errorf("%q is not a time such as 30s or 5m", v)
		}
		*p = d
		return nil
	}})
}

// Secret declares a secret. Beside the program's own variable it is read from
// the variables in env, a list separated by commas, and from the files that
// any of them with _FILE behind its name point to.
func (f *Flags) Secret(p *Secret, name, env, doc string) {
	s := &setting{name: name, doc: doc, value: "SECRET", secret: true, set: func(v string) error { *p = Secret{v}; return nil }}
	if env != "" {
		s.env = strings.Split(env, ",")
	}
	f.add(s)
}

// Secret is a value that prints as ****.
type Secret struct{ value string }

// Reveal gives the value itself.
func (s Secret) Reveal() string { return s.value }

// String hides the value.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return "****"
}

// GoString hides the value from %#v too.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Args declares what may stand on the command line beside flags.
func (f *Flags) Args(p *[]string, name, doc string) { f.args, f.argsDoc = p, name+"\t"+doc }

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
	keys, err := f.readFile()
	errs = append(errs, err)
	for _, s := range f.all {
		if s.name != "config" {
			errs = append(errs, f.one(s, given[s.name], env, keys[s.name]))
		}
	}
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

// one sets a setting from the strongest source that has it.
func (f *Flags) one(s *setting, given []string, env func(string) (string, bool), key []string) error {
	from, values := "--"+s.name, given
	if len(values) == 0 {
		for _, name := range s.env {
			if v, ok := env(name); ok && v != "" {
				from, values = name, []string{v}
				break
			}
			if !s.secret {
				continue
			}
			if path, ok := env(name + "_FILE"); ok && path != "" {
				text, err := os.ReadFile(path)
				if err != nil {
					return fmt.Errorf("%s_FILE: %w", name, err)
				}
				from, values = name+"_FILE", []string{strings.TrimSpace(string(text))}
				break
			}
		}
	}
	if len(values) == 0 {
		from, values = f.file+": "+s.name, key
	}
	if len(values) == 0 {
		return nil
	}
	if s.reset != nil {
		s.reset()
	}
	for _, v := range values {
		if err := s.set(v); err != nil {
			return fmt.Errorf("%s: %w", from, err)
		}
	}
	return nil
}

// readFile reads the configuration file: a JSON object whose keys are the
// names of flags.
func (f *Flags) readFile() (map[string][]string, error) {
	if f.file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(f.file)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	if err := jsonrpc.Valid(text); err != nil || jsonrpc.Kind(text) != '{' {
		return nil, fmt.Errorf("%s is not a JSON object", f.file)
	}
	keys := map[string][]string{}
	var errs []error
	for key, raw := range jsonrpc.Members(text) {
		s := f.find(key)
		switch _, twice := keys[key]; {
		case s == nil || key == "config":
			errs = append(errs, fmt.Errorf("%s: there is no setting %q", f.file, key))
		case twice:
			errs = append(errs, fmt.Errorf("%s: %q stands twice", f.file, key))
		case jsonrpc.Kind(raw) == '[':
			keys[key] = []string{}
			for _, elem := range jsonrpc.Elements(raw) {
				keys[key] = append(keys[key], plain(elem))
			}
			if !s.many {
				errs = append(errs, fmt.Errorf("%s: %q takes one value, not a list", f.file, key))
			}
		default:
			keys[key] = []string{plain(raw)}
		}
	}
	return keys, errors.Join(errs...)
}

func plain(raw json.RawMessage) string {
	if jsonrpc.Kind(raw) == '"' {
		return jsonrpc.Unquote(raw)
	}
	return string(raw)
}
