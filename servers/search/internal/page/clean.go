package page

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// unread are elements that hold nothing for a reader.
var unread = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Iframe: true, atom.Object: true, atom.Embed: true,
	atom.Svg: true, atom.Math: false, atom.Canvas: true, atom.Audio: true, atom.Video: true, atom.Input: true, atom.Button: true,
	atom.Select: true, atom.Textarea: true, atom.Link: true, atom.Meta: true, atom.Base: true, atom.Frame: true, atom.Frameset: true,
	atom.Noembed: true, atom.Noframes: true, atom.Datalist: true, atom.Dialog: true, atom.Map: true, atom.Param: true, atom.Source: true,
	atom.Track: true, atom.Applet: true,
}

// clean takes out of a page all that a person would not see, and makes links
// whole.
func clean(doc *html.Node, at *url.URL) {
	if href := baseOf(doc); href != "" && at != nil {
		if u, err := at.Parse(href); err == nil {
			at = u
		}
	}
	hides := sheetOf(doc)
	strip(doc, at, hides)
}

func baseOf(doc *html.Node) (href string) {
	walk(doc, func(n *html.Node) bool {
		if n.Type == html.ElementNode && n.DataAtom == atom.Base && href == "" {
			href = attribute(n, "href")
		}
		return href == ""
	})
	return href
}

func strip(n *html.Node, at *url.URL, hides sheet) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch c.Type {
		case html.TextNode:
			c.Data = Visible(c.Data)
		case html.ElementNode:
			if unread[c.DataAtom] || hidden(c) || hides.hide(c) {
				n.RemoveChild(c)
				break
			}
			strip(c, at, hides)
			dress(n, c, at)
		case html.DoctypeNode, html.DocumentNode:
		default: // comments, and what nobody knows
			n.RemoveChild(c)
		}
		c = next
	}
}

// dress leaves of an element's attributes those that are read, and puts words
// in the place of a picture, which would be asked for when it is shown.
func dress(parent, n *html.Node, at *url.URL) {
	var keep []html.Attribute
	for _, a := range n.Attr {
		switch {
		case n.DataAtom == atom.A && a.Key == "href":
			if u := whole(a.Val, at); u != "" {
				keep = append(keep, html.Attribute{Key: "href", Val: u})
			}
		case a.Key == "class", a.Key == "id", a.Key == "colspan", a.Key == "rowspan", a.Key == "start", a.Key == "lang", a.Key == "role",
			a.Key == "datetime", a.Key == "itemprop", a.Key == "rel":
			keep = append(keep, html.Attribute{Key: a.Key, Val: Visible(a.Val)})
		}
	}
	alt := attribute(n, "alt")
	n.Attr = keep
	switch {
	case n.DataAtom == atom.Img || n.DataAtom == atom.Image:
		if alt = oneLine(alt); alt != "" {
			parent.InsertBefore(&html.Node{Type: html.TextNode, Data: "[image: " + alt + "]"}, n)
		}
		parent.RemoveChild(n)
	case n.DataAtom == atom.A && len(keep) == 0: // a link to nowhere is its text
		for c := n.FirstChild; c != nil; c = n.FirstChild {
			n.RemoveChild(c)
			parent.InsertBefore(c, n)
		}
		parent.RemoveChild(n)
	}
}

// whole is a link in full, or "" for one that no reader follows.
func whole(href string, at *url.URL) string {
	href = Visible(strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, href))
	if strings.HasPrefix(href, "#") {
		return ""
	}
	u, err := url.Parse(href)
	if at != nil && err == nil {
		u = at.ResolveReference(u)
	}
	if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" || u.User != nil {
		return ""
	}
	return u.String()
}

// hidden reports whether an element is made not to be seen.
func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			if !strings.EqualFold(a.Val, "until-found") {
				return true
			}
		case "aria-hidden":
			if strings.EqualFold(strings.TrimSpace(a.Val), "true") {
				return true
			}
		case "style":
			if hiding(a.Val) {
				return true
			}
		case "class":
			for _, c := range strings.Fields(strings.ToLower(a.Val)) {
				switch c {
				case "sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text", "screen-reader-only", "d-none", "u-hidden", "is-hidden":
					return true
				}
			}
		}
	}
	return false
}

