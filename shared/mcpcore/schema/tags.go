package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// bound is a limit as its tag wrote it, once for whole numbers and once for
// the others.
type bound struct {
	text    string
	whole   int64
	isWhole bool
	float   float64
}

func newField(name, options string, f reflect.StructField, typ *Type) (field, error) {
	out := field{name: name, typ: typ, doc: f.Tag.Get("jsonschema"), title: f.Tag.Get("title"), header: f.Tag.Get("header")}
	out.target = f.Tag.Get("audit") == "target"
	if err := checkTarget(f.Tag.Get("audit"), typ); err != nil {
		return out, err
	}
	if a := f.Tag.Get("alias"); a != "" {
		out.aliases = strings.Split(a, ",")
	}
	opts := strings.Split(options, ",")
	omitEmpty, omitZero := slices.Contains(opts, "omitempty"), slices.Contains(opts, "omitzero")
	switch {
	case slices.Contains(opts, "string"):
		return out, fmt.Errorf("the json option string is not supported")
	case omitEmpty:
		out.omitted = isEmpty
	case omitZero:
		out.omitted = isZero
	case typ.kind == kindPointer:
		out.omitted = reflect.Value.IsNil
	}
	var err error
	if out.rule, err = newRule(f.Tag); err != nil {
		return out, err
	}
	preset, has := f.Tag.Lookup("default")
	if has {
		if out.preset, err = presetJSON(preset, typ, out.rule); err != nil {
			return out, err
		}
	}
	out.required = out.omitted == nil && !has
	return out, nil
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		return z.IsZero()
	}
	return v.IsZero()
}

func newRule(tag reflect.StructTag) (r rule, err error) {
	if e := tag.Get("enum"); e != "" {
		r.enum = strings.Split(e, ",")
	}
	if p := tag.Get("pattern"); p != "" {
		if r.pattern, err = regexp.Compile(p); err != nil {
			return r, err
		}
	}
	if r.min, err = newBound(tag, "min"); err != nil {
		return r, err
	}
	if r.max, err = newBound(tag, "max"); err != nil {
		return r, err
	}
	for _, count := range [...]struct {
		name string
		to   *int
	}{{"minItems", &r.minItems}, {"maxItems", &r.maxItems}, {"minLength", &r.minLen}, {"maxLength", &r.maxLen}} {
		if text := tag.Get(count.name); text != "" {
			if *count.to, err = strconv.Atoi(text); err != nil {
				return r, fmt.Errorf("tag %s: %q is not a whole number", count.name, text)
			}
		}
	}
	return r, nil
}

func newBound(tag reflect.StructTag, name string) (*bound, error) {
	text := tag.Get(name)
	if text == "" {
		return nil, nil
	}
	b := &bound{text: text}
	var err error
	if b.float, err = strconv.ParseFloat(text, 64); err != nil {
		return nil, fmt.Errorf("tag %s: %q is not a number", name, text)
	}
	b.whole, err = strconv.ParseInt(text, 10, 64)
	b.isWhole = err == nil
	return b, nil
}

// presetJSON is the default a tag gives, as JSON that typ decodes.
func presetJSON(text string, typ *Type, r rule) ([]byte, error) {
	raw := []byte(text)
	target := typ
	for target.kind == kindPointer {
		target = target.elem
	}
	if target.kind == kindString || target.kind == kindText || jsonrpc.Valid(raw) != nil {
		raw = jsonrpc.AppendString(nil, text)
	}
	d := decoder{}
	d.value(typ, r, raw, reflect.New(typ.goType).Elem())
	if len(d.faults) > 0 {
		return nil, fmt.Errorf("tag default: %s", strings.Join(d.faults, "; "))
	}
	return raw, nil
}

// JSON writes t as JSON Schema 2020-12. It is made once, when a tool is
// declared.
func (t *Type) JSON() json.RawMessage {
	w := &jsonrpc.Writer{}
	s := schemaWriter{Writer: w, defs: map[*Type]string{}}
	s.root(t)
	return w.Buf
}

// Form writes t as the restricted schema that forms for a user are made of. It
// knows no patterns, and defaults of other than booleans only where defaults is
// true.
func (t *Type) Form(defaults bool) json.RawMessage {
	w := &jsonrpc.Writer{}
	s := schemaWriter{Writer: w, defs: map[*Type]string{}, form: true, noDefaults: !defaults}
	s.Open('{')
	s.body(t, rule{})
	s.Close('}')
	return w.Buf
}

type schemaWriter struct {
	*jsonrpc.Writer
	defs  map[*Type]string // of recursive types met so far
	order []*Type

	form, noDefaults bool
}

