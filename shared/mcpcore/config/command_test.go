package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/config"
)

func TestCommand(t *testing.T) {
	parse := func(line ...string) ([]string, error) {
		var got []string
		f := config.New("mcp-test")
		f.Command(&got, "command", "a program")
		err := f.Parse(line, func(string) (string, bool) { return "", false })
		return got, err
	}
	for text, want := range map[string][]string{
		`aws rds  generate-db-auth-token `: {"aws", "rds", "generate-db-auth-token"},
		`'a b'"c d"e ''`:                   {"a bc de", ""},
		`"a \" b" 'c\d' e\ f`:              {`a " b`, `c\d`, "e f"},
		"echo $HOME `id` $(id) *|;&>":      {"echo", "$HOME", "`id`", "$(id)", "*|;&>"},
		"größe\t✓":                         {"größe", "✓"},
	} {
		if got, err := parse("--command", text); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", " ", "'a", `a "b`, `a\`, "'' a"} {
		if got, err := parse("--command", text); err == nil {
			t.Errorf("%s: got %q", text, got)
		}
	}
	if got, err := parse("--command", "a b", "--command", "c"); err != nil || !cmp.Equal(got, []string{"c"}) {
		t.Errorf("the last one counts: got %q, %v", got, err)
	}
	if got, err := parse("--config", written(t, `{"command":["a b","$x"]}`)); err != nil || !cmp.Equal(got, []string{"a b", "$x"}) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := parse("--command", "'"); err == nil || !strings.Contains(err.Error(), "--command: a quote is not closed") {
		t.Errorf("got %v", err)
	}
}

func TestLines(t *testing.T) {
	for text, want := range map[string]string{`"a, b"`: "a, b", `["a,","b",""]`: "a,\nb\n", `[]`: ""} {
		got := "x"
		f := config.New("mcp-test")
		f.Lines(&got, "text", "a text")
		if err := f.Parse([]string{"--config", written(t, `{"text":`+text+`}`)}, nil); err != nil || got != want {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
}
