package github

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/lazy"
)

// newFence is a mark that nobody outside can foresee, so that a text cannot
// pretend to end where it does not. It is made from the token, where there is
// one, so that all replicas of a server have the same.
func newFence(token string) string {
	sum := sha256.Sum256([]byte("fence " + token))
	if token == "" {
		rand.Read(sum[:]) //nolint:errcheck // never fails
	}
	return "untrusted-" + hex.EncodeToString(sum[:3])
}

// quoted is a text of others, between marks that say where it is from.
func (s *server) quoted(from, text string) string {
	text = clean(text)
	if strings.TrimSpace(text) == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("<" + s.fence)
	if from != "" {
		b.WriteString(" " + from)
	}
	b.WriteString(">\n" + strings.TrimRight(text, "\n") + "\n</" + s.fence + ">")
	return b.String()
}

var (
	htmlComment = lazy.Regexp(`(?s)<!--.*?(?:-->|\z)`)
	mdImage     = lazy.Regexp(`!\[([^\]]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)`)
	htmlImage   = lazy.Regexp(`(?is)<(?:img|video|audio|iframe|object|embed|source)\b[^>]*>`)
	srcOf       = lazy.Regexp(`(?i)\bsrc\s*=\s*["']?([^"'\s>]+)`)
)

// clean takes out of Markdown what a reader on GitHub does not see, and makes
// images inert: a client that shows them would fetch from wherever they say.
func clean(text string) string {
	text = visible(text)
	if strings.Contains(text, "<!--") {
		text = htmlComment().ReplaceAllString(text, "")
	}
	if strings.Contains(text, "![") {
		text = mdImage().ReplaceAllString(text, "[image: $1 $2]")
	}
	if strings.Contains(text, "<") {
		text = htmlImage().ReplaceAllStringFunc(text, func(tag string) string {
			if src := srcOf().FindStringSubmatch(tag); src != nil {
				return "[image: " + src[1] + "]"
			}
			return "[image]"
		})
	}
	return text
}

// visible is text without characters that cannot be seen or that turn the
// order of others. Line ends become those of Unix.
func visible(text string) string {
	plain := true
	for i := range len(text) {
		if c := text[i]; c >= 0x80 || c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return text
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case r == unicode.ReplacementChar || unicode.IsControl(r) || invisible(r):
			return -1
		}
		return r
	}, text)
}

// invisible are characters without a look of their own, and those that turn
// the order of others. A joiner between emoji is among them: nothing is lost
// but the look.
func invisible(r rune) bool {
	switch {
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r == 0xFEFF, r == 0x00AD, r == 0x061C, r == 0x180E:
		return true
	case r >= 0xE0000 && r <= 0xE0FFF, r >= 0xFE00 && r <= 0xFE0F, r == 0x2028, r == 0x2029, r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0:
		return true
	}
	return false
}

// line is a text on one line, cut after most characters; 0 leaves its end.
func line(text string, most int) string {
	text = strings.Join(strings.Fields(clean(text)), " ")
	if runes := []rune(text); most > 0 && len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
