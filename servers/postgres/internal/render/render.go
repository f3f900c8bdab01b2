// Package render writes rows, as PostgreSQL sends them in text, in the formats
// that a caller may choose. No value goes through a number or a time of Go's,
// so none loses a digit.
package render

import (
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Format is a form of rows.
type Format string

// The formats.
const (
	JSON     Format = "json"     // an array of objects
	CSV      Format = "csv"      // RFC 4180, with a line of names
	TSV      Format = "tsv"      // tab-separated as COPY writes it, with a line of names
	Markdown Format = "markdown" // a table
)

// Column is a column of the rows.
type Column struct {
	Name string
	Type uint32 // its OID
}

// Writer writes rows in one format.
type Writer struct {
	format  Format
	columns []Column
	names   []string // each once
	keys    []string // the names as an object has them
	text    strings.Builder
	buf     []byte // what is being written now
	rows    int
}

// New makes a Writer.
func New(format Format) *Writer { return &Writer{format: format} }

// Len is how many bytes have been written.
func (w *Writer) Len() int { return w.text.Len() }

// Columns comes before the rows.
func (w *Writer) Columns(columns []Column) {
	w.columns, w.names = columns, unique(columns)
	switch w.format {
	case CSV:
		w.line(',', w.names, appendCSV)
	case TSV:
		w.line('\t', w.names, appendTSV)
	case Markdown:
		w.buf = append(w.buf, '|')
		for _, name := range w.names {
			w.buf = append(appendCell(append(w.buf, ' '), name), " |"...)
		}
		w.buf = append(w.buf, "\n|"...)
		for range w.names {
			w.buf = append(w.buf, " --- |"...)
		}
		w.buf = append(w.buf, '\n')
	default:
		w.keys = make([]string, len(w.names))
		for i, name := range w.names {
			w.keys[i] = "\n    " + string(jsonrpc.AppendString(nil, name)) + ": "
		}
	}
	w.flush()
}

func (w *Writer) flush() {
	w.text.Write(w.buf)
	w.buf = w.buf[:0]
}

// unique tells columns of one name apart, as objects need it.
func unique(columns []Column) []string {
	names := make([]string, len(columns))
	taken := make(map[string]bool, len(columns))
	for _, c := range columns {
		taken[c.Name] = true
	}
	seen := make(map[string]bool, len(columns))
	for i, c := range columns {
		name := c.Name
		for n := 2; seen[name]; n++ {
			if next := fmt.Sprintf("%s_%d", c.Name, n); !taken[next] {
				name = next
			}
		}
		seen[name], taken[name] = true, true
		names[i] = name
	}
	return names
}

func (w *Writer) line(separator byte, texts []string, write func([]byte, string) []byte) {
	for i, text := range texts {
		if i > 0 {
			w.buf = append(w.buf, separator)
		}
		w.buf = write(w.buf, text)
	}
	w.buf = append(w.buf, '\n')
}

// Row writes one row; nil is NULL.
func (w *Writer) Row(values [][]byte) {
	w.rows++
	switch w.format {
	case CSV:
		w.row(values, ',', nil, func(b, v []byte) []byte { return appendCSV(b, string(v)) })
	case TSV:
		w.row(values, '\t', []byte(`\N`), func(b, v []byte) []byte { return appendTSV(b, string(v)) })
	case Markdown:
		w.buf = append(w.buf, '|')
		for _, v := range values {
			w.buf = append(w.buf, ' ')
			if v == nil {
				w.buf = append(w.buf, "NULL"...)
			} else {
				w.buf = appendCell(w.buf, string(v))
			}
			w.buf = append(w.buf, " |"...)
		}
		w.buf = append(w.buf, '\n')
	default:
		w.object(values)
	}
	w.flush()
}

func (w *Writer) row(values [][]byte, separator byte, null []byte, write func(b, v []byte) []byte) {
	for i, v := range values {
		if i > 0 {
			w.buf = append(w.buf, separator)
		}
		if v == nil {
			w.buf = append(w.buf, null...)
		} else {
			w.buf = write(w.buf, v)
		}
	}
	w.buf = append(w.buf, '\n')
}

// String ends the rows and returns them.
func (w *Writer) String() string {
	switch {
	case w.format != JSON:
	case w.rows == 0:
		return "[]"
	default:
		w.text.WriteString("\n]")
	}
	return w.text.String()
}
