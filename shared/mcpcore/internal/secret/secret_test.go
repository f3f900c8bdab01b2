package secret_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/internal/secret"
)

// The tokens are put together here, so that no scanner takes this file for a leak.
var tokens = map[string]string{
	"GitHub":             "ghp_" + strings.Repeat("aB3", 12),
	"GitHub app":         "ghs_" + strings.Repeat("aB3", 12),
	"GitHub fine":        "github_pat_" + strings.Repeat("aB3_", 20),
	"GitLab":             "glpat-" + strings.Repeat("x-Y", 7),
	"Slack bot":          "xoxb-" + "123456789012-1234567890123-abcDEF",
	"Slack app":          "xapp-" + "1-A123-456-abcdef",
	"Slack refresh":      "xoxe.xoxp-" + "1-Mi0yLTEyMzQ1Njc4",
	"AWS":                "AKIA" + "IOSFODNN7EXAMPLE",
	"Google":             "AIza" + strings.Repeat("Sy_", 12),
	"npm":                "npm_" + strings.Repeat("aB3", 12),
	"model vendor":       "sk-" + "proj-" + strings.Repeat("aB3", 12),
	"Stripe":             "sk_live_" + strings.Repeat("aB3", 8),
	"JSON Web Token":     "eyJ" + "hbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
	"encrypted token":    "eyJ" + "hbGciOiJSU0EtT0FFUCJ9.a-b.c.d.e",
	"private key":        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----",
	"half a private key": "-----BEGIN PRIVATE KEY-----\nMIIEabcd",
}

func TestTokens(t *testing.T) {
	for name, token := range tokens {
		for _, around := range []string{"%", "/home/%/x", "a % b", `{"a":"%"}`, "x=%&y", "'%'"} {
			text := strings.Replace(around, "%", token, 1)
			got := secret.Mask(text)
			if body := token[len(token)/2:]; strings.Contains(got, body) || !strings.Contains(got, secret.Masked) {
				t.Errorf("%s: %q became %q", name, text, got)
			}
		}
	}
}

func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"/home/ada/notes.txt":           "/home/ada/notes.txt",
		"the basics of bearers":         "the basics of bearers",
		"https://example.com/a?b=c#d":   "https://example.com/a?b=c#d",
		"git@example.com:a/b":           "git@example.com:a/b",
		"token ring":                    "token ring",
		"12:30:45":                      "12:30:45",
		"monkey=banana":                 "monkey=banana",
		"https://u:hunter2@example.com": "https://****@example.com",
		"https://u:hunt@er2@h/":         "https://****@h/",
		"postgres://u@h/db":             "postgres://****@h/db",
		`"https:\/\/u:hunter2@h"`:       `"https:\/\/****@h"`,
		"Authorization: Basic aHVudGVyMg==\r\nHost: x":   "Authorization: ****\r\nHost: x",
		"bearer aGVsbG8td29ybGQ":                         "bearer ****",
		"sent Bearer  abc.def.ghi to":                    "sent Bearer  **** to",
		"password=hunter2&x=1":                           "password=****&x=1",
		"PGPASSWORD=hunter2 psql":                        "PGPASSWORD=**** psql",
		`{"password": "hunter \" 2", "a":1}`:             `{"password": ****, "a":1}`,
		`client_secret: 'hunter2'`:                       `client_secret: ****`,
		`api-key="hunter2`:                               `api-key=****`,
		"https://h/x?access_token=hunter2&y=1":           "https://h/x?access_token=****&y=1",
		"https://h/x?sv=1&sig=aGVsbG8%3D&se=2":           "https://h/x?sv=1&sig=****&se=2",
		"the token: hunter2":                             "the token: ****",
		`a map[Authorization:[Bearer hunter22]]`:         `a map[Authorization:****`,
		"X-Api-Key: hunter2":                             "X-Api-Key: ****",
		"AWS_SECRET_ACCESS_KEY=hunter2/x+y":              "AWS_SECRET_ACCESS_KEY=****",
		`{\"password\":\"hunter2\"}`:                     `{\"password\":****\"}`,
		"Zm9v password : hunter2, and the rest is shown": "Zm9v password : ****, and the rest is shown",
	} {
		if got := secret.Mask(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestName(t *testing.T) {
	for name, want := range map[string]bool{
		"password": true, "db_password": true, "apiKey": true, "Authorization": true, "githubToken": true, "client-secret": true,
		"path": false, "key": false, "tokens_per_minute": false, "content": false,
	} {
		if got := secret.Name(name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// Whatever stands round a token, it does not get through, and a text that was
// masked is not changed again.
func FuzzMask(f *testing.F) {
	for _, token := range tokens {
		f.Add("at ", token[:len(token)/2], " the end")
	}
	f.Add("https://a:", "b@", "c")
	f.Add(`"password":"`, `\"`, `"`)
	token := tokens["GitHub"]
	f.Fuzz(func(t *testing.T, before, middle, after string) {
		got := secret.Mask(before + middle + " " + token + " " + after)
		if strings.Contains(got, token[4:]) {
			t.Errorf("a token got through: %q", got)
		}
		if again := secret.Mask(got); strings.Contains(again, token[4:]) || len(again) > len(got)+len(got)*len(secret.Masked) {
			t.Errorf("%q became %q", got, again)
		}
	})
}

func BenchmarkMask(b *testing.B) {
	for name, text := range map[string]string{
		"path":  "/home/ada/projects/toolbelt/shared/mcpcore/internal/secret_test.go",
		"error": `access denied: "/etc/passwd" is outside the allowed directories: call list_allowed_directories`,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				secret.Mask(text)
			}
		})
	}
}
