package postgres

import (
	"fmt"
	"testing"
)

func TestReadings(t *testing.T) {
	for text, want := range map[string]string{
		"Orders":              `[{"" "orders"} {"" "Orders"}]`,
		"sales.Orders":        `[{"sales" "orders"} {"sales" "Orders"} {"" "sales.Orders"}]`,
		`"Sales"."a.b"`:       `[{"Sales" "a.b"} {"" "\"Sales\".\"a.b\""} {"\"Sales\"" "\"a.b\""} {"\"Sales\".\"a" "b\""}]`,
		`"a""b"`:              `[{"" "a\"b"} {"" "\"a\"\"b\""}]`,
		"shop.sales.orders":   `[{"sales" "orders"} {"" "shop.sales.orders"} {"shop" "sales.orders"} {"shop.sales" "orders"}]`,
		"other.sales.orders":  `[{"" "other.sales.orders"} {"other" "sales.orders"} {"other.sales" "orders"}]`,
		` sales . "Orders" `:  `[{"sales" "Orders"} {"" " sales . \"Orders\" "} {" sales " " \"Orders\" "}]`,
		`u&"d\0061t\+000061"`: `[{"" "data"} {"" "u&\"d\\0061t\\+000061\""}]`,
		"":                    "error", ".": "error", "a.": "error", ".a": "error", `"a`: "error", `"a"b`: "error", `""`: "error",
		`U&"\00"`: "error", `U&"\zzzz"`: "error",
	} {
		got, err := readings(text, "shop")
		out := fmt.Sprintf("%q", got)
		if err != nil {
			out = "error"
		}
		if out != want {
			t.Errorf("%s: got %s, want %s", text, out, want)
		}
	}
}

func TestPlain(t *testing.T) {
	for quoted, want := range map[string]string{
		"orders": "orders", `"Or""ders"`: `"Or""ders"`, "\"a\nb\\\"": `U&"a\000Ab\\"`,
	} {
		if got := plain(quoted); got != want {
			t.Errorf("%q: got %s, want %s", quoted, got, want)
		}
	}
}
