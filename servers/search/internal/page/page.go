// Package page turns web pages into Markdown: what a person would see of them,
// and nothing that only a program would.
package page

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	readability "codeberg.org/readeck/go-readability"
	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// Page is a page as Markdown.
type Page struct {
	Title    string
	Byline   string
	Markdown string
	Links    []Link
	Main     bool // the Markdown is the main part of the page, found among others
}

// Link is a link of a page.
type Link struct{ Text, URL string }

// maxMain is the size of the largest page whose main part is looked for, which
// takes long.
const maxMain = 3 << 20

// Convert converts HTML. contentType says, if it can, how characters are
// encoded; at is where the page was. Where whole is true all of the page is
// taken, else its main part if it has one.
func Convert(raw []byte, contentType string, at *url.URL, whole bool) (*Page, error) {
	var decoded io.Reader = bytes.NewReader(raw)
	// What says nothing of its encoding, and is valid UTF-8, is UTF-8.
	if encoding, name, certain := charset.DetermineEncoding(raw[:min(len(raw), 1024)], contentType); name != "utf-8" && (certain || !utf8.Valid(raw)) {
		decoded = encoding.NewDecoder().Reader(decoded)
	}
	doc, err := html.Parse(decoded)
	if err != nil {
		return nil, fmt.Errorf("the page cannot be parsed: %w", err)
	}
	p := &Page{Title: titleOf(doc)}
	clean(doc, at)
	p.Links = links(doc)
	body := doc
	if !whole && len(raw) <= maxMain {
		seen := len(textOf(doc))
		parser := readability.NewParser()
		parser.DisableJSONLD = true
		// A part that has little of the text is as a rule the wrong part.
		if article, err := parser.ParseDocument(doc, at); err == nil && article.Node != nil {
			if n := len(textOf(article.Node)); n > 200 && n > seen/5 {
				body, p.Main, p.Byline = article.Node, true, oneLine(article.Byline)
				if t := oneLine(article.Title); t != "" {
					p.Title = t
				}
			}
		}
	}
	md, err := converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(), table.NewTablePlugin(), strikethrough.NewStrikethroughPlugin(),
	)).ConvertNode(body)
	if err != nil {
		return nil, fmt.Errorf("the page cannot be converted: %w", err)
	}
	p.Markdown = Visible(strings.TrimSpace(string(md)))
	if p.Main && p.Title != "" && !strings.HasPrefix(p.Markdown, "# ") {
		p.Markdown = "# " + p.Title + "\n\n" + p.Markdown
	}
	return p, nil
}

func titleOf(n *html.Node) string {
	var title string
	walk(n, func(n *html.Node) bool {
		if n.Type == html.ElementNode && n.DataAtom == atom.Title && title == "" && n.Namespace == "" {
			title = oneLine(textOf(n))
		}
		return title == ""
	})
	return title
}

// links lists the links of a cleaned page.
func links(doc *html.Node) []Link {
	var out []Link
	seen := map[string]bool{}
	walk(doc, func(n *html.Node) bool {
		if n.Type == html.ElementNode && n.DataAtom == atom.A {
			if href := attribute(n, "href"); href != "" && !seen[href] {
				seen[href] = true
				out = append(out, Link{oneLine(textOf(n)), href})
			}
		}
		return true
	})
	return out
}

// walk visits a node and those below while visit says so.
func walk(n *html.Node, visit func(*html.Node) bool) bool {
	if !visit(n) {
		return false
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if !walk(c, visit) {
			return false
		}
	}
	return true
}

func textOf(n *html.Node) string {
	var b strings.Builder
	walk(n, func(n *html.Node) bool {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
			b.WriteByte(' ')
		}
		return true
	})
	return b.String()
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(Visible(s)), " ")
	if r := []rune(s); len(r) > 300 {
		s = string(r[:300]) + "…"
	}
	return s
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

// Visible is a text without the characters that nobody sees and a model reads:
// those that tag, those of no width, those that turn the direction of others.
func Visible(text string) string {
	if !strings.ContainsFunc(text, unseen) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, text)
}

func unseen(r rune) bool {
	switch {
	case r < 0x80:
		return r < ' ' && r != '\n' && r != '\t' || r == 0x7f
	case r < 0xA0, r == 0x00AD, r == 0x034F, r == 0x061C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x180E, r == 0x3164, r == 0xFFA0,
		r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r >= 0xFE00 && r <= 0xFE0F, r == 0xFEFF,
		r >= 0xFFF9 && r <= 0xFFFB, r >= 0xE0000 && r <= 0xE0FFF, r >= 0x1D173 && r <= 0x1D17A:
		return true
	}
	return false
}
