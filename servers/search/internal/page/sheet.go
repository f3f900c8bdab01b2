package page

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// sheet are the elements that the style sheets in a page hide, as far as they
// are named by tag, class and id alone.
type sheet []selector

type selector struct {
	tag, id string
	classes []string
}

// maxRules bounds the rules of a page's own style sheets that are looked at.
const maxRules = 5000

// sheetOf reads the style sheets in a page.
func sheetOf(doc *html.Node) sheet {
	var out sheet
	walk(doc, func(n *html.Node) bool {
		if n.Type == html.ElementNode && n.DataAtom == atom.Style {
			out = append(out, rules(textOf(n))...)
		}
		return len(out) < maxRules
	})
	return out
}

func rules(css string) sheet {
	css = commentsOfStyle.ReplaceAllString(strings.ToLower(css), "")
	var out sheet
	for range maxRules {
		open := strings.IndexByte(css, '{')
		if open < 0 {
			break
		}
		names, rest := css[:open], css[open+1:]
		end := strings.IndexAny(rest, "{}")
		if end < 0 {
			break
		}
		if rest[end] == '{' { // a block of rules, such as of @media: those inside come next
			css = rest
			continue
		}
		if hiding(rest[:end]) {
			if i := strings.LastIndexAny(names, "{}"); i >= 0 {
				names = names[i+1:]
			}
			for name := range strings.SplitSeq(names, ",") {
				if s, ok := selectorOf(strings.TrimSpace(name)); ok {
					out = append(out, s)
				}
			}
		}
		css = strings.TrimLeft(rest[end+1:], "} \n\t")
	}
	return out
}

// selectorOf reads a selector. Of one with several parts the last is what is
// hidden, somewhere; to hide too much there would be worse than too little.
func selectorOf(text string) (selector, bool) {
	if text == "" || strings.ContainsAny(text, " >+~:[*@()") {
		return selector{}, false
	}
	var s selector
	for text != "" {
		end := strings.IndexAny(text[1:], ".#") + 1
		if end == 0 {
			end = len(text)
		}
		switch part := text[:end]; part[0] {
		case '.':
			s.classes = append(s.classes, part[1:])
		case '#':
			s.id = part[1:]
		default:
			s.tag = part
		}
		text = text[end:]
	}
	return s, s.tag != "html" && s.tag != "body"
}

// hide reports whether an element is hidden by one of the rules.
func (s sheet) hide(n *html.Node) bool {
	if len(s) == 0 {
		return false
	}
	id, classes := strings.ToLower(attribute(n, "id")), strings.Fields(strings.ToLower(attribute(n, "class")))
	has := func(name string) bool {
		for _, c := range classes {
			if c == name {
				return true
			}
		}
		return false
	}
rules:
	for _, r := range s {
		if r.tag != "" && r.tag != n.Data || r.id != "" && r.id != id || r.tag == "" && r.id == "" && len(r.classes) == 0 {
			continue
		}
		for _, c := range r.classes {
			if !has(c) {
				continue rules
			}
		}
		return true
	}
	return false
}
