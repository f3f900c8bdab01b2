package guard

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/lazy"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// budget counts the changes of the last hour.
type budget struct {
	mu sync.Mutex
	at []time.Time
}

func (b *budget) take(most int) error {
	if most <= 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for len(b.at) > 0 && now.Sub(b.at[0]) >= time.Hour {
		b.at = b.at[1:]
	}
	if len(b.at) >= most {
		return mcpcore.Refused("--max-writes-per-hour", mcpcore.RetryAfter(fmt.Errorf("the %d changes that are allowed an hour are made", most), b.at[0].Add(time.Hour).Sub(now)))
	}
	b.at = append(b.at, now)
	return nil
}

// secretShapes are what secrets look like that give themselves away.
var secretShapes = []struct {
	what  string
	hint  string
	looks func() *regexp.Regexp
}{
	{"a private key", "-----BEGIN", lazy.Regexp(`-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\S]{40,}`)},
	{"a GitHub token", "gh", lazy.Regexp(`\bgh[pousr]_[A-Za-z0-9]{36,}`)},
	{"a GitHub token", "github_pat_", lazy.Regexp(`\bgithub_pat_[A-Za-z0-9_]{60,}`)},
	{"a GitLab token", "glpat-", lazy.Regexp(`\bglpat-[A-Za-z0-9_-]{20,}`)},
	{"an AWS access key", "A", lazy.Regexp(`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`)},
	{"a Slack token", "xox", lazy.Regexp(`\bxox[abeoprs]-[A-Za-z0-9-]{20,}`)},
	{"a Slack webhook", "hooks.slack.com", lazy.Regexp(`hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,}`)},
	{"a Google API key", "AIza", lazy.Regexp(`\bAIza[0-9A-Za-z_-]{35}`)},
	{"a Stripe key", "k_live_", lazy.Regexp(`\b[rs]k_live_[0-9A-Za-z]{24,}`)},
	{"an npm token", "npm_", lazy.Regexp(`\bnpm_[A-Za-z0-9]{36}`)},
	{"a PyPI token", "pypi-", lazy.Regexp(`\bpypi-AgE[A-Za-z0-9_-]{50,}`)},
	{"an API key", "sk-", lazy.Regexp(`\bsk-(?:ant-|proj-|live-)?[A-Za-z0-9_-]{40,}`)},
	{"a SendGrid key", "SG.", lazy.Regexp(`\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}`)},
	{"a signed token (JWT)", "eyJ", lazy.Regexp(`\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{20,}`)},
	{"a password in a URL", "://", lazy.Regexp(`\b[a-z][a-z0-9+]*://[^/\s:@"'<>]{1,80}:[^/\s:@"'<>$\\{}]{8,}@[a-zA-Z0-9.-]+\.[a-z]{2,}`)},
}

// findSecret refuses a body of a request that holds what looks like a secret.
// Contents in base64 are looked into as well.
func findSecret(body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var any any
	if err := json.Unmarshal(text, &any); err != nil {
		return err
	}
	what := secretIn(any, 0)
	if what == "" { // it may have been put into several parts, such as a title and a body
		what = secretInText(strings.Join(textsIn(any, nil), "\n"))
	}
	if what == "" {
		return nil
	}
	return mcpcore.Refused("--secret-scan", mcpcore.Hint(errors.New("what is about to be sent holds "+what+", and is not sent"),
		"leave the secret out, and tell the user; a person can start the server with --secret-scan off"))
}

func secretIn(v any, depth int) string {
	switch v := v.(type) {
	case string:
		if what := secretInText(v); what != "" {
			return what
		}
		if depth > 0 && len(v) >= 24 { // contents of files are sent in base64
			if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(v)); err == nil {
				return secretInText(string(bytes.ToValidUTF8(plain, nil)))
			}
		}
	case []any:
		for _, one := range v {
			if what := secretIn(one, depth+1); what != "" {
				return what
			}
		}
	case map[string]any:
		for name, one := range v {
			if depth == 0 && name == "query" {
				continue
			}
			if what := secretIn(one, depth+1); what != "" {
				return what
			}
		}
	}
	return ""
}

// textsIn are the texts in a value, in the order of their names.
func textsIn(v any, out []string) []string {
	switch v := v.(type) {
	case string:
		return append(out, v)
	case []any:
		for _, one := range v {
			out = textsIn(one, out)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out = textsIn(v[name], out)
		}
	}
	return out
}

func secretInText(text string) string {
	for i := range secretShapes {
		s := &secretShapes[i]
		if strings.Contains(text, s.hint) && s.looks().MatchString(text) {
			return s.what
		}
	}
	return ""
}
