package archive

import (
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// Matcher is a query as a test of single messages, for where there is no index.
func Matcher(q wire.Query) func(m *wire.Message) bool {
	ask := parseQuery(q.Words)
	return func(m *wire.Message) bool {
		if len(q.From) > 0 && !slices.Contains(q.From, m.User) || q.Threads && (m.ThreadTS == "" || m.ThreadTS == m.TS) {
			return false
		}
		words := map[string]bool{}
		tokens(m.Text, nil, func(word []byte) { words[string(word)] = true })
		for _, word := range ask.without {
			if words[word] {
				return false
			}
		}
		for _, term := range ask.terms {
			if !holds(words, term[0]) {
				return false
			}
		}
		return holdsAll(m.Text, ask.phrases)
	}
}

func holds(words map[string]bool, term string) bool {
	prefix, is := strings.CutSuffix(term, "*")
	if !is {
		return words[term]
	}
	for word := range words {
		if strings.HasPrefix(word, prefix) {
			return true
		}
	}
	return false
}
