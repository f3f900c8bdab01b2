package schema

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Encode appends v, a value of t's Go type, as JSON on one line. A nil list is
// [] and a nil map {}, so that the result holds to the schema; a nil pointer in
// a field is left out. NaN, the infinities and values without a form in JSON
// are errors.
func (t *Type) Encode(dst []byte, v reflect.Value) ([]byte, error) {
	e := encoder{buf: dst}
	if err := e.value(t, v, 0); err != nil {
		return dst, err
	}
	return e.buf, nil
}

type encoder struct{ buf []byte }

func (e *encoder) value(t *Type, v reflect.Value, depth int) error {
	if depth > jsonrpc.MaxDepth {
		return errors.New("the value is nested too deeply")
	}
	switch t.kind {
	case kindString:
		e.buf = jsonrpc.AppendString(e.buf, v.String())
	case kindBool:
		e.buf = strconv.AppendBool(e.buf, v.Bool())
	case kindInt:
		e.buf = strconv.AppendInt(e.buf, v.Int(), 10)
	case kindUint:
		e.buf = strconv.AppendUint(e.buf, v.Uint(), 10)
	case kindFloat:
		f := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("%v has no form in JSON", f)
		}
		e.buf = strconv.AppendFloat(e.buf, f, 'g', -1, v.Type().Bits())
	case kindNumber:
		return e.number(v.String())
	case kindBytes:
		e.buf = jsonrpc.AppendBase64(e.buf, v.Bytes())
	case kindRaw:
		return e.raw(v.Bytes())
	case kindText:
		text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		e.buf = jsonrpc.AppendString(e.buf, text)
		return err
	case kindPointer:
		if v.IsNil() {
			e.buf = append(e.buf, "null"...)
			return nil
		}
		return e.value(t.elem, v.Elem(), depth+1)
	case kindList:
		return e.list(t, v, depth)
	case kindMap:
		return e.dict(t, v, depth)
	case kindStruct:
		return e.object(t, v, depth)
	default:
		return e.free(v.Interface())
	}
	return nil
}

func (e *encoder) number(text string) error {
	if text == "" {
		text = "0"
	}
	if k := jsonrpc.Kind([]byte(text)); k != '-' && (k < '0' || k > '9') || jsonrpc.Valid([]byte(text)) != nil {
		return fmt.Errorf("%q is not a number", text)
	}
	e.buf = append(e.buf, text...)
	return nil
}

func (e *encoder) raw(raw []byte) error {
	if len(raw) == 0 {
		e.buf = append(e.buf, "null"...)
		return nil
	}
	if err := jsonrpc.Valid(raw); err != nil {
		return err
	}
	out := bytes.NewBuffer(e.buf)
	err := json.Compact(out, raw)
	e.buf = out.Bytes()
	return err
}

func (e *encoder) free(v any) error {
	raw, err := Marshal(v)
	e.buf = append(e.buf, raw...)
	return err
}

// Marshal is json.Marshal without the escaping of <, > and &, which costs a
// model tokens and protects nobody here.
func Marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func (e *encoder) list(t *Type, v reflect.Value, depth int) error {
	e.buf = append(e.buf, '[')
	for i := range v.Len() {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		if err := e.value(t.elem, v.Index(i), depth+1); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	e.buf = append(e.buf, ']')
	return nil
}

func (e *encoder) dict(t *Type, v reflect.Value, depth int) error {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	e.buf = append(e.buf, '{')
	for i, key := range keys {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(jsonrpc.AppendString(e.buf, key.String()), ':')
		if err := e.value(t.elem, v.MapIndex(key), depth+1); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	e.buf = append(e.buf, '}')
	return nil
}

func (e *encoder) object(t *Type, v reflect.Value, depth int) error {
	e.buf = append(e.buf, '{')
	start := len(e.buf)
	for i := range t.fields {
		f := &t.fields[i]
		fv := v.FieldByIndex(f.at)
		if f.omitted != nil && f.omitted(fv) {
			continue
		}
		if len(e.buf) > start {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(jsonrpc.AppendString(e.buf, f.name), ':')
		if err := e.value(f.typ, fv, depth+1); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	e.buf = append(e.buf, '}')
	return nil
}
