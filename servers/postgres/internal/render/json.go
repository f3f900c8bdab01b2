package render

import (
	"bytes"
	"encoding/json"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// OIDs of the types that have a form of their own in JSON; the others are
// texts. bigint and numeric are texts as well: a reader's numbers would lose
// their digits.
const (
	oidBool   = 16
	oidInt2   = 21
	oidInt4   = 23
	oidOID    = 26
	oidFloat4 = 700
	oidFloat8 = 701
	oidJSON   = 114
	oidJSONB  = 3802
)

// elements are the types of the elements of arrays, by the OID of the array.
var elements = map[uint32]uint32{
	1000: oidBool, 1005: oidInt2, 1007: oidInt4, 1028: oidOID, 1021: oidFloat4, 1022: oidFloat8,
	199: oidJSON, 3807: oidJSONB,
	1016: 20, 1231: 1700, 1009: 25, 1015: 1043, 1014: 1042, 1002: 18, 1003: 19, 2951: 2950,
	1182: 1082, 1115: 1114, 1185: 1184, 1183: 1083, 1270: 1266, 1187: 1186, 1001: 17, 1041: 869, 651: 650,
}

// object writes a row as an object, with two spaces a level.
func (w *Writer) object(values [][]byte) {
	if w.rows == 1 {
		w.buf = append(w.buf, "[\n  {"...)
	} else {
		w.buf = append(w.buf, ",\n  {"...)
	}
	for i, v := range values {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, w.keys[i]...)
		w.buf = appendValue(w.buf, v, w.columns[i].Type, "    ")
	}
	if len(values) > 0 {
		w.buf = append(w.buf, "\n  "...)
	}
	w.buf = append(w.buf, '}')
}

func appendValue(b, v []byte, oid uint32, indent string) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	switch oid {
	case oidBool:
		if len(v) == 1 && v[0] == 't' {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case oidInt2, oidInt4, oidOID:
		return append(b, v...)
	case oidFloat4, oidFloat8:
		if json.Valid(v) { // not NaN or Infinity
			return append(b, v...)
		}
	case oidJSON, oidJSONB:
		out := bytes.NewBuffer(b)
		if json.Indent(out, v, indent, "  ") == nil {
			return out.Bytes()
		}
	}
	if elem, ok := elements[oid]; ok {
		if out, ok := appendArray(b, v, elem, indent); ok {
			return out
		}
	}
	return jsonrpc.AppendString(b, v)
}

// appendArray writes an array, which PostgreSQL gives as {1,2} or, with bounds
// of its own, as [0:1]={1,2}; the latter stays a text.
func appendArray(b, v []byte, elem uint32, indent string) (out []byte, ok bool) {
	a := array{in: v, out: b, elem: elem, delimiter: ','}
	if elem != 869 && len(v) > 0 && v[0] == '{' && a.list(indent) && a.at == len(v) {
		return a.out, true
	}
	return b, false
}

type array struct {
	in, out   []byte
	at        int
	elem      uint32
	delimiter byte
}

// list reads one level of braces.
func (a *array) list(indent string) bool {
	a.at++
	if a.at < len(a.in) && a.in[a.at] == '}' {
		a.at++
		a.out = append(a.out, "[]"...)
		return true
	}
	inner := indent + "  "
	a.out = append(a.out, '[')
	for a.at < len(a.in) {
		a.out = append(append(a.out, '\n'), inner...)
		if a.in[a.at] == '{' {
			if !a.list(inner) {
				return false
			}
		} else {
			a.element(inner)
		}
		if a.at >= len(a.in) {
			return false
		}
		a.at++
		switch a.in[a.at-1] {
		case a.delimiter:
			a.out = append(a.out, ',')
		case '}':
			a.out = append(append(append(a.out, '\n'), indent...), ']')
			return true
		default:
			return false
		}
	}
	return false
}

func (a *array) element(indent string) {
	if a.in[a.at] != '"' {
		end := a.at
		for end < len(a.in) && a.in[end] != a.delimiter && a.in[end] != '}' {
			end++
		}
		raw := a.in[a.at:end]
		a.at = end
		if bytes.EqualFold(raw, []byte("NULL")) {
			raw = nil
		}
		a.out = appendValue(a.out, raw, a.elem, indent)
		return
	}
	raw := []byte{}
	for a.at++; a.at < len(a.in) && a.in[a.at] != '"'; a.at++ {
		if a.in[a.at] == '\\' && a.at+1 < len(a.in) {
			a.at++
		}
		raw = append(raw, a.in[a.at])
	}
	a.at++
	a.out = appendValue(a.out, raw, a.elem, indent)
}
