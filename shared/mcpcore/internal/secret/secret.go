// Package secret finds what looks like a secret in a text and masks it: tokens
// of known shapes, keys, passwords in URLs and behind names that say so. It is
// the last net under logs, not a reason to put secrets into them: a secret
// without a shape of its own passes.
package secret

import (
	"regexp"
	"strings"
)

// Masked stands where a secret was.
const Masked = "****"

// shape is what a secret looks like. The expression is tried only where one of
// the hints occurs, as most texts hold none.
type shape struct {
	needs string   // any of these characters; "" for nothing
	hints []string // any of these, in lower case where case does not matter
	fold  bool     // it does not
	looks *regexp.Regexp
	by    string // what it is replaced by
}

// word is what ends neither at a space nor at what separates values.
const word = `[^\s"'&,;\\<>]`

var shapes = []shape{
	{"", []string{"-----BEGIN"}, false, regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)`), Masked},
	{"", []string{"://", `:\/\/`}, false, regexp.MustCompile(`(:(?:/|\\/){2})[^\s/\\?#"'<>@]*(?:@[^\s/\\?#"'<>@]*)*@`), "${1}" + Masked + "@"},
	{"", []string{"eyJ"}, false, regexp.MustCompile(`eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){1,4}`), Masked},
	{"", []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"}, false, regexp.MustCompile(`gh[pousr]_[A-Za-z0-9]{8,}`), Masked},
	{"", []string{"github_pat_"}, false, regexp.MustCompile(`github_pat_[A-Za-z0-9_]{8,}`), Masked},
	{"", []string{"glpat-"}, false, regexp.MustCompile(`glpat-[A-Za-z0-9_.-]{8,}`), Masked},
	{"", []string{"xox", "xapp-"}, false, regexp.MustCompile(`(?:xox[a-z](?:\.xox[a-z])?|xapp)-[A-Za-z0-9-]{8,}`), Masked},
	{"", []string{"AKIA", "ASIA"}, false, regexp.MustCompile(`A[KS]IA[0-9A-Z]{12,}`), Masked},
	{"", []string{"AIza"}, false, regexp.MustCompile(`AIza[A-Za-z0-9_-]{20,}`), Masked},
	{"", []string{"npm_"}, false, regexp.MustCompile(`npm_[A-Za-z0-9]{20,}`), Masked},
	{"", []string{"sk-"}, false, regexp.MustCompile(`\bsk-[A-Za-z0-9_-]{16,}`), Masked},
	{"", []string{"k_live_", "k_test_"}, false, regexp.MustCompile(`[rsp]k_(?:live|test)_[A-Za-z0-9]{8,}`), Masked},
	{" \t\n", []string{"bearer", "basic"}, true, regexp.MustCompile(`(?i)\b(bearer|basic)(\s+)[A-Za-z0-9+/._~-]{6,}=*`), "${1}${2}" + Masked},
	{"=:", []string{"authorization"}, true, regexp.MustCompile(`(?i)((?:proxy-)?authorization["'\\]*\s*[:=]\s*)[^\r\n"]+`), "${1}" + Masked},
	{"=:", []string{"passw", "passphrase", "pwd", "secret", "token", "key", "credential"}, true, regexp.MustCompile(
		`(?i)((?:` + names + `)["'\\]*\s*[:=]\s*)(?:\\+"[^"\\]*|"(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$)|` + word + `+)`), "${1}" + Masked},
	{"", []string{"sig=", "Signature=", "code=", "key="}, false, regexp.MustCompile(`([?&;](?:sig|X-Amz-Signature|Signature|code|key)=)` + word + `+`), "${1}" + Masked},
}

// names are those of values that are secret.
const names = `password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?key|credentials?`

var secretName = regexp.MustCompile(`(?i)(?:` + names + `|authorization|cookie)$`)

// Mask returns text with a mask in place of what looks like a secret.
func Mask(text string) string {
	for i := range shapes {
		s := &shapes[i]
		if s.hinted(text) {
			text = s.looks.ReplaceAllString(text, s.by)
		}
	}
	return text
}

func (s *shape) hinted(text string) bool {
	if s.needs != "" && !strings.ContainsAny(text, s.needs) {
		return false
	}
	for _, hint := range s.hints {
		if strings.Contains(text, hint) || s.fold && containsFold(text, hint) {
			return true
		}
	}
	return false
}

// containsFold looks for a word of small letters, whatever its case in text.
func containsFold(text, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		if text[i]|0x20 == word[0] && strings.EqualFold(text[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

// Name reports whether a value of this name is a secret whatever it looks like.
func Name(name string) bool { return secretName.MatchString(name) }
