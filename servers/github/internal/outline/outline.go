// Package outline lists the declarations in a file of source code, found line
// by line: enough to know where to read on.
package outline

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/lazy"
)

// rules are what declarations look like, by the ending of a name.
var rules = map[string]func() *regexp.Regexp{}

func init() {
	for endings, text := range map[string]string{
		"go":                         `^(?:func|type|package)\s|^(?:var|const)\s+[A-Za-z_(]|^\t[A-Z]\w*\([^)]*\).*$`,
		"py pyi":                     `^\s*(?:async\s+def|def|class)\s+\w|^[A-Z][A-Z0-9_]+\s*(?::.*)?=`,
		"js jsx ts tsx mjs cjs vue":  `^\s*(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\*?|class|interface|enum|namespace|type)\s+\w|^\s*export\s+(?:const|let|var|default)\b|^(?:const|let|var)\s+\w+\s*=\s*(?:async\s*)?(?:\(|function|\w+\s*=>)|^\s{2,4}(?:public |private |protected |static |async |get |set |readonly )*[A-Za-z_$][\w$]*\([^)]*\)(?::[^{]+)?\s*\{\s*$`,
		"rs":                         `^\s*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+|unsafe\s+|const\s+|extern\s+"C"\s+)*(?:fn|struct|enum|trait|impl|mod|type|union|static|const|macro_rules!)\b`,
		"java kt kts scala cs swift": `^\s*(?:@\w+\s+)*(?:(?:public|private|protected|internal|open|static|final|abstract|sealed|override|data|suspend|virtual|async|partial|export|case|implicit)\s+)*(?:class|interface|enum|record|object|trait|struct|protocol|extension|namespace|fun|func|def|val|init)\b|^\s*(?:public|private|protected|internal|static)[\w<>\[\],.? ]*\s\w+\s*\([^;]*$`,
		"rb":                         `^\s*(?:class|module|def|attr_\w+|scope)\s`,
		"php":                        `^\s*(?:abstract\s+|final\s+|public\s+|private\s+|protected\s+|static\s+)*(?:function|class|interface|trait|enum|namespace)\b`,
		"c h cc cpp cxx hpp hh m":    `^(?:static\s+|inline\s+|extern\s+|const\s+|unsigned\s+|virtual\s+)*[A-Za-z_][\w:<>,*& ]*\s[*&]*[\w:~]+\([^;]*$|^\s*(?:typedef\s+)?(?:class|struct|enum|union|namespace|template)\b|^#define\s+\w`,
		"md markdown rst mdx":        `^#{1,6}\s+\S`,
		"sh bash zsh":                `^\s*(?:function\s+)?\w[\w-]*\s*\(\)\s*\{?`,
		"sql":                        `(?i)^\s*(?:create|alter)\s+(?:or\s+replace\s+)?\w`,
		"proto graphql gql":          `^\s*(?:message|service|rpc|enum|type|interface|input|union|scalar|extend|query|mutation|fragment)\s`,
		"yaml yml toml ini":          `^[A-Za-z_"'][\w."' -]*:|^\[`,
		"ex exs":                     `^\s*(?:defmodule|defp?|defmacro|defstruct|@type)\b`,
		"lua":                        `^\s*(?:local\s+)?function\b`,
		"tf hcl":                     `^(?:resource|data|module|variable|output|provider|locals|terraform)\b`,
	} {
		re := lazy.Regexp(text)
		for ending := range strings.FieldsSeq(endings) {
			rules[ending] = re
		}
	}
}

const (
	most     = 400 // lines of an outline
	maxWidth = 160
)

// Of is the outline of a file's lines, each behind its number.
func Of(name string, lines []string) string {
	rule := rules[strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))]
	if rule == nil {
		return fmt.Sprintf("[no outline for files such as %s: read it by lines]", name)
	}
	re := rule()
	var b strings.Builder
	found := 0
	for i, l := range lines {
		l = strings.TrimRight(l, "\r\n\t ")
		if !re.MatchString(l) {
			continue
		}
		if found++; found > most {
			fmt.Fprintf(&b, "[more from line %d on]\n", i+1)
			break
		}
		if r := []rune(l); len(r) > maxWidth {
			l = string(r[:maxWidth]) + "…"
		}
		fmt.Fprintf(&b, "%d: %s\n", i+1, strings.TrimSuffix(l, " {"))
	}
	if found == 0 {
		return "[no declarations found]"
	}
	return b.String()
}
