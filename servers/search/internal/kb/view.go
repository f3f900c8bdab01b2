package kb

import (
	"github.com/blevesearch/bleve/v2/index/scorch"
)

// view finds documents of a snapshot by their numbers.
type view struct {
	segments []*scorch.SegmentSnapshot
	first    []uint32 // the number of the first document of each
	total    int
}

func newView(snapshot *scorch.IndexSnapshot) *view {
	v := &view{segments: snapshot.Segments()}
	for _, s := range v.segments {
		v.first = append(v.first, uint32(v.total))
		v.total += int(s.FullSize())
	}
	return v
}

func (v *view) at(n uint32) (*scorch.SegmentSnapshot, uint64) {
	i := len(v.first) - 1
	for v.first[i] > n {
		i--
	}
	return v.segments[i], uint64(n - v.first[i])
}

func (v *view) path(n uint32) (string, error) {
	s, local := v.at(n)
	id, err := s.DocID(local)
	return string(id), err
}

// text is the text of a document: what the index keeps, or else the file holds
// now; "" where it cannot be read any more.
func (c *Collection) text(v *view, n uint32, e *Entry) string {
	if e.Kind.Converted() {
		s, local := v.at(n)
		raw, err := stored(s, local, textField)
		if err != nil {
			return ""
		}
		return string(raw)
	}
	d, err := c.read(e.Path)
	if err != nil {
		return ""
	}
	return d
}

// above lists the headings that a line of a document stands under.
func (c *Collection) above(v *view, n uint32, line int) []string {
	s, local := v.at(n)
	raw, err := stored(s, local, metaField)
	if err != nil {
		return nil
	}
	e, err := decodeEntry("", raw)
	if err != nil {
		return nil
	}
	return headingsAbove(e.headings, line)
}