var commentsOfStyle = regexp.MustCompile(`(?s)/\*.*?\*/`)

// hiding reports whether declarations of style make something not to be seen.
func hiding(style string) bool {
	style = commentsOfStyle.ReplaceAllString(strings.ToLower(style), "")
	is := map[string]string{}
	for d := range strings.SplitSeq(style, ";") {
		name, value, _ := strings.Cut(d, ":")
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		is[strings.TrimSpace(name)] = strings.Join(strings.Fields(value), " ")
	}
	small := func(name string, most float64) bool { n, ok := length(is[name]); return ok && n >= 0 && n <= most }
	far := func(name string) bool { n, ok := length(is[name]); return ok && n <= -500 }
	color, ground := colorOf(is["color"]), colorOf(is["background-color"])
	if ground == "" {
		ground = colorOf(is["background"])
	}
	switch {
	case is["display"] == "none", is["visibility"] == "hidden", is["visibility"] == "collapse", is["content-visibility"] == "hidden":
	case small("opacity", 0.05), small("font-size", 2), small("max-height", 0), small("max-width", 0):
	case (small("width", 1) || small("height", 1)) && strings.HasPrefix(is["overflow"], "hidden"):
	case far("left"), far("right"), far("top"), far("bottom"), far("text-indent"), far("margin-left"), far("margin-top"):
	case strings.HasPrefix(is["clip"], "rect(0") || strings.HasPrefix(is["clip"], "rect(1px"), strings.Contains(is["clip-path"], "inset(50%") || strings.Contains(is["clip-path"], "inset(100%"):
	case strings.Contains(is["transform"], "scale(0)"), strings.Contains(is["filter"], "opacity(0"):
	case color == "transparent", color != "" && color == ground:
	default:
		return false
	}
	return true
}

// length reads a number with a unit, in pixels or near enough; 0.5 of an
// opacity is 0.5.
func length(value string) (float64, bool) {
	if value == "" {
		return 0, false
	}
	end := strings.IndexFunc(value, func(r rune) bool { return !(r >= '0' && r <= '9' || r == '.' || r == '-' || r == '+') })
	unit := ""
	if end >= 0 {
		value, unit = value[:end], value[end:]
	}
	n, err := strconv.ParseFloat(value, 64)
	switch {
	case strings.HasPrefix(unit, "em"), strings.HasPrefix(unit, "rem"):
		n *= 16
	case strings.HasPrefix(unit, "v"):
		n *= 10
	case strings.HasPrefix(unit, "%") && n > 0:
		return n, false
	case strings.HasPrefix(unit, "%") && n <= -100:
		n = -1000
	}
	return n, err == nil
}

var colors = map[string]string{"white": "#ffffff", "black": "#000000"}

// colorOf is a color in one of the forms that are compared.
func colorOf(value string) string {
	value = strings.ReplaceAll(value, " ", "")
	if c := colors[value]; c != "" {
		return c
	}
	if strings.HasPrefix(value, "rgba(") && (strings.HasSuffix(value, ",0)") || strings.HasSuffix(value, ",0.0)")) || value == "#0000" || value == "#00000000" {
		return "transparent"
	}
	if len(value) == 4 && value[0] == '#' {
		return "#" + strings.Repeat(value[1:2], 2) + strings.Repeat(value[2:3], 2) + strings.Repeat(value[3:4], 2)
	}
	if inner, ok := strings.CutPrefix(value, "rgb("); ok {
		parts := strings.Split(strings.TrimSuffix(inner, ")"), ",")
		out := "#"
		for _, p := range parts {
			n, err := strconv.Atoi(p)
			if err != nil || n < 0 || n > 255 {
				return value
			}
			out += string("0123456789abcdef"[n>>4]) + string("0123456789abcdef"[n&15])
		}
		return out
	}
	return value
}
