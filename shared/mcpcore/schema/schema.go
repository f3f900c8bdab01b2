// Package schema turns a Go type into a JSON Schema, decodes what a client
// sends against it, and encodes values of it. Struct tags say the rules:
//
//	type listIn struct {
//		Path  string `json:"path" jsonschema:"directory to list"`
//		Sort  string `json:"sort,omitzero" enum:"name,size" default:"name"`
//		Limit int    `json:"limit,omitzero" min:"1" max:"1000" default:"100"`
//		Name  string `json:"name,omitzero" pattern:"^[a-z]+$" minLength:"1" maxLength:"64" alias:"label"`
//		Tags  []string `json:"tags,omitzero" minItems:"1" maxItems:"9"`
//	}
//
// header:"Region" has clients over HTTP repeat the value of a string, boolean or
// whole number in the header Mcp-Param-Region, for whoever routes by it.
//
// audit:"target" marks what a call touches, such as a path: the audit log names
// it, where the other arguments are redacted.
//
// A field is required unless it is a pointer, has a default, or is marked
// omitzero or omitempty. On a list, enum, min, max, pattern and the lengths
// speak of its elements. Lengths count characters.
//
// No number passes through a float on its way to an integer, json.Number,
// json.RawMessage or any: every digit is kept.
package schema

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

type kind uint8

const (
	kindAny kind = iota
	kindRaw
	kindCustom // its own MarshalJSON and UnmarshalJSON
	kindText   // its own MarshalText and UnmarshalText
	kindNumber
	kindString
	kindBool
	kindInt
	kindUint
	kindFloat
	kindBytes
	kindList
	kindMap
	kindPointer
	kindStruct
)

// Type is a Go type made ready for the work of this package.
type Type struct {
	kind      kind
	goType    reflect.Type
	elem      *Type // of lists, maps and pointers
	fields    []field
	index     map[string]int // of field names and their aliases
	recursive bool
}

type field struct {
	name     string
	doc      string
	title    string
	aliases  []string
	header   string // in which clients repeat the value
	target   bool   // names what a call touches
	at       []int
	typ      *Type
	hidden   bool // is not spoken of
	required bool
	omitted  func(reflect.Value) bool // true where Encode leaves it out
	rule     rule
	preset   []byte // the default, as JSON; nil for none
}

// rule is what the tags of a field ask of its value.
type rule struct {
	enum               []string
	min, max           *bound
	minItems, maxItems int // maxItems 0: no limit
	minLen, maxLen     int // maxLen 0: no limit
	pattern            *regexp.Regexp
}

var (
	typeRaw       = reflect.TypeFor[json.RawMessage]()
	typeNumber    = reflect.TypeFor[json.Number]()
	typeTime      = reflect.TypeFor[time.Time]()
	typeUnmarshal = reflect.TypeFor[json.Unmarshaler]()
	typeMarshal   = reflect.TypeFor[json.Marshaler]()
	typeTextIn    = reflect.TypeFor[encoding.TextUnmarshaler]()
	typeTextOut   = reflect.TypeFor[encoding.TextMarshaler]()
)

// For makes t ready. The error names the field that cannot be described: a
// channel, a function, a map whose keys are no strings, a tag that is wrong.
func For(t reflect.Type) (*Type, error) {
	return (&compiler{done: map[reflect.Type]*Type{}}).compile(t)
}

type compiler struct {
	done map[reflect.Type]*Type
	open []*Type // being compiled: met again, all from there on are recursive
}

func (c *compiler) compile(t reflect.Type) (*Type, error) {
	if known := c.done[t]; known != nil {
		if i := slices.Index(c.open, known); i >= 0 {
			for _, t := range c.open[i:] {
				t.recursive = true
			}
		}
		return known, nil
	}
	out := &Type{goType: t}
	c.done[t] = out
	c.open = append(c.open, out)
	defer func() { c.open = c.open[:len(c.open)-1] }()

	var err error
	switch k := kindOf(t); k {
	case kindList, kindMap, kindPointer:
		out.kind = k
		if k == kindMap && t.Key().Kind() != reflect.String {
			return nil, fmt.Errorf("%v: the keys of a map must be strings", t)
		}
		out.elem, err = c.compile(t.Elem())
	case kindStruct:
		out.kind = k
		err = c.structFields(out, t, nil)
	default:
		if out.kind = k; k == kindAny && t.Kind() != reflect.Interface {
			return nil, fmt.Errorf("%v has no form in JSON", t)
		}
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func kindOf(t reflect.Type) kind {
	p := reflect.PointerTo(t)
	switch {
	case t == typeRaw:
		return kindRaw
	case t == typeNumber:
		return kindNumber
	case t.Kind() == reflect.Pointer:
		return kindPointer
	case t.Kind() == reflect.Interface:
		return kindAny
	case p.Implements(typeTextIn) && t.Implements(typeTextOut):
		return kindText
	case p.Implements(typeUnmarshal) || t.Implements(typeMarshal):
		return kindCustom
	}
	switch t.Kind() {
	case reflect.String:
		return kindString
	case reflect.Bool:
		return kindBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return kindInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return kindUint
	case reflect.Float32, reflect.Float64:
		return kindFloat
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return kindBytes
		}
		return kindList
	case reflect.Array:
		return kindList
	case reflect.Map:
		return kindMap
	case reflect.Struct:
		return kindStruct
	}
	return kindAny
}

func (c *compiler) structFields(out *Type, t reflect.Type, at []int) error {
	if out.index == nil {
		out.index = map[string]int{}
	}
	for i := range t.NumField() {
		f := t.Field(i)
		here := append(at[:len(at):len(at)], i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" && options == "":
			continue
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct && kindOf(f.Type) == kindStruct:
			if err := c.structFields(out, f.Type, here); err != nil {
				return err
			}
			continue
		case !f.IsExported():
			continue
		case name == "":
			name = f.Name
		}
		typ, err := c.compile(f.Type)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		made, err := newField(name, options, f, typ)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		made.at = here
		out.fields = append(out.fields, made)
		for _, n := range append([]string{name}, made.aliases...) {
			if _, taken := out.index[n]; taken {
				return fmt.Errorf("%s: two fields have this name", n)
			}
			out.index[n] = len(out.fields) - 1
		}
	}
	return nil
}

// Names lists the fields of a struct type in order.
func (t *Type) Names() []string {
	var names []string
	for _, f := range t.shown() {
		names = append(names, f.name)
	}
	return names
}

// Without is a struct type less some of its fields, to be described by JSON.
func (t *Type) Without(names ...string) *Type {
	out := *t
	out.fields = slices.DeleteFunc(slices.Clone(t.fields), func(f field) bool { return slices.Contains(names, f.name) })
	return &out
}

// IsObject reports whether values of t are JSON objects with named fields or
// free keys, the only form a client may take for structured content in the
// revisions before 2026-07-28.
func (t *Type) IsObject() bool {
	for t.kind == kindPointer {
		t = t.elem
	}
	return t.kind == kindStruct || t.kind == kindMap
}

// Field describes one field of a struct type, for prompts and for forms.
type Field struct {
	Name, Title, Doc string
	Required         bool
	Enum             []string
}

// Fields describes the fields of a struct type in order.
func (t *Type) Fields() []Field {
	out := make([]Field, len(t.fields))
	for i, f := range t.fields {
		out[i] = Field{Name: f.name, Title: f.title, Doc: f.doc, Required: f.required, Enum: f.rule.enum}
	}
	return out
}
