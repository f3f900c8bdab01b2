package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/config"
)

// all has a setting of each kind.
type all struct {
	Name  string
	Mode  string
	List  []string
	On    bool
	Count int
	Size  int
	Wait  time.Duration
	Key   config.Secret
	Where config.Secret
	Args  []string
}

func declare(a *all) *config.Flags {
	*a = all{Name: "joe", Mode: "fast", List: []string{"x"}, Count: 3, Size: 1 << 20, Wait: time.Second}
	f := config.New("mcp-test")
	f.String(&a.Name, "name", "a name")
	f.Choice(&a.Mode, "mode", []string{"fast", "slow"}, "a mode")
	f.Strings(&a.List, "list", "a list")
	f.Bool(&a.On, "on", "a switch")
	f.Int(&a.Count, "count", "a number")
	f.Bytes(&a.Size, "size", "a size")
	f.Duration(&a.Wait, "wait", "a time")
	f.Secret(&a.Key, "key", "OLD_KEY,TEST_KEY", "a key")
	f.Env("name", "OTHER_NAME", "THIRD_NAME")
	f.URL(&a.Where, "where", "a URL")
	f.Args(&a.Args, "DIR...", "directories")
	return f
}

func TestParse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(file, []byte(`{"name":"file","list":["f","g"],"count":7,"on":true,"size":"2KiB"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		line string
		env  map[string]string
		want func(*all)
	}{
		{"", nil, func(*all) {}},
		{"--name=a -mode slow --on --count 5 --size=16MiB --wait 5m", nil, func(a *all) {
			a.Name, a.Mode, a.On, a.Count, a.Size, a.Wait = "a", "slow", true, 5, 16<<20, 5*time.Minute
		}},
		{"--list a,b --list c", nil, func(a *all) { a.List = []string{"a", "b", "c"} }},
		{"one --on two -- --three", nil, func(a *all) { a.On, a.Args = true, []string{"one", "two", "--three"} }},
		{"--on=false --size 7 --name -", nil, func(a *all) { a.Size, a.Name = 7, "-" }},
		{"", map[string]string{"MCP_TEST_NAME": "env", "MCP_TEST_LIST": "a, b", "MCP_TEST_ON": "1"}, func(a *all) {
			a.Name, a.List, a.On = "env", []string{"a", "b"}, true
		}},
		{"", map[string]string{"THIRD_NAME": "third"}, func(a *all) { a.Name = "third" }},
		{"", map[string]string{"THIRD_NAME": "third", "OTHER_NAME": "other"}, func(a *all) { a.Name = "other" }},
		{"", map[string]string{"OTHER_NAME": "other", "MCP_TEST_NAME": "own"}, func(a *all) { a.Name = "own" }},
		{"--name flag", map[string]string{"MCP_TEST_NAME": "env"}, func(a *all) { a.Name = "flag" }},
		{"", map[string]string{"MCP_TEST_NAME": ""}, func(*all) {}}, // empty is as good as unset
		{"--config " + file, map[string]string{"MCP_TEST_COUNT": "9"}, func(a *all) {
			a.Name, a.List, a.Count, a.On, a.Size = "file", []string{"f", "g"}, 9, true, 2048
		}},
		{"--list z", map[string]string{"MCP_TEST_CONFIG": file}, func(a *all) {
			a.Name, a.List, a.Count, a.On, a.Size = "file", []string{"z"}, 7, true, 2048
		}},
	} {
		var got, want all
		f := declare(&got)
		declare(&want)
		test.want(&want)
		env := func(name string) (string, bool) { v, ok := test.env[name]; return v, ok }
		if err := f.Parse(strings.Fields(test.line), env); err != nil {
			t.Errorf("%s: %v", test.line, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(config.Secret{})); diff != "" {
			t.Errorf("%s %v: %s", test.line, test.env, diff)
		}
	}
}

func TestParseFaults(t *testing.T) {
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "c.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "--config=" + name
	}
	for _, test := range []struct{ line, want string }{
		{"--none", "there is no flag --none"},
		{"--name", "--name needs a value"},
		{"--mode medium", `--mode: "medium" is not one of fast, slow`},
		{"--on=perhaps", `--on: "perhaps" is not true or false`},
		{"--count 1.5", `--count: "1.5" is not a whole number`},
		{"--size 5XB", `is not a size`},
		{"--size -1", `is not a size`},
		{"--size 99999999GiB", `is not a size`},
		{"--wait 5", `is not a time`},
		{"--where redis://u:hunter2@host", "--where: a password does not belong on a command line; set MCP_TEST_WHERE"},
		{"--where redis://u:hunter2@%zz", "--where: this is not a URL"},
		{"--key=x", "a secret does not belong on a command line"},
		{file(`{`), "is not a JSON object"},
		{file(`[]`), "is not a JSON object"},
		{file(`{"none":1}`), `there is no setting "none"`},
		{file(`{"config":"x"}`), `there is no setting "config"`},
		{file(`{"name":"a","name":"b"}`), `"name" stands twice`},
		{file(`{"name":["a"]}`), `"name" takes one value, not a list`},
		{file(`{"count":"many"}`), `is not a whole number`},
		{"--config none.json", "--config: "},
	} {
		var a all
		err := declare(&a).Parse(strings.Fields(test.line), func(string) (string, bool) { return "", false })
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want %q", test.line, err, test.want)
		}
	}
}

func TestSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(" s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, env := range []map[string]string{
		{"MCP_TEST_KEY": "s3cret"}, {"OLD_KEY": "s3cret"}, {"TEST_KEY": "s3cret", "TEST_KEY_FILE": "none"}, {"TEST_KEY_FILE": file}, {"MCP_TEST_KEY_FILE": file},
	} {
		var a all
		f := declare(&a)
		if err := f.Parse(nil, func(name string) (string, bool) { v, ok := env[name]; return v, ok }); err != nil || a.Key.Reveal() != "s3cret" {
			t.Errorf("%v: got %q, %v", env, a.Key.Reveal(), err)
		}
		var help strings.Builder
		f.Help(&help)
		text, err := a.Key.MarshalText()
		shown := fmt.Sprintf("%v %+v %#v %s %q %s", a, a, a, a.Key, a.Key, text) + help.String() + f.Table()
		if err != nil || strings.Contains(shown, "s3cret") || !strings.Contains(shown, "****") {
			t.Errorf("shown: %s (%v)", shown, err)
		}
	}
	for _, env := range []map[string]string{{"MCP_TEST_WHERE": "redis://u:s3cret@host"}, {"MCP_TEST_WHERE_FILE": file}} {
		var a all
		f := declare(&a)
		err := f.Parse(nil, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
		if shown := fmt.Sprintf("%+v %#v", a, a) + f.Table(); err != nil || !strings.Contains(a.Where.Reveal(), "s3cret") || strings.Contains(shown, "s3cret") {
			t.Errorf("%v: got %q, %v, shown: %s", env, a.Where.Reveal(), err, shown)
		}
	}
	var a all
	if err := declare(&a).Parse([]string{"--where", "redis://host/1"}, nil); err != nil || a.Where.Reveal() != "redis://host/1" {
		t.Errorf("got %q, %v", a.Where.Reveal(), err)
	}
	if got := fmt.Sprint(config.Secret{}); got != "" {
		t.Errorf("got %q for none", got)
	}
}

func TestHelpAndTable(t *testing.T) {
	var a all
	f := declare(&a)
	var help strings.Builder
	f.Help(&help)
	for _, want := range []string{"DIR...\n      directories", "--name TEXT\n      a name (default joe)", "--on\n", "--size SIZE\n      a size (default 1MiB)", "  TEST_KEY\n", "MCP_TEST_READ_ONLY"} {
		if !strings.Contains(help.String(), want) {
			t.Errorf("got %s, want %q", help.String(), want)
		}
	}
	for _, want := range []string{"| `--mode fast\\|slow` | `MCP_TEST_MODE` | fast | a mode |", "| (secret) | `MCP_TEST_KEY`, `OLD_KEY`, `TEST_KEY` |"} {
		if !strings.Contains(f.Table(), want) {
			t.Errorf("got %s, want %q", f.Table(), want)
		}
	}
}

// What has changed is told by name, apart for what counts only at the start.
func TestChanged(t *testing.T) {
	read := func(line string) *config.Flags {
		t.Helper()
		f := config.New("mcp-test")
		var name, key, late, kept string
		var on bool
		var list []string
		name = "joe"
		f.String(&name, "name", "a name")
		f.Bool(&on, "on", "a switch")
		f.Strings(&list, "list", "a list")
		f.Fixed(func(f *config.Flags) {
			f.String(&late, "late", "counts at the start")
			f.String(&kept, "soon", "counts at once")
		}, "soon")
		f.String(&key, "key", "a key")
		if err := f.Parse(strings.Fields(line), func(string) (string, bool) { return "", false }); err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, test := range []struct{ before, after, now, later string }{
		{"", "", "[]", "[]"},
		{"", "--name joe --on=false", "[]", "[]"}, // as it is by default
		{"--name a --list x,y", "--name b --list x", "[name list]", "[]"},
		{"--list x --list y", "--list x,y", "[]", "[]"},
		{"--late a", "--soon b --on", "[on soon]", "[late]"},
	} {
		now, later := read(test.after).Changed(read(test.before))
		if fmt.Sprint(now) != test.now || fmt.Sprint(later) != test.later {
			t.Errorf("%s, then %s: got %v and %v", test.before, test.after, now, later)
		}
	}
	var other string
	big := config.New("mcp-test")
	big.String(&other, "other", "of an extension")
	if err := big.Parse([]string{"--other", "x"}, nil); err != nil {
		t.Fatal(err)
	}
	small := config.New("mcp-test")
	small.Like(big)
	if err := small.Parse([]string{"--other", "y"}, nil); err != nil || other != "x" {
		t.Errorf("got %q, %v", other, err)
	}
	if _, later := small.Changed(big); fmt.Sprint(later) != "[other]" {
		t.Errorf("got %v", later)
	}
}
