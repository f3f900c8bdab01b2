package schema

import (
	"errors"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// checkTarget refuses a tag that means nothing.
func checkTarget(tag string, typ *Type) error {
	if tag == "" {
		return nil
	}
	if tag != "target" {
		return fmt.Errorf("tag audit: %q is not target", tag)
	}
	for typ.elem != nil && (typ.kind == kindPointer || typ.kind == kindList) {
		typ = typ.elem
	}
	switch typ.kind {
	case kindString, kindText, kindInt, kindUint:
		return nil
	}
	return errors.New("tag audit: only texts and whole numbers, or lists of them, name a target")
}

// Targets finds the values of fields with the tag audit:"target" in what a
// client sent, defaults included: what it asks to be touched. It takes what is
// there of values that Decode would refuse, and stops after so many.
func (t *Type) Targets(raw []byte, most int) []string {
	f := finder{most: most}
	f.object(t, raw)
	return f.found
}

// HasTargets reports whether a field of t, or of what it holds, is a target.
func (t *Type) HasTargets() bool { return t.hasTargets(map[*Type]bool{}) }

func (t *Type) hasTargets(seen map[*Type]bool) bool {
	for t.elem != nil {
		t = t.elem
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	for _, f := range t.fields {
		if f.target || f.typ.hasTargets(seen) {
			return true
		}
	}
	return false
}

type finder struct {
	most  int
	found []string
}

func (f *finder) object(t *Type, raw []byte) {
	if raw = unwrap(raw, '{'); t.kind != kindStruct {
		return
	}
	given := map[int]bool{}
	for key, value := range jsonrpc.Members(raw) {
		if i, known := t.index[key]; known && jsonrpc.Kind(value) != 'n' {
			given[i] = true
			f.field(&t.fields[i], value)
		}
	}
	for i := range t.fields {
		if preset := t.fields[i].preset; preset != nil && !given[i] {
			f.field(&t.fields[i], preset)
		}
	}
}

func (f *finder) field(of *field, raw []byte) {
	typ := of.typ
	for typ.kind == kindPointer {
		typ = typ.elem
	}
	if typ.kind != kindList {
		f.value(of, typ, raw)
		return
	}
	for typ.kind == kindList || typ.kind == kindPointer {
		typ = typ.elem
	}
	if raw = unwrap(raw, '['); jsonrpc.Kind(raw) != '[' {
		f.value(of, typ, raw)
	}
	for _, elem := range jsonrpc.Elements(raw) {
		f.value(of, typ, elem)
	}
}

func (f *finder) value(of *field, typ *Type, raw []byte) {
	switch {
	case len(f.found) >= f.most:
	case !of.target:
		f.object(typ, raw)
	case jsonrpc.Kind(raw) == '"':
		f.found = append(f.found, jsonrpc.Unquote(raw))
	case jsonrpc.Kind(raw) != '{' && jsonrpc.Kind(raw) != '[':
		f.found = append(f.found, show(raw))
	}
}
