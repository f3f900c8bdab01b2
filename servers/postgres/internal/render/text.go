package render

import "strings"

// appendCSV quotes where RFC 4180 asks for it. An empty text is quoted, too, so
// that it is not NULL.
func appendCSV(b []byte, text string) []byte {
	if text != "" && !strings.ContainsAny(text, ",\"\r\n") && text[0] != ' ' && text[len(text)-1] != ' ' {
		return append(b, text...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(text, `"`, `""`)...)
	return append(b, '"')
}

var tsvEscapes = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

func appendTSV(b []byte, text string) []byte { return append(b, tsvEscapes.Replace(text)...) }

var cellEscapes = strings.NewReplacer("\\", `\\`, "|", `\|`, "\r\n", "<br>", "\n", "<br>", "\r", "<br>")

// appendCell writes a cell of a Markdown table, which is one line.
func appendCell(b []byte, text string) []byte { return append(b, cellEscapes.Replace(text)...) }
