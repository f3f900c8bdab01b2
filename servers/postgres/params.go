package postgres

import (
	"encoding/json"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// paramsOf are JSON values as parameters: the server finds out their types, so
// numbers travel as they were written. An array is one of PostgreSQL's, and an
// object is JSON.
func paramsOf(values []json.RawMessage) []guard.Param {
	out := make([]guard.Param, len(values))
	for i, v := range values {
		switch jsonrpc.Kind(v) {
		case 'n', 0:
			out[i] = guard.Null()
		case '"':
			out[i] = guard.Text(jsonrpc.Unquote(v))
		case '[':
			out[i] = guard.Text(arrayOf(v))
		default:
			out[i] = guard.Text(string(v))
		}
	}
	return out
}

var arrayEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// arrayOf is a JSON array as PostgreSQL writes arrays.
func arrayOf(raw json.RawMessage) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range jsonrpc.Elements(raw) {
		if i > 0 {
			b.WriteByte(',')
		}
		switch jsonrpc.Kind(v) {
		case 'n':
			b.WriteString("NULL")
		case '[':
			b.WriteString(arrayOf(json.RawMessage(v)))
		case '"':
			b.WriteString(`"` + arrayEscapes.Replace(jsonrpc.Unquote(v)) + `"`)
		case '{':
			b.WriteString(`"` + arrayEscapes.Replace(string(v)) + `"`)
		default:
			b.Write(v)
		}
	}
	b.WriteByte('}')
	return b.String()
}
