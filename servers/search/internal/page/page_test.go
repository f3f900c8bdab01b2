package page_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/page"
)

func convert(t testing.TB, raw string, whole bool) *page.Page {
	t.Helper()
	at, err := url.Parse("https://example.com/dir/page")
	if err != nil {
		t.Fatal(err)
	}
	p, err := page.Convert([]byte(raw), "text/html; charset=utf-8", at, whole)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What a person does not see, a model does not read.
func TestHidden(t *testing.T) {
	for name, part := range map[string]string{
		"script":        `<script>MARKER</script>`,
		"style":         `<style>MARKER{}</style>`,
		"comment":       `<!-- MARKER -->`,
		"conditional":   `<!--[if IE]>MARKER<![endif]-->`,
		"noscript":      `<noscript>MARKER</noscript>`,
		"template":      `<template><p>MARKER</p></template>`,
		"iframe":        `<iframe srcdoc="MARKER">MARKER</iframe>`,
		"textarea":      `<textarea>MARKER</textarea>`,
		"input":         `<input type="hidden" value="MARKER"><input placeholder="MARKER">`,
		"option":        `<select><option>MARKER</option></select>`,
		"svg":           `<svg><text>MARKER</text><desc>MARKER</desc></svg>`,
		"object":        `<object data="x">MARKER</object>`,
		"hidden":        `<div hidden>MARKER</div>`,
		"aria":          `<div aria-hidden="TRUE">MARKER</div>`,
		"none":          `<p style="display:none">MARKER</p>`,
		"none spaced":   `<p style="DISPLAY : none !important">MARKER</p>`,
		"none comment":  `<p style="display:/**/none">MARKER</p>`,
		"inside":        `<div style="visibility:hidden"><p><b>MARKER</b></p></div>`,
		"opacity":       `<p style="opacity:0">MARKER</p>`,
		"opacity 0.01":  `<p style="opacity:.01">MARKER</p>`,
		"font 0":        `<p style="font-size:0px">MARKER</p>`,
		"font 1":        `<p style="font-size: 1px">MARKER</p>`,
		"off left":      `<p style="position:absolute;left:-9999px">MARKER</p>`,
		"off em":        `<p style="position:absolute;top:-1000em">MARKER</p>`,
		"indent":        `<p style="text-indent:-9999px">MARKER</p>`,
		"box":           `<p style="width:1px;height:1px;overflow:hidden">MARKER</p>`,
		"max-height":    `<p style="max-height:0;overflow:hidden">MARKER</p>`,
		"clip":          `<p style="position:absolute;clip:rect(0,0,0,0)">MARKER</p>`,
		"clip-path":     `<p style="clip-path:inset(50%)">MARKER</p>`,
		"scale":         `<p style="transform:scale(0)">MARKER</p>`,
		"white":         `<p style="color:#fff;background:white">MARKER</p>`,
		"rgb":           `<p style="color:rgb(255, 255, 255);background-color:#FFF">MARKER</p>`,
		"transparent":   `<p style="color:transparent">MARKER</p>`,
		"sr-only":       `<span class="x sr-only">MARKER</span>`,
		"sheet class":   `<style>.a{color:red} .q, p.q2 { display: none }</style><p class="q">MARKER</p><p class="q2">MARKER</p>`,
		"sheet id":      `<style>@media screen { #zz { font-size:0 } }</style><p id="zz">MARKER</p>`,
		"alt of data":   `<a href="javascript:MARKER">x</a>`,
		"title":         `<p title="MARKER" data-x="MARKER" onclick="MARKER">x</p>`,
		"meta":          `<meta name="description" content="MARKER">`,
		"data link":     `<a href="data:text/html,MARKER">x</a>`,
		"js encoded":    `<a href="java&#10;script:MARKER">x</a><a href=" &#1;javascript:MARKER">x</a><a href="vbscript:MARKER">x</a>`,
		"image":         `<img src="https://evil.example/MARKER.png">`,
		"tags":          "<p>x\U000E004D\U000E0041\U000E0052\U000E004B</p>",
		"dialog":        `<dialog>MARKER</dialog>`,
		"unclosed":      `<div style="display:none">MARKER`,
		"ld+json":       `<script type="application/ld+json">{"@type":"Article","headline":"MARKER","articleBody":"MARKER"}</script>`,
		"og":            `<meta property="og:title" content="MARKER">`,
		"nested table":  `<table style="display:none"><tr><td>MARKER</td></tr></table>`,
		"hidden in hid": `<details hidden><summary>MARKER</summary></details>`,
	} {
		body := "<p>" + strings.Repeat("The text that is seen goes on, and on, for a while. ", 20) + "</p>"
		for _, whole := range []bool{true, false} {
			p := convert(t, "<html><head><title>Title</title></head><body><article><h1>Head</h1>"+body+part+"</article></body></html>", whole)
			all := p.Title + p.Byline + p.Markdown
			for _, l := range p.Links {
				all += l.Text + l.URL
			}
			if strings.Contains(strings.ToUpper(all), "MARKER") || strings.ContainsFunc(all, func(r rune) bool { return r >= 0xE0000 && r < 0xE1000 }) {
				t.Errorf("%s (whole %t): %s", name, whole, all)
			}
			if !strings.Contains(p.Markdown, "The text that is seen") {
				t.Errorf("%s: the text is gone: %s", name, p.Markdown)
			}
		}
	}
}

func TestConvert(t *testing.T) {
	p := convert(t, `<html><head><title> A  title </title><base href="/base/"></head><body>
		<nav><a href="/home">Home</a></nav>
		<main><h1>Head</h1><p>One <b>bold</b> and <a href="x?y=1#z">a link</a>, <img src=p.png alt="a picture">, <a href="mailto:a@b.c">mail</a>.</p>
		<ul><li>first<li>second</ul><table><tr><th>A<th>B<tr><td>1<td>2</table><pre><code class="language-go">x := 1
y := 2</code></pre><p>zero`+"\u200b"+`width</p></main></body></html>`, true)
	if p.Title != "A title" {
		t.Errorf("title %q", p.Title)
	}
	for _, want := range []string{
		"# Head", "One **bold** and [a link](https://example.com/base/x?y=1#z), [image: a picture]", "- first\n- second", "| A | B |", "```go\nx := 1\ny := 2\n```", "zerowidth", "[Home](https://example.com/home)",
	} {
		if !strings.Contains(strings.ReplaceAll(p.Markdown, `\[`, "["), want) {
			t.Errorf("no %q in:\n%s", want, p.Markdown)
		}
	}
	if len(p.Links) != 3 || p.Links[1].URL != "https://example.com/base/x?y=1#z" {
		t.Errorf("links %+v", p.Links)
	}
}

// The main part of a page is found among what surrounds it.
func TestMainPart(t *testing.T) {
	para := "<p>" + strings.Repeat("This paragraph belongs to the article, and says something, with commas. ", 8) + "</p>"
	raw := `<html><head><title>Story - Site</title></head><body><nav><ul>` + strings.Repeat(`<li><a href="/x">Menu entry</a></li>`, 30) + `</ul></nav>
		<article><h1>Story</h1>` + strings.Repeat(para, 5) + `</article><aside class="sidebar">` + strings.Repeat(`<a href="/ad">Buy now</a> `, 20) + `</aside><footer>Legal</footer></body></html>`
	p := convert(t, raw, false)
	if !p.Main || strings.Contains(p.Markdown, "Menu entry") || strings.Contains(p.Markdown, "Buy now") || strings.Count(p.Markdown, "belongs to the article") != 40 {
		t.Errorf("main %t:\n%s", p.Main, p.Markdown)
	}
	if p = convert(t, raw, true); !strings.Contains(p.Markdown, "Menu entry") {
		t.Error("the whole page lacks its menu")
	}
}

// Encodings are found out, from what was said or from the page.
func TestEncoding(t *testing.T) {
	for _, c := range []struct{ header, raw string }{
		{"text/html; charset=iso-8859-1", "<p>caf\xe9"}, {"text/html", "<meta charset=windows-1252><p>caf\xe9"}, {"text/html", "<p>café"},
	} {
		p, err := page.Convert([]byte(c.raw), c.header, nil, true)
		if err != nil || p.Markdown != "café" {
			t.Errorf("%+v: %+v, %v", c, p, err)
		}
	}
}

// A page that is nested without end is read or refused, and ends nothing.
func TestDeep(t *testing.T) {
	for _, tag := range []string{"<div>", "<b>", "<ul><li>", "<blockquote>", "<table><tr><td>", "<svg>", "<a href=x>"} {
		raw := strings.Repeat(tag, 100_000) + "text"
		if p, err := page.Convert([]byte(raw), "text/html", nil, false); err == nil && len(p.Markdown) > len(raw) {
			t.Errorf("%s: %d bytes of Markdown", tag, len(p.Markdown))
		}
	}
}

func FuzzConvert(f *testing.F) {
	for _, seed := range []string{"<p>x", "<table><td>|", "<style>a{b}</style>", "<a href=//x>y</a>", "<svg><style><p>", "<template><b>", "<pre>\n\n```"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, whole := range []bool{true, false} {
			at, _ := url.Parse("https://example.com/")
			p, err := page.Convert([]byte(raw), "text/html; charset=utf-8", at, whole)
			if err == nil && strings.ContainsFunc(p.Markdown+p.Title, func(r rune) bool { return r >= 0xE0000 && r < 0xE1000 || r == 0x200b }) {
				t.Fatalf("unseen characters in %q", p.Markdown)
			}
		}
	})
}
