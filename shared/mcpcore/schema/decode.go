package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Faults is every reason why arguments were refused, each in words that say
// what to send instead.
type Faults []string

func (f Faults) Error() string { return strings.Join(f, "; ") }

// Decode reads raw, which must be valid JSON, into v, a settable value of t's
// Go type. Absent fields get their defaults. What is meant is taken where only
// one reading is possible: "42" for a number, 42 for a string, a lone value for
// a list, a list or object written into a string. The error is Faults.
func (t *Type) Decode(raw []byte, v reflect.Value) error {
	d := decoder{}
	if jsonrpc.IsNull(raw) {
		raw = []byte("{}")
	}
	d.value(t, rule{}, raw, v)
	if len(d.faults) > 0 {
		return Faults(d.faults)
	}
	return nil
}

const maxFaults = 10

type decoder struct {
	path   []step
	faults []string
}

// step is the name of a member, or the number of an element.
type step struct {
	name  string
	index int // negative for a member
}

func member(name string) step { return step{name, -1} }

// where is the path as an error message has it.
func (d *decoder) where() string {
	var b strings.Builder
	for i, s := range d.path {
		switch {
		case s.index >= 0:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case i > 0:
			b.WriteString("." + s.name)
		default:
			b.WriteString(s.name)
		}
	}
	return b.String()
}

func (d *decoder) fault(format string, args ...any) {
	if len(d.faults) == maxFaults {
		return
	}
	text := fmt.Sprintf(format, args...)
	if len(d.path) > 0 {
		text = d.where() + ": " + text
	}
	d.faults = append(d.faults, text)
}

// show is a value as an error message quotes it.
func show(raw []byte) string {
	const most = 60
	if len(raw) <= most {
		return string(raw)
	}
	cut := most
	for !utf8.RuneStart(raw[cut]) {
		cut--
	}
	return string(raw[:cut]) + "…"
}

func (d *decoder) value(t *Type, r rule, raw []byte, v reflect.Value) {
	switch t.kind {
	case kindStruct:
		d.object(t, raw, v)
	case kindList:
		d.list(t, r, raw, v)
	case kindMap:
		d.dict(t, r, raw, v)
	case kindPointer:
		if jsonrpc.Kind(raw) == 'n' {
			return
		}
		v.Set(reflect.New(t.goType.Elem()))
		d.value(t.elem, r, raw, v.Elem())
	case kindAny:
		d.free(raw, v)
	case kindRaw:
		v.SetBytes(bytes.Clone(raw))
	case kindCustom:
		if err := json.Unmarshal(raw, v.Addr().Interface()); err != nil {
			d.fault("%s: %v", show(raw), err)
		}
	default:
		d.scalar(t, r, raw, v)
	}
}

func (d *decoder) free(raw []byte, v reflect.Value) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(v.Addr().Interface()); err != nil {
		d.fault("%s: %v", show(raw), err)
	}
}

func (d *decoder) object(t *Type, raw []byte, v reflect.Value) {
	if raw = unwrap(raw, '{'); jsonrpc.Kind(raw) != '{' {
		d.fault("%s is not an object with %s", show(raw), strings.Join(t.Names(), ", "))
		return
	}
	var few [32]bool
	seen := few[:]
	if len(t.fields) > len(few) {
		seen = make([]bool, len(t.fields))
	}
	for key, value := range jsonrpc.Members(raw) {
		i, known := t.index[key]
		switch {
		case !known:
			d.unknown(t, key)
		case seen[i]:
			d.fault("%s is given twice", key)
		case jsonrpc.Kind(value) == 'n' && !t.fields[i].nullable(): // as good as absent
		default:
			seen[i] = true
			d.field(&t.fields[i], value, v)
		}
	}
	for i := range t.fields {
		f := &t.fields[i]
		switch {
		case seen[i]:
		case f.preset != nil:
			d.field(f, f.preset, v)
		case f.required && f.doc != "":
			d.fault("%s is missing (%s)", f.name, f.doc)
		case f.required:
			d.fault("%s is missing", f.name)
		}
	}
}

// nullable reports whether null is a value of the field and not its absence.
func (f *field) nullable() bool { return f.typ.kind == kindAny || f.typ.kind == kindRaw }

func (d *decoder) field(f *field, raw []byte, v reflect.Value) {
	d.path = append(d.path, member(f.name))
	d.value(f.typ, f.rule, raw, v.FieldByIndex(f.at))
	d.path = d.path[:len(d.path)-1]
}

func (d *decoder) unknown(t *Type, key string) {
	for _, name := range t.Names() {
		if strings.EqualFold(squash(name), squash(key)) {
			d.fault("there is no argument %q; did you mean %s?", key, name)
			return
		}
	}
	if len(t.shown()) == 0 {
		d.fault("there is no argument %q; none is taken", key)
		return
	}
	d.fault("there is no argument %q, only %s", key, strings.Join(t.Names(), ", "))
}

func squash(name string) string { return strings.NewReplacer("_", "", "-", "").Replace(name) }

func (d *decoder) list(t *Type, r rule, raw []byte, v reflect.Value) {
	if t.elem.kind != kindString { // a string may be meant as it is
		raw = unwrap(raw, '[')
	}
	lo, hi := r.minItems, r.maxItems
	r.minItems, r.maxItems = 0, 0
	if jsonrpc.Kind(raw) != '[' { // a lone value stands for a list of one
		raw = slices.Concat([]byte("["), raw, []byte("]"))
	}
	n := 0
	for range jsonrpc.Elements(raw) {
		n++
	}
	switch {
	case n < lo:
		d.fault("%d given, at least %d needed", n, lo)
		return
	case hi > 0 && n > hi:
		d.fault("%d given, at most %d taken", n, hi)
		return
	case t.goType.Kind() == reflect.Array && n != v.Len():
		d.fault("%d given, %d needed", n, v.Len())
		return
	case t.goType.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(t.goType, n, n))
	}
	for i, elem := range jsonrpc.Elements(raw) {
		d.path = append(d.path, step{index: i})
		d.value(t.elem, r, elem, v.Index(i))
		d.path = d.path[:len(d.path)-1]
	}
}

func (d *decoder) dict(t *Type, r rule, raw []byte, v reflect.Value) {
	if raw = unwrap(raw, '{'); jsonrpc.Kind(raw) != '{' {
		d.fault("%s is not an object", show(raw))
		return
	}
	m := reflect.MakeMap(t.goType)
	for key, value := range jsonrpc.Members(raw) {
		elem := reflect.New(t.goType.Elem()).Elem()
		d.path = append(d.path, member(key))
		d.value(t.elem, r, value, elem)
		d.path = d.path[:len(d.path)-1]
		m.SetMapIndex(reflect.ValueOf(strings.Clone(key)).Convert(t.goType.Key()), elem)
	}
	v.Set(m)
}

// unwrap takes a list or an object out of the string that a model wrote it
// into.
func unwrap(raw []byte, open byte) []byte {
	if jsonrpc.Kind(raw) != '"' {
		return raw
	}
	inner := []byte(jsonrpc.Unquote(raw))
	if jsonrpc.Kind(inner) == open && jsonrpc.Valid(inner) == nil {
		return bytes.TrimSpace(inner)
	}
	return raw
}
