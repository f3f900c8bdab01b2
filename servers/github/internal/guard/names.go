package guard

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// What names are made of. How long they may be is asked apart: an expression
// with large counts takes long to compile, at each start.
var (
	loginName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\[bot\])?$`)
	ownerName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$`)
	repoName  = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	hexName   = regexp.MustCompile(`^[0-9a-fA-F]+$`)
	nodeName  = regexp.MustCompile(`^[A-Za-z0-9_=+/-]+$`)
)

func isHex(s string) bool { return len(s) >= 7 && len(s) <= 64 && hexName.MatchString(s) }

// checkRepo finds out whether owner and name can be those of a repository.
func checkRepo(owner, name string) error {
	if len(owner) > 100 || !ownerName.MatchString(owner) {
		return mcpcore.Hint(fmt.Errorf("owner: %s is no name of an account", quote(owner)), "an owner is made of letters, digits and hyphens")
	}
	if len(name) > 100 || !repoName.MatchString(name) || name == "." || name == ".." || strings.HasSuffix(strings.ToLower(name), ".git") {
		return mcpcore.Hint(fmt.Errorf("repo: %s is no name of a repository", quote(name)), "a name is made of letters, digits, hyphens, underscores and dots")
	}
	return nil
}

func checkLogin(what, name string) error {
	if len(name) > 105 || !loginName.MatchString(name) {
		return mcpcore.Hint(fmt.Errorf("%s: %s is no name of an account", what, quote(name)), "an account is made of letters, digits and hyphens")
	}
	return nil
}

func checkSlug(what, name string) error {
	if len(name) > 100 || !repoName.MatchString(name) || strings.Trim(name, ".") == "" {
		return mcpcore.Hint(fmt.Errorf("%s: %s is no such name", what, quote(name)), "use letters, digits, hyphens, underscores and dots")
	}
	return nil
}

// cleanPath takes a path inside a repository apart. "" and "/" are the root.
func cleanPath(path string) ([]string, error) {
	trimmed := strings.Trim(path, "/")
	if trimmed == "" {
		return nil, nil
	}
	parts := strings.Split(trimmed, "/")
	for _, p := range parts {
		if p == "" || p == "." || p == ".." || !printable(p) {
			return nil, mcpcore.Hint(fmt.Errorf("path: %s is no path inside a repository", quote(path)),
				"write it from the root of the repository, without . and .., such as src/main.go")
		}
	}
	if len(trimmed) > 4096 {
		return nil, errors.New("path: it is longer than 4096 bytes")
	}
	return parts, nil
}

// printable reports whether a text is UTF-8 without control characters, and
// without those that change how others are shown.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || hidden(r) })
}

// hidden are characters that cannot be seen, or turn the order of others.
func hidden(r rune) bool {
	switch {
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r == 0xFEFF, r == 0x00AD, r == 0x061C, r == 0x180E:
		return true
	case r >= 0xE0000 && r <= 0xE0FFF, r >= 0xFE00 && r <= 0xFE0F, r == 0x2028, r == 0x2029:
		return true
	}
	return false
}

// checkRef finds out whether ref can be the name of a branch, a tag or a
// commit, by the rules of git.
func checkRef(what, ref string) error {
	bad := ref == "" || ref == "@" || len(ref) > 1000 || !printable(ref) || strings.ContainsAny(ref, " ~^:?*[\\") ||
		strings.Contains(ref, "..") || strings.Contains(ref, "@{") || strings.Contains(ref, "//") ||
		strings.HasPrefix(ref, "/") || strings.HasSuffix(ref, "/") || strings.HasSuffix(ref, ".") || strings.HasPrefix(ref, "-")
	for part := range strings.SplitSeq(ref, "/") {
		bad = bad || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock")
	}
	if bad {
		return mcpcore.Hint(fmt.Errorf("%s: %s is no name of a branch, tag or commit", what, quote(ref)), "list_branches and list_tags tell which there are")
	}
	return nil
}

func checkSHA(what, sha string) error {
	if !isHex(sha) {
		return mcpcore.Hint(fmt.Errorf("%s: %s is no SHA", what, quote(sha)), "a SHA has 40 hexadecimal digits")
	}
	return nil
}

func checkNode(what, id string) error {
	if len(id) < 4 || len(id) > 200 || !nodeName.MatchString(id) {
		return fmt.Errorf("%s: %s is no ID of GitHub", what, quote(id))
	}
	return nil
}

// quote is a text of a caller as an error shows it: on one line, and not long.
func quote(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
