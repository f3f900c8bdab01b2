package mrkdwn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// lazy makes an expression when it is needed first.
func lazy(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// wide is an at sign that Slack takes for no mention.
const wide = "\uff20"

// The expressions are made when something is sent: a server that only reads
// starts without them.
var (
	broadcast = lazy(`(?i)<!\s*(channel|here|everyone|group)\s*(?:\|[^<>]*)?>`)
	subteam   = lazy(`(?i)<!\s*subteam\^([A-Z0-9]+)\s*(?:\|@?([^<>]*))?>`)
	special   = lazy(`<!([^<>]*)>`)
	spelled   = lazy(`(?i)@(channel|here|everyone|group)\b`)
	person    = lazy(`<@[A-Z0-9]+(?:\|[^<>]*)?>`)
)

// Tame takes the power from mentions of many: @channel, @here, @everyone and
// user groups, however they are written. It reports how many there were.
func Tame(text string) (string, int) {
	n := 0
	replace := func(re *regexp.Regexp, how func(m []string) string) {
		text = re.ReplaceAllStringFunc(text, func(s string) string {
			n++
			return how(re.FindStringSubmatch(s))
		})
	}
	replace(broadcast(), func(m []string) string { return wide + strings.ToLower(m[1]) })
	replace(subteam(), func(m []string) string {
		if m[2] != "" {
			return wide + m[2]
		}
		return wide + m[1]
	})
	text = special().ReplaceAllStringFunc(text, func(s string) string { // dates aside, what else Slack may make of it is not known
		if strings.HasPrefix(s, "<!date^") {
			return s
		}
		n++
		return wide + strings.Trim(s, "<!>")
	})
	replace(spelled(), func(m []string) string { return wide + m[1] })
	return text, n
}

// People is how many people a text mentions.
func People(text string) int { return len(person().FindAllString(text, -1)) }

// secrets are shapes that nothing but a secret has.
var secrets = lazy(strings.Join([]string{
	`xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,}`, `xapp-[A-Za-z0-9-]{8,}`, `-----BEGIN [A-Z0-9 ]*PRIVATE KEY`, `\bA[KS]IA[0-9A-Z]{16}\b`,
	`\bgh[pousr]_[A-Za-z0-9]{20,}`, `\bgithub_pat_[A-Za-z0-9_]{20,}`, `\bglpat-[A-Za-z0-9_-]{16,}`, `\bnpm_[A-Za-z0-9]{30,}`, `\bsk-[A-Za-z0-9_-]{20,}`,
	`\b[rs]k_live_[A-Za-z0-9]{10,}`, `\bAIza[A-Za-z0-9_-]{30,}`, `\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}`,
	`hooks\.slack\.com/services/[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]+`, `://[^\s/:@<>|]+:[^\s/@<>|]+@`,
}, "|"))

// told are values behind names that say they are secret.
var told = lazy(`(?i)\b(?:password|passwd|api[_-]?key|secret[_-]?key|access[_-]?key|access[_-]?token|client[_-]?secret)["'*` + "`" + `]*\s*[:=]\s*["'` + "`" + `]?([^\s"'` + "`" + `<>|]+)`)

// HasSecret reports whether a text holds what looks like a token, a key or a
// password.
func HasSecret(text string) bool {
	// Signs that do not show do not make a secret harmless.
	return hasSecret(text) || hasSecret(strings.Map(func(r rune) rune {
		if Hidden(r) || r == '\u200d' || r == '\u200c' {
			return -1
		}
		return r
	}, text))
}

func hasSecret(text string) bool {
	if secrets().MatchString(text) {
		return true
	}
	for _, m := range told().FindAllStringSubmatch(text, -1) { // words of a sentence have no digits
		if len(m[1]) >= 8 && strings.ContainsAny(m[1], "0123456789") {
			return true
		}
	}
	return false
}

var (
	schemed = lazy(`(?i)[a-z][a-z0-9+.-]*://[^\s<>|"'\x60)\]}]*`)
	bare    = lazy(`(?i)(?:[a-z0-9-]+\.)+[a-z]{2,24}(?:[:/?#][^\s<>|"'\x60)\]}]*)?|\d{1,3}(?:\.\d{1,3}){3}`)
)

// Hosts are the hosts of all that Slack could take for a link in a text: also
// of names such as evil.example without http before them. One that cannot be
// told is "?".
func Hosts(text string) []string {
	var out []string
	add := func(link string) {
		u, err := url.Parse(link)
		if err != nil || u.Hostname() == "" {
			out = append(out, "?")
			return
		}
		out = append(out, strings.TrimSuffix(strings.ToLower(u.Hostname()), "."))
	}
	text = strings.ReplaceAll(text, "&amp;", "&")
	for _, link := range schemed().FindAllString(text, -1) {
		add(link)
	}
	for _, link := range bare().FindAllString(schemed().ReplaceAllString(text, " "), -1) {
		add("https://" + link)
	}
	return out
}

// Listed reports whether each host is one of the domains or below one.
func Listed(hosts, domains []string) bool {
	for _, host := range hosts {
		if !slices.ContainsFunc(domains, func(d string) bool {
			d = strings.ToLower(d)
			return host == d || strings.HasSuffix(host, "."+d)
		}) {
			return false
		}
	}
	return true
}

var picture = lazy(`!\[[^\]]*\]\(([^)\s]*)`)

// Pictures are the addresses of pictures in a Markdown text, which Slack may
// fetch.
func Pictures(markdown string) []string {
	var out []string
	for _, m := range picture().FindAllStringSubmatch(markdown, -1) {
		out = append(out, m[1])
	}
	return out
}

// Blocks are blocks on their way out.
type Blocks struct {
	JSON    []byte
	Tamed   int
	Strings []string // all texts in them
	Fetched []string // addresses that Slack would fetch
}

var (
	shown = []string{"section", "header", "divider", "context", "rich_text", "image", "markdown", "table"}
	// fetches are the fields whose address Slack fetches, shown or not.
	fetches = []string{"image_url", "thumb_url", "thumbnail_url", "video_url", "icon_url", "provider_icon_url", "author_icon", "footer_icon", "avatar_url"}
)

const mostBlocks = 50

// ReadBlocks takes blocks apart, and takes the power from the mentions in them
// if tame is set.
func ReadBlocks(raw []byte, tame bool) (Blocks, error) {
	var out Blocks
	var list []map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&list); err != nil || d.More() {
		return out, errors.New("blocks are a JSON array of objects")
	}
	if len(list) == 0 || len(list) > mostBlocks {
		return out, fmt.Errorf("there are %d blocks: send 1 to %d", len(list), mostBlocks)
	}
	for i, block := range list {
		kind, _ := block["type"].(string)
		if !slices.Contains(shown, kind) {
			return out, fmt.Errorf("block %d is of the type %q: only %s are sent", i+1, Line(kind, 40), strings.Join(shown, ", "))
		}
		list[i], _ = out.walk(block, "", tame).(map[string]any)
	}
	var err error
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err = e.Encode(list)
	out.JSON = bytes.TrimSpace(buf.Bytes())
	return out, err
}

func (b *Blocks) walk(v any, key string, tame bool) any {
	switch v := v.(type) {
	case string:
		if slices.Contains(fetches, key) {
			b.Fetched = append(b.Fetched, v)
		}
		if tame && key != "type" {
			var n int
			v, n = Tame(v)
			b.Tamed += n
		}
		b.Strings = append(b.Strings, v)
		b.Fetched = append(b.Fetched, Pictures(v)...)
		return v
	case []any:
		for i := range v {
			v[i] = b.walk(v[i], key, tame)
		}
	case map[string]any:
		kind, _ := v["type"].(string)
		if tame && (kind == "broadcast" || kind == "usergroup") {
			b.Tamed++
			name := "group"
			for _, field := range []string{"range", "usergroup_id"} {
				if s, ok := v[field].(string); ok {
					name = s
				}
			}
			b.Strings = append(b.Strings, wide+name)
			return map[string]any{"type": "text", "text": wide + name}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			v[name] = b.walk(v[name], name, tame)
		}
	}
	return v
}
