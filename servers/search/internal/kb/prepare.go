package kb

import (
	"encoding/binary"
	"errors"
	"time"

	index "github.com/blevesearch/bleve_index_api"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/document"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/words"
)

// The fields of a document in the index.
const (
	titleField = iota
	headingField
	pathField
	bodyField
	searched // how many are searched
)

var fieldNames = [searched]string{"t", "h", "p", "b"}

// metaField holds what is known of a document, and textField its text where
// that is not what the file holds.
const (
	metaField = "m"
	textField = "x"
)

// Entry is what is known of a document.
type Entry struct {
	Path    string // below the directory
	Kind    document.Kind
	Title   string
	Size    int64
	ModTime time.Time

	lengths  [searched]uint32 // in terms
	headings []document.Heading
}

// prepared is a document ready for the index.
type prepared struct {
	entry  *Entry
	fields []field
}

// prepare splits a document into terms.
func prepare(s *words.Splitter, e *Entry, d *document.Document) *prepared {
	p := &prepared{entry: e, fields: make([]field, 0, searched+2)}
	e.Kind, e.Title, e.headings = d.Kind, d.Title, d.Headings
	add := func(n int, texts ...string) {
		f := field{name: fieldNames[n], options: index.IndexField, freqs: index.TokenFrequencies{}}
		for _, text := range texts {
			f.count(s, text)
		}
		e.lengths[n] = uint32(f.length)
		if f.length > 0 {
			p.fields = append(p.fields, f)
		}
	}
	headings := make([]string, len(d.Headings))
	for i, h := range d.Headings {
		headings[i] = h.Text
	}
	add(titleField, d.Title)
	add(headingField, headings...)
	add(pathField, e.Path)
	add(bodyField, d.Text)
	if d.Kind.Converted() {
		p.fields = append(p.fields, field{name: textField, options: index.StoreField, value: []byte(d.Text)})
	}
	p.fields = append(p.fields, field{name: metaField, options: index.StoreField, value: e.encode()})
	return p
}

// field is a field for the index, split already.
type field struct {
	name    string
	options index.FieldIndexingOptions
	value   []byte
	length  int
	freqs   index.TokenFrequencies
}

func (f *field) count(s *words.Splitter, text string) {
	s.Each(text, func(term string, _, _ int) {
		f.length++
		tf := f.freqs[term]
		if tf == nil {
			tf = &index.TokenFreq{Term: []byte(term)}
			f.freqs[term] = tf
		}
		tf.SetFrequency(tf.Frequency() + 1)
	})
}

func (f *field) Name() string                                     { return f.name }
func (f *field) Value() []byte                                    { return f.value }
func (f *field) ArrayPositions() []uint64                         { return nil }
func (f *field) EncodedFieldType() byte                           { return 't' }
func (f *field) Analyze()                                         {}
func (f *field) Options() index.FieldIndexingOptions              { return f.options }
func (f *field) AnalyzedLength() int                              { return f.length }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.freqs }
func (f *field) NumPlainTextBytes() uint64                        { return uint64(len(f.value)) }
func (f *field) Size() int                                        { return len(f.value) + 64*len(f.freqs) }

// encode writes an entry, but for its path, for the index to keep.
func (e *Entry) encode() []byte {
	b := binary.AppendVarint(nil, e.ModTime.UnixNano())
	b = binary.AppendUvarint(b, uint64(e.Size))
	for _, n := range e.lengths {
		b = binary.AppendUvarint(b, uint64(n))
	}
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	text(string(e.Kind))
	text(e.Title)
	b = binary.AppendUvarint(b, uint64(len(e.headings)))
	for _, h := range e.headings {
		b = binary.AppendUvarint(b, uint64(h.Level))
		b = binary.AppendUvarint(b, uint64(h.Line))
		text(h.Text)
	}
	return b
}

var errEntry = errors.New("damaged index: an entry is cut off")

func decodeEntry(path string, b []byte) (*Entry, error) {
	bad := false
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			bad, b = true, nil
			return 0
		}
		b = b[n:]
		return v
	}
	text := func() string {
		n := number()
		if n > uint64(len(b)) {
			bad, b = true, nil
			return ""
		}
		s := string(b[:n])
		b = b[n:]
		return s
	}
	at, n := binary.Varint(b)
	if n <= 0 {
		return nil, errEntry
	}
	b = b[n:]
	e := &Entry{Path: path, ModTime: time.Unix(0, at), Size: int64(number())}
	for i := range e.lengths {
		e.lengths[i] = uint32(number())
	}
	e.Kind, e.Title = document.Kind(text()), text()
	for left := number(); left > 0 && !bad; left-- {
		e.headings = append(e.headings, document.Heading{Level: int(number()), Line: int(number()), Text: text()})
	}
	if bad {
		return nil, errEntry
	}
	return e, nil
}
