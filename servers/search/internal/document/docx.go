package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxXML is how many bytes of a document are unpacked.
const maxXML = 16 << 20

// docx reads the text of a DOCX file as Markdown: headings, paragraphs, lists
// and the cells of tables.
func docx(data []byte) (string, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", fmt.Errorf("not a DOCX file: %w", err)
	}
	for _, f := range z.File {
		if f.Name != "word/document.xml" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return "", err
		}
		defer r.Close()
		limited := &io.LimitedReader{R: r, N: maxXML}
		text, err := wordText(xml.NewDecoder(limited))
		if limited.N <= 0 {
			return "", fmt.Errorf("the document is larger than %d bytes unpacked", maxXML)
		}
		return text, err
	}
	return "", errors.New("not a DOCX file: it has no word/document.xml")
}

// wordText reads WordprocessingML.
func wordText(d *xml.Decoder) (string, error) {
	var out, line strings.Builder
	prefix, cells, inText, unseen := "", 0, false, false
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("damaged document: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "pStyle":
				prefix = headingPrefix(value(t))
			case "numPr":
				prefix = "- "
			case "vanish", "webHidden": // of a run of text
				unseen = value(t) != "false" && value(t) != "0"
			case "t":
				inText = true
			case "tab":
				line.WriteByte('\t')
			case "br", "cr":
				line.WriteByte('\n')
			case "tc":
				if cells++; cells > 1 {
					line.WriteString(" | ")
				}
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "t":
				inText = false
			case "r":
				unseen = false
			case "p":
				if cells > 0 {
					line.WriteByte(' ')
					continue
				}
				if text := strings.TrimSpace(line.String()); text != "" {
					out.WriteString(prefix + text + "\n\n")
				}
				line.Reset()
				prefix = ""
			case "tr":
				out.WriteString(strings.TrimSpace(line.String()) + "\n")
				line.Reset()
				cells, prefix = 0, ""
			case "tbl":
				out.WriteByte('\n')
			}
		case xml.CharData:
			if inText && !unseen {
				line.Write(t)
			}
		}
	}
}

func value(t xml.StartElement) string {
	for _, a := range t.Attr {
		if a.Name.Local == "val" {
			return a.Value
		}
	}
	return ""
}

func headingPrefix(style string) string {
	style = strings.ToLower(strings.ReplaceAll(style, " ", ""))
	if style == "title" {
		return "# "
	}
	if n, ok := strings.CutPrefix(style, "heading"); ok && len(n) == 1 && n[0] >= '1' && n[0] <= '6' {
		return strings.Repeat("#", int(n[0]-'0')) + " "
	}
	return ""
}
