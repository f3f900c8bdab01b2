// Package config turns one declaration of a setting into a flag, an
// environment variable, a key of the configuration file, a line of the help
// text and a row of the README table.
//
// The order of precedence is flag, environment, file, default. A secret has no
// flag, as other users of a machine can see a command line: it comes from the
// environment, or from a file that a variable ending in _FILE names.
package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Flags is the set of settings of one program.
type Flags struct {
	program string
	all     []*setting
	args    *[]string
	argsDoc string
	source  string // of what is not on the command line: the file, or a variable with JSON
	place   string // in the source, for settings of a group: databases.sales.
	file    string
	files   map[string]struct{} // that were read
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
	file   bool               // a variable ending in _FILE may name a file that holds it
	line   func(string) error // refuses what does not belong on a command line
	fixed  bool               // counts only when the program starts
	got    []string           // what was given, by the strongest source
	set    func(string) error
	elem   func(string) error // adds to a list what is one element, commas and all
	reset  func()             // of a list, before the first value of a stronger source
	groups *groups            // of settings, in place of a value
}

// New makes an empty set for a program such as "mcp-filesystem", whose
// variables then begin with MCP_FILESYSTEM_.
func New(program string) *Flags {
	f := &Flags{program: program, files: map[string]struct{}{}}
	f.String(&f.file, "config", "JSON file with settings, by the names of the flags; _ may stand for -")
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

// Program is the name of the program that the settings are for.
func (f *Flags) Program() string { return f.program }

// Env gives a declared setting further variables: the names by which other
// programs know it. The program's own variable is stronger.
func (f *Flags) Env(name string, variables ...string) {
	s := f.find(name)
	s.env = append(s.env, variables...)
}

// String declares a text. Its default is what it holds.
func (f *Flags) String(p *string, name, doc string) {
	f.add(&setting{name: name, doc: doc, def: *p, value: "TEXT", set: func(v string) error { *p = v; return nil }})
}

// Lines declares a text that may be long: in the file it can be a list of its
// lines.
func (f *Flags) Lines(p *string, name, doc string) {
	f.add(&setting{name: name, doc: doc, def: *p, value: "TEXT", many: true,
		reset: func() { *p = "" },
		set:   func(v string) error { *p = v; return nil },
		elem: func(v string) error {
			if *p != "" {
				*p += "\n"
			}
			*p += v
			return nil
		}})
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
// values too, but for those of a list in the file.
func (f *Flags) Strings(p *[]string, name, doc string) {
	f.add(&setting{name: name, doc: doc, def: strings.Join(*p, ","), value: "LIST", many: true,
		reset: func() { *p = nil },
		elem: func(v string) error {
			if v != "" {
				*p = append(*p, v)
			}
			return nil
		},
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
		n, err := ParseSize(v)
		if err == nil {
			*p = n
		}
		return err
	}})
}

// ParseSize reads a number of bytes as Bytes does.
func ParseSize(v string) (int, error) {
	digits := strings.TrimRight(v, "kKmMgGiIbB ")
	unit := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(v[len(digits):])), "b"), "i")
	shift := map[string]int{"": 0, "k": 10, "m": 20, "g": 30}
	n, err := strconv.Atoi(digits)
	by, known := shift[unit]
	if err != nil || !known || n < 0 || n > 1<<50>>by {
		return 0, fmt.Errorf("%q is not a size such as 65536 or 16MiB", v)
	}
	return n << by, nil
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
	s := &setting{name: name, doc: doc, value: "SECRET", secret: true, file: true, set: func(v string) error { *p = Secret{v}; return nil }}
	if env != "" {
		s.env = strings.Split(env, ",")
	}
	f.add(s)
}

// URL declares the address of something that may ask for a password, which may
// then stand in the URL, though not on the command line. Like a secret it does
// not print, and may be read from a file that a variable with _FILE names.
func (f *Flags) URL(p *Secret, name, doc string) {
	f.add(&setting{name: name, doc: doc, value: "URL", file: true,
		set: func(v string) error { *p = Secret{v}; return nil },
		line: func(v string) error {
			u, err := url.Parse(v)
			if err != nil {
				return errors.New("this is not a URL")
			}
			if _, has := u.User.Password(); has {
				return fmt.Errorf("a password does not belong on a command line; set %s", f.variable(name))
			}
			return nil
		}})
}

// Args declares what may stand on the command line beside flags.
func (f *Flags) Args(p *[]string, name, doc string) { f.args, f.argsDoc = p, name+"\t"+doc }
