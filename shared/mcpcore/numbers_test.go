package mcpcore_test

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type numbers struct {
	Int    int64                      `json:"int"`
	Uint   uint64                     `json:"uint"`
	Number json.Number                `json:"number"`
	Any    any                        `json:"any"`
	Raw    json.RawMessage            `json:"raw"`
	Map    map[string]any             `json:"map"`
	Lists  map[string][]json.Number   `json:"lists"`
	Raws   map[string]json.RawMessage `json:"raws"`
	Float  float64                    `json:"float"`
}

// Every digit that comes in goes out, through arguments, structured content
// and text, in each revision.
func TestNumbers(t *testing.T) {
	same := mcpcore.Read("same", "Give it back.", func(_ context.Context, in numbers) (numbers, error) { return in, nil })
	eachRevision(t, func(t *testing.T, revision string) {
		c := mcptest.Connect(t, newServer(same), mcptest.Options{Revision: revision})
		for _, n := range []string{
			"0", "-0", "1.0", "0.1", "-1", "9007199254740993", "9223372036854775807", "18446744073709551615", "1e400", "-1E-400", "123456789012345678901234567890.5",
		} {
			text := `{"int":9007199254740993,"uint":18446744073709551615,"number":N,"any":{"deep":[N]},"raw":{"deep":[N]},` +
				`"map":{"n":N},"lists":{"n":[N]},"raws":{"n":N},"float":0.1}`
			text = strings.ReplaceAll(text, "N", n)
			r := c.Call("same", json.RawMessage(text))
			if r.Text() != text {
				t.Errorf("got text %s, want %s", r.Text(), text)
			}
			if revision >= "2025-06-18" && string(r.StructuredContent) != text {
				t.Errorf("got %s, want %s", r.StructuredContent, text)
			}
		}
		r := c.Call("same", json.RawMessage(`{"int":-9223372036854775808,"uint":0,"number":1,"any":1,"raw":1,"map":{},"lists":{},"raws":{},"float":1e308}`))
		var got numbers
		if err := json.Unmarshal([]byte(r.Text()), &got); err != nil || got.Int != math.MinInt64 || got.Float != 1e308 {
			t.Errorf("got %s, %v", r.Text(), err)
		}
	})
}
