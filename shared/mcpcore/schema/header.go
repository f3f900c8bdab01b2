package schema

import (
	"fmt"
	"strings"
)

// Header is a field that clients repeat in a header.
type Header struct {
	Name string
	Path []string // of field names
}

// Headers lists the fields of a struct type with a header tag. Only strings,
// booleans and whole numbers that every call has in one place can be repeated.
func (t *Type) Headers() ([]Header, error) {
	h := headers{open: map[*Type]bool{}}
	h.walk(t, nil, true)
	return h.found, h.err
}

type headers struct {
	found []Header
	open  map[*Type]bool
	err   error
}

func (h *headers) walk(t *Type, path []string, fixed bool) {
	for t.kind == kindPointer || t.kind == kindList || t.kind == kindMap {
		fixed = fixed && t.kind == kindPointer
		t = t.elem
	}
	if t.kind != kindStruct || h.open[t] {
		return
	}
	h.open[t] = true
	defer delete(h.open, t)
	for _, f := range t.fields {
		here := append(path[:len(path):len(path)], f.name)
		if f.header != "" {
			h.add(f, here, fixed && !t.recursive)
		}
		h.walk(f.typ, here, fixed)
	}
}

func (h *headers) add(f field, path []string, fixed bool) {
	typ := f.typ
	for typ.kind == kindPointer {
		typ = typ.elem
	}
	var wrong string
	switch typ.kind {
	case kindString, kindText, kindBool, kindInt, kindUint:
	default:
		wrong = "only a string, a boolean or a whole number goes into a header"
	}
	switch {
	case !fixed:
		wrong = "a field in a list, a map or a type that holds itself has no header"
	case f.aliases != nil:
		wrong = "a field with a header has one name"
	case strings.Trim(f.header, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "":
		wrong = "a header is named by letters, digits, - and _"
	}
	for _, other := range h.found {
		if strings.EqualFold(other.Name, f.header) {
			wrong = "two fields have this header"
		}
	}
	if wrong != "" && h.err == nil {
		h.err = fmt.Errorf("%s: tag header %q: %s", strings.Join(path, "."), f.header, wrong)
	}
	h.found = append(h.found, Header{f.header, path})
}
