// Package document reads files into texts with a title and headings.
package document

import (
	"bytes"
	"context"
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/page"
)

// Kind is what a document is made of.
type Kind string

// The kinds.
const (
	Markdown Kind = "markdown"
	Text     Kind = "text"
	Code     Kind = "code"
	HTML     Kind = "html"
	PDF      Kind = "pdf"
	DOCX     Kind = "docx"
)

// Document is the text of a file.
type Document struct {
	Kind     Kind
	Title    string
	Text     string
	Headings []Heading
}

// Heading is a line that says what the lines below it are about.
type Heading struct {
	Level int // 1 is the highest
	Line  int // the first one is 1
	Text  string
}

// ErrBinary says that a file holds no text.
var ErrBinary = errors.New("not a text")

// KindOf tells by its name what a file is; "" where nobody reads it.
func KindOf(name string) Kind {
	base := strings.ToLower(path.Base(name))
	ext := path.Ext(base)
	if k, ok := kinds[ext]; ok && ext != base {
		return k
	}
	return bare[base]
}

var kinds = listed(map[Kind]string{
	Markdown: ".md .markdown .mdx .mdown .qmd .rmd",
	HTML:     ".html .htm .xhtml",
	PDF:      ".pdf",
	DOCX:     ".docx",
	Text:     ".txt .text .rst .adoc .asciidoc .org .tex .log .csv .tsv .srt .vtt .bib .man",
	Code: `.go .py .pyi .js .jsx .mjs .cjs .ts .tsx .java .kt .kts .scala .groovy .c .h .cc .cpp .cxx .hpp .hh .cs .fs .vb .rs .rb .php .pl .pm
		.swift .m .mm .lua .r .jl .dart .ex .exs .erl .hrl .hs .ml .mli .clj .cljs .el .lisp .scm .sh .bash .zsh .fish .ps1 .bat .sql .graphql
		.proto .thrift .tf .hcl .nix .vue .svelte .css .scss .less .json .jsonc .yaml .yml .toml .ini .cfg .conf .properties .xml .xsl .cmake .mk
		.gradle .zig .v .sol .asm .s`,
})

// bare are files that are known by their whole names.
var bare = listed(map[Kind]string{
	Text: "readme license copying authors changelog contributing notice todo news install",
	Code: "makefile dockerfile containerfile justfile rakefile gemfile vagrantfile jenkinsfile cmakelists.txt go.mod go.work",
})

func listed(names map[Kind]string) map[string]Kind {
	out := map[string]Kind{}
	for kind, list := range names {
		for _, name := range strings.Fields(list) {
			out[name] = kind
		}
	}
	return out
}

// Converted reports whether the text of a kind has to be made of what the file
// holds, which takes time.
func (k Kind) Converted() bool { return k == HTML || k == PDF || k == DOCX }

// PDFReader gives the text of a PDF as Markdown.
type PDFReader func(ctx context.Context, data []byte) (string, error)

// Convert reads a file of a name, of any kind. pdf reads PDFs; without it they
// are not read.
func Convert(ctx context.Context, name string, data []byte, pdf PDFReader) (*Document, error) {
	kind := KindOf(name)
	d := &Document{Kind: kind}
	var err error
	switch {
	case kind == HTML:
		var p *page.Page
		if p, err = page.Convert(data, "", nil, true); err == nil {
			d.Title, d.Text = p.Title, p.Markdown
		}
	case kind == DOCX:
		d.Text, err = docx(data)
	case kind == PDF && pdf == nil:
		err = errors.New("PDFs are not read here")
	case kind == PDF:
		d.Text, err = pdf(ctx, data)
	default:
		return Read(name, data)
	}
	if err != nil {
		return nil, err
	}
	d.markdown()
	if d.Title == "" {
		d.Title = path.Base(name)
	}
	return d, nil
}

// Read reads a text of a name.
func Read(name string, data []byte) (*Document, error) {
	kind := KindOf(name)
	text, err := Decode(data)
	if err != nil {
		return nil, err
	}
	d := &Document{Kind: kind, Text: text}
	switch kind {
	case Markdown:
		d.markdown()
	case Text:
		d.plain()
	case Code:
		d.code()
	default:
		return nil, ErrBinary
	}
	if d.Title == "" {
		d.Title = path.Base(name)
	}
	return d, nil
}

// Decode gives a text in UTF-8 with plain line ends.
func Decode(data []byte) (string, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if len(data) > 1 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff) {
		return lines(utf16(data)), nil
	}
	if bytes.IndexByte(data[:min(len(data), 8000)], 0) >= 0 {
		return "", ErrBinary
	}
	if !utf8.Valid(data) {
		return lines(latin1(data)), nil
	}
	return lines(string(data)), nil
}

func lines(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

func utf16(data []byte) string {
	big := data[0] == 0xfe
	var out strings.Builder
	var high rune
	for i := 2; i+1 < len(data); i += 2 {
		r := rune(data[i]) | rune(data[i+1])<<8
		if big {
			r = rune(data[i])<<8 | rune(data[i+1])
		}
		switch {
		case r >= 0xd800 && r < 0xdc00:
			high = r
			continue
		case r >= 0xdc00 && r < 0xe000 && high != 0:
			r = (high-0xd800)<<10 | (r - 0xdc00) + 0x10000
		}
		high = 0
		out.WriteRune(r)
	}
	return out.String()
}

// latin1 reads what is no UTF-8 as the old encoding of the western world, which
// has a character for each byte.
func latin1(data []byte) string {
	out := make([]rune, len(data))
	for i, b := range data {
		out[i] = rune(b)
	}
	return string(out)
}

// Section finds the lines of a section: those from the heading that has the
// text, or else whose text contains it, up to the next of its level or a
// higher one.
func (d *Document) Section(name string) (first, last int, ok bool) {
	at := -1
	for i, h := range d.Headings {
		if strings.EqualFold(h.Text, strings.TrimSpace(strings.TrimLeft(name, "#"))) {
			at = i
			break
		}
		if at < 0 && name != "" && strings.Contains(strings.ToLower(h.Text), strings.ToLower(name)) {
			at = i
		}
	}
	if at < 0 {
		return 0, 0, false
	}
	last = strings.Count(d.Text, "\n") + 1
	for _, h := range d.Headings[at+1:] {
		if h.Level <= d.Headings[at].Level {
			last = h.Line - 1
			break
		}
	}
	return d.Headings[at].Line, last, true
}

// Above lists the headings that a line stands under, the highest first.
func (d *Document) Above(line int) []string {
	var stack []Heading
	for _, h := range d.Headings {
		if h.Line > line {
			break
		}
		for len(stack) > 0 && stack[len(stack)-1].Level >= h.Level {
			stack = stack[:len(stack)-1]
		}
		stack = append(stack, h)
	}
	out := make([]string, len(stack))
	for i, h := range stack {
		out[i] = h.Text
	}
	return out
}
