package document_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/document"
)

// word makes a DOCX file of the inside of its body.
func word(t testing.TB, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body + `</w:body></w:document>`)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestConvert(t *testing.T) {
	p := func(style, text string) string {
		return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
	}
	pdf := func(_ context.Context, data []byte) (string, error) { return "## Page 1\n\n" + string(data), nil }
	for _, c := range []struct{ name, data, title, text string }{
		{"a.docx", string(word(t, p("Title", "The title")+p("Heading2", "Part")+`<w:p><w:r><w:t>One </w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>HIDDEN</w:t></w:r><w:del><w:r><w:delText>GONE</w:delText></w:r></w:del><w:r><w:t>two</w:t><w:tab/><w:t>three</w:t></w:r></w:p>`+
			`<w:tbl><w:tr><w:tc>`+p("", "a")+`</w:tc><w:tc>`+p("", "b")+`</w:tc></w:tr></w:tbl>`)),
			"The title", "# The title\n\n## Part\n\nOne two\tthree\n\na  | b\n\n"},
		{"b.html", "<title>T</title><h1>H</h1><p>text<!-- no --><script>no</script>", "T", "# H\n\ntext"},
		{"c.pdf", "text", "Page 1", "## Page 1\n\ntext"},
	} {
		d, err := document.Convert(t.Context(), c.name, []byte(c.data), pdf)
		if err != nil || d.Title != c.title || d.Text != c.text {
			t.Errorf("%s: %+v, %v", c.name, d, err)
		}
	}
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, err := z.Create("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	for range 17 {
		if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	z.Close()
	for name, data := range map[string]string{"a.docx": "not a zip", "b.docx": bomb.String(), "c.docx": string(word(t, "<w:p><w:r>")), "d.pdf": "x"} {
		reader := document.PDFReader(nil)
		if d, err := document.Convert(t.Context(), name, []byte(data), reader); err == nil {
			t.Errorf("%s is read: %+v", name, d)
		}
	}
	failing := func(context.Context, []byte) (string, error) { return "", errors.New("no") }
	if _, err := document.Convert(t.Context(), "a.pdf", nil, failing); err == nil || !strings.Contains(err.Error(), "no") {
		t.Errorf("got %v", err)
	}
}
