package schema

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
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
	path   []string
	faults []string
}

func (d *decoder) fault(format string, args ...any) {
	if len(d.faults) == maxFaults {
		return
	}
	text := fmt.Sprintf(format, args...)
	if len(d.path) > 0 {
		text = strings.TrimPrefix(strings.Join(d.path, ""), ".") + ": " + text
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
	d.path = append(d.path, "."+f.name)
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
	if len(t.fields) == 0 {
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
		d.path = append(d.path, "["+strconv.Itoa(i)+"]")
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
		d.path = append(d.path, "."+key)
		d.value(t.elem, r, value, elem)
		d.path = d.path[:len(d.path)-1]
		m.SetMapIndex(reflect.ValueOf(key).Convert(t.goType.Key()), elem)
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

func (d *decoder) scalar(t *Type, r rule, raw []byte, v reflect.Value) {
	k := jsonrpc.Kind(raw)
	text := string(raw)
	if k == '"' {
		text = jsonrpc.Unquote(raw)
	}
	if t.kind == kindString || t.kind == kindText || t.kind == kindBytes {
		if k == '{' || k == '[' || k == 't' || k == 'f' || k == 'n' {
			d.fault("%s is not a string", show(raw))
			return
		}
		d.text(t, r, text, v)
		return
	}
	text = strings.TrimSpace(text)
	if t.kind == kindBool {
		if text != "true" && text != "false" {
			d.fault("%s is not true or false", show(raw))
			return
		}
		v.SetBool(text == "true")
		return
	}
	if c := jsonrpc.Kind([]byte(text)); c != '-' && (c < '0' || c > '9') || jsonrpc.Valid([]byte(text)) != nil {
		d.fault("%s is not a %s", show(raw), t.kind.numberName())
		return
	}
	d.number(t, r, text, v)
}

func (k kind) numberName() string {
	if k == kindInt || k == kindUint {
		return "whole number"
	}
	return "number"
}

func (d *decoder) text(t *Type, r rule, text string, v reflect.Value) {
	n := -1
	if r.minLen > 0 || r.maxLen > 0 {
		n = utf8.RuneCountInString(text)
	}
	switch {
	case r.enum != nil && !slices.Contains(r.enum, text):
		d.fault("%s is not one of %s", show(jsonrpc.AppendString(nil, text)), strings.Join(r.enum, ", "))
	case n >= 0 && n < r.minLen:
		d.fault("%d characters long, at least %d needed", n, r.minLen)
	case r.maxLen > 0 && n > r.maxLen:
		d.fault("%d characters long, at most %d taken", n, r.maxLen)
	case r.pattern != nil && !r.pattern.MatchString(text):
		d.fault("%s does not match %s", show(jsonrpc.AppendString(nil, text)), r.pattern)
	case t.kind == kindString:
		v.SetString(text)
	case t.kind == kindBytes:
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			d.fault("not base64")
			return
		}
		v.SetBytes(b)
	default:
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
			d.fault("%s: %v", show(jsonrpc.AppendString(nil, text)), err)
		}
	}
}

func (d *decoder) number(t *Type, r rule, text string, v reflect.Value) {
	if r.enum != nil && !slices.Contains(r.enum, text) {
		d.fault("%s is not one of %s", text, strings.Join(r.enum, ", "))
		return
	}
	switch t.kind {
	case kindNumber:
		v.SetString(text)
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			d.floatBounds(r, f, text)
		}
	case kindFloat:
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil {
			d.fault("%s is out of range", show([]byte(text)))
			return
		}
		d.floatBounds(r, f, text)
		v.SetFloat(f)
	case kindInt:
		d.int(r, text, v)
	case kindUint:
		d.uint(r, text, v)
	}
}

// whole rewrites a number such as 42.0 or 4e1 as 42 or 40, where that loses
// nothing.
func whole(text string) (string, bool) {
	if !strings.ContainsAny(text, ".eE") {
		return text, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return text, false
	}
	return strconv.FormatInt(int64(f), 10), true
}

func (d *decoder) int(r rule, text string, v reflect.Value) {
	text, ok := whole(text)
	n, err := strconv.ParseInt(text, 10, v.Type().Bits())
	switch {
	case !ok:
		d.fault("%s is not a whole number", show([]byte(text)))
	case err != nil:
		d.fault("%s is out of range", show([]byte(text)))
	case r.min != nil && r.min.isWhole && n < r.min.whole, r.min != nil && !r.min.isWhole && float64(n) < r.min.float:
		d.fault("%s is less than %s", text, r.min.text)
	case r.max != nil && r.max.isWhole && n > r.max.whole, r.max != nil && !r.max.isWhole && float64(n) > r.max.float:
		d.fault("%s is more than %s", text, r.max.text)
	default:
		v.SetInt(n)
	}
}

func (d *decoder) uint(r rule, text string, v reflect.Value) {
	text, ok := whole(text)
	n, err := strconv.ParseUint(text, 10, v.Type().Bits())
	switch {
	case !ok:
		d.fault("%s is not a whole number", show([]byte(text)))
	case strings.HasPrefix(text, "-") && text != "-0":
		d.fault("%s is less than 0", text)
	case err != nil && text != "-0":
		d.fault("%s is out of range", show([]byte(text)))
	case r.min != nil && r.min.whole > 0 && n < uint64(r.min.whole):
		d.fault("%s is less than %s", text, r.min.text)
	case r.max != nil && r.max.isWhole && (r.max.whole < 0 || n > uint64(r.max.whole)):
		d.fault("%s is more than %s", text, r.max.text)
	default:
		v.SetUint(n)
	}
}

func (d *decoder) floatBounds(r rule, f float64, text string) {
	switch {
	case r.min != nil && f < r.min.float:
		d.fault("%s is less than %s", text, r.min.text)
	case r.max != nil && f > r.max.float:
		d.fault("%s is more than %s", text, r.max.text)
	}
}