func (s *schemaWriter) root(t *Type) {
	for t.kind == kindPointer {
		t = t.elem
	}
	s.Open('{')
	s.body(t, rule{})
	if t.kind == kindStruct {
		s.Key("additionalProperties").Bool(false)
	}
	for i := 0; i < len(s.order); i++ {
		if i == 0 {
			s.Key("$defs").Open('{')
		}
		s.Key(s.defs[s.order[i]]).Open('{')
		s.body(s.order[i], rule{})
		s.Close('}')
		if i == len(s.order)-1 {
			s.Close('}')
		}
	}
	s.Close('}')
}

func (s *schemaWriter) ref(t *Type) string {
	if s.defs[t] == "" {
		name := t.goType.Name()
		for _, other := range s.order { // two packages, one name; or a name that is no word
			if s.defs[other] == name || strings.ContainsAny(name, "[/") {
				name = "Type" + strconv.Itoa(len(s.order))
			}
		}
		s.defs[t] = name
		s.order = append(s.order, t)
	}
	return "#/$defs/" + s.defs[t]
}

func (s *schemaWriter) field(f field) {
	s.Key(f.name).Open('{')
	t := f.typ
	for t.kind == kindPointer {
		t = t.elem
	}
	s.Optional("title", f.title)
	s.Optional("description", f.doc)
	if !s.form {
		s.Optional("x-mcp-header", f.header)
	}
	if t.kind == kindStruct && t.recursive {
		s.Optional("$ref", s.ref(t))
	} else {
		s.body(t, f.rule)
	}
	if f.preset != nil && (!s.noDefaults || t.kind == kindBool) {
		s.Key("default").Raw(f.preset)
	}
	s.Close('}')
}

func (s *schemaWriter) nested(t *Type, r rule) {
	for t.kind == kindPointer {
		t = t.elem
	}
	s.Open('{')
	if t.kind == kindStruct && t.recursive {
		s.Optional("$ref", s.ref(t))
	} else {
		s.body(t, r)
	}
	s.Close('}')
}

func (s *schemaWriter) body(t *Type, r rule) {
	switch t.kind {
	case kindString, kindText, kindBytes:
		s.Optional("type", "string")
		s.stringRules(t, r)
	case kindBool:
		s.Optional("type", "boolean")
	case kindInt, kindUint:
		s.Optional("type", "integer")
		if t.kind == kindUint && r.min == nil {
			r.min = &bound{text: "0"}
		}
		s.bounds(r)
	case kindFloat, kindNumber:
		s.Optional("type", "number")
		s.bounds(r)
	case kindList:
		s.Optional("type", "array")
		s.count("minItems", r.minItems)
		s.count("maxItems", r.maxItems)
		r.minItems, r.maxItems = 0, 0
		s.Key("items")
		s.nested(t.elem, r)
	case kindMap:
		s.Optional("type", "object")
		s.Key("additionalProperties")
		s.nested(t.elem, r)
	case kindStruct:
		s.structBody(t)
	}
}

func (s *schemaWriter) structBody(t *Type) {
	s.Optional("type", "object")
	s.Key("properties").Open('{')
	for _, f := range t.shown() {
		s.field(f)
	}
	s.Close('}')
	first := true
	for _, f := range t.shown() {
		if !f.required {
			continue
		}
		if first {
			s.Key("required").Open('[')
			first = false
		}
		s.String(f.name)
	}
	if !first {
		s.Close(']')
	}
}

func (s *schemaWriter) stringRules(t *Type, r rule) {
	switch {
	case t.goType == typeTime:
		s.Optional("format", "date-time")
	case t.kind == kindBytes:
		s.Optional("contentEncoding", "base64")
	}
	if r.enum != nil {
		s.Key("enum").Open('[')
		for _, e := range r.enum {
			s.String(e)
		}
		s.Close(']')
	}
	if r.pattern != nil && !s.form {
		s.Optional("pattern", r.pattern.String())
	}
	s.count("minLength", r.minLen)
	s.count("maxLength", r.maxLen)
}

func (s *schemaWriter) bounds(r rule) {
	if r.enum != nil {
		s.Key("enum").Raw([]byte("[" + strings.Join(r.enum, ",") + "]"))
	}
	if r.min != nil {
		s.Key("minimum").Raw([]byte(r.min.text))
	}
	if r.max != nil {
		s.Key("maximum").Raw([]byte(r.max.text))
	}
}

func (s *schemaWriter) count(key string, n int) {
	if n > 0 {
		s.Key(key).Int(int64(n))
	}
}
