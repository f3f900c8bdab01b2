package schema

import (
	"encoding"
	"encoding/base64"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

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
