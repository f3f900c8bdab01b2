// Package gql executes GraphQL documents over objects that are made as they are
// asked for. It knows no schema: whether a document fits GitHub's is found out
// elsewhere.
package gql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Object is an object of some type. A field is a value (nil, a string, a number,
// a bool, *Object, or a list of such), or a function that makes one:
// func() any or func(Args) (any, error).
type Object struct {
	Type   string
	Is     []string // interfaces and unions that the type is part of
	Fields Fields
}

// Fields are those of an object by name.
type Fields map[string]any

// Error is an error of one field.
type Error struct {
	Type    string // NOT_FOUND, FORBIDDEN, UNPROCESSABLE, STALE_DATA, …
	Message string
}

func (e *Error) Error() string { return e.Message }

// NotFound says that something could not be found.
func NotFound(format string, args ...any) error {
	return &Error{"NOT_FOUND", fmt.Sprintf(format, args...)}
}

// Forbidden says that something may not be done.
func Forbidden(message string) error { return &Error{"FORBIDDEN", message} }

// Refused says that something is not done as it would make no sense.
func Refused(format string, args ...any) error {
	return &Error{"UNPROCESSABLE", fmt.Sprintf(format, args...)}
}

// Answer is what a document is answered with.
type Answer struct {
	Data   *Ordered `json:"data,omitempty"`
	Errors []obj    `json:"errors,omitempty"`
	Top    []string `json:"-"` // the fields at the top of the operation
}

type obj = map[string]any

// Ordered is a JSON object that keeps the order of its fields.
type Ordered struct {
	keys   []string
	values []any
}

func (o *Ordered) set(key string, value any) {
	o.keys, o.values = append(o.keys, key), append(o.values, value)
}

// MarshalJSON writes the fields in their order.
func (o *Ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(o.values[i])
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Execute runs an operation of a document. root makes the object at the top:
// the one for queries or the one for mutations.
func Execute(text, operation string, variables map[string]any, root func(mutation bool) *Object) Answer {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return broken("A query attribute must be specified and must be a string that parses: %v", err)
	}
	var op *ast.OperationDefinition
	for _, o := range doc.Operations {
		if operation == "" || o.Name == operation {
			op = o
			break
		}
	}
	if op == nil || operation == "" && len(doc.Operations) > 1 {
		return broken("An operation name is required")
	}
	e := &exec{doc: doc, vars: map[string]any{}}
	if message := e.bind(op, variables); message != "" {
		return broken("%s", message)
	}
	top := root(op.Operation == ast.Mutation)
	a := Answer{}
	for _, f := range e.collect(top, op.SelectionSet, nil) {
		a.Top = append(a.Top, f.field.Name)
	}
	data := e.object(top, op.SelectionSet, nil)
	if len(e.undefined) > 0 { // found before anything is run, in the real one
		a.Errors = e.undefined
		return a
	}
	a.Data, a.Errors = data, e.errors
	return a
}

func broken(format string, args ...any) Answer {
	return Answer{Errors: []obj{{"message": fmt.Sprintf(format, args...)}}}
}

type exec struct {
	doc       *ast.QueryDocument
	vars      map[string]any
	errors    []obj
	undefined []obj
}

// bind takes the variables that the operation declares.
func (e *exec) bind(op *ast.OperationDefinition, given map[string]any) (message string) {
	for _, v := range op.VariableDefinitions {
		value, ok := given[v.Variable]
		if !ok && v.DefaultValue != nil {
			value, _ = v.DefaultValue.Value(nil)
			ok = true
		}
		if (!ok || value == nil) && v.Type.NonNull {
			return fmt.Sprintf("Variable $%s of type %s was provided invalid value", v.Variable, v.Type)
		}
		if value != nil && !fits(v.Type, value) {
			return fmt.Sprintf("Variable $%s of type %s was provided invalid value", v.Variable, v.Type)
		}
		if ok {
			e.vars[v.Variable] = value
		}
	}
	return ""
}

// fits holds a value against a type as far as it is one of the built-in ones.
func fits(t *ast.Type, value any) bool {
	if t.Elem != nil {
		list, ok := value.([]any)
		return !ok || !slices.ContainsFunc(list, func(v any) bool { return v != nil && !fits(t.Elem, v) })
	}
	switch t.NamedType {
	case "Int":
		f, ok := value.(float64)
		_, whole := value.(int64)
		return whole || ok && f == float64(int64(f))
	case "String":
		_, ok := value.(string)
		return ok
	case "Boolean":
		_, ok := value.(bool)
		return ok
	}
	return true
}

// picked is a field with all that is selected of it.
type picked struct {
	key   string
	field *ast.Field
	sets  ast.SelectionSet
}

// collect finds the fields that are selected of an object, fragments included.
func (e *exec) collect(o *Object, set ast.SelectionSet, into []*picked) []*picked {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if !e.included(s.Directives) {
				continue
			}
			i := slices.IndexFunc(into, func(p *picked) bool { return p.key == s.Alias })
			if i < 0 {
				into = append(into, &picked{key: s.Alias, field: s})
				i = len(into) - 1
			}
			into[i].sets = append(into[i].sets, s.SelectionSet...)
		case *ast.InlineFragment:
			if e.included(s.Directives) && o.is(s.TypeCondition) {
				into = e.collect(o, s.SelectionSet, into)
			}
		case *ast.FragmentSpread:
			f := e.doc.Fragments.ForName(s.Name)
			if f == nil {
				e.undefined = append(e.undefined, obj{"message": "Fragment " + s.Name + " was used, but not defined"})
			} else if e.included(s.Directives) && o.is(f.TypeCondition) {
				into = e.collect(o, f.SelectionSet, into)
			}
		}
	}
	return into
}

func (o *Object) is(condition string) bool {
	return condition == "" || o.Type == condition || slices.Contains(o.Is, condition)
}

func (e *exec) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if arg := d.Arguments.ForName("if"); arg != nil {
			v, _ := arg.Value.Value(e.vars)
			if on, _ := v.(bool); on == (d.Name == "skip") {
				return false
			}
		}
	}
	return true
}

func (e *exec) object(o *Object, set ast.SelectionSet, path []any) *Ordered {
	out := &Ordered{}
	for _, p := range e.collect(o, set, nil) {
		here := append(slices.Clone(path), p.key)
		value, err := e.resolve(o, p.field)
		if err != nil {
			e.fail(p.field, here, err)
			out.set(p.key, nil)
			continue
		}
		out.set(p.key, e.value(value, p.sets, here))
	}
	return out
}

func (e *exec) fail(f *ast.Field, path []any, err error) {
	kind := ""
	if known, ok := err.(*Error); ok {
		kind = known.Type
	}
	o := obj{"message": err.Error(), "path": path}
	if kind != "" {
		o["type"] = kind
	}
	if f.Position != nil {
		o["locations"] = []obj{{"line": f.Position.Line, "column": f.Position.Column}}
	}
	e.errors = append(e.errors, o)
}

func (e *exec) resolve(o *Object, f *ast.Field) (any, error) {
	if f.Name == "__typename" {
		return o.Type, nil
	}
	field, ok := o.Fields[f.Name]
	if !ok {
		e.undefined = append(e.undefined, obj{
			"message":    fmt.Sprintf("Field '%s' doesn't exist on type '%s'", f.Name, o.Type),
			"extensions": obj{"code": "undefinedField", "typeName": o.Type, "fieldName": f.Name},
		})
		return nil, nil
	}
	args := Args{}
	for _, a := range f.Arguments {
		if a.Value.Kind == ast.Variable {
			if v, ok := e.vars[a.Value.Raw]; ok {
				args[a.Name] = v
			}
			continue
		}
		v, err := a.Value.Value(e.vars)
		if err != nil {
			return nil, err
		}
		args[a.Name] = v
	}
	switch field := field.(type) {
	case func() any:
		return field(), nil
	case func(Args) (any, error):
		return field(args)
	}
	return field, nil
}

func (e *exec) value(value any, set ast.SelectionSet, path []any) any {
	switch v := value.(type) {
	case *Object:
		if v == nil {
			return nil
		}
		return e.object(v, set, path)
	case []*Object:
		out := make([]any, len(v))
		for i, o := range v {
			out[i] = e.value(o, set, append(slices.Clone(path), i))
		}
		return out
	}
	return value
}

// Args are the arguments of a field.
type Args map[string]any

// Has tells whether an argument was given, and is not null.
func (a Args) Has(name string) bool { return a[name] != nil }

// String is an argument, or "".
func (a Args) String(name string) string { s, _ := a[name].(string); return s }

// Bool is an argument, or false.
func (a Args) Bool(name string) bool { b, _ := a[name].(bool); return b }

// Int is an argument, or 0.
func (a Args) Int(name string) int {
	switch n := a[name].(type) {
	case int64:
		return int(n)
	case float64:
		return int(n)
	}
	return 0
}

// Strings is an argument that is a list, or one value alone.
func (a Args) Strings(name string) []string {
	if s, ok := a[name].(string); ok {
		return []string{s}
	}
	list, _ := a[name].([]any)
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Args is an argument that is an object.
func (a Args) Args(name string) Args {
	m, _ := a[name].(map[string]any)
	return m
}

// List is an argument that is a list of objects.
func (a Args) List(name string) []Args {
	list, _ := a[name].([]any)
	var out []Args
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// Page makes a connection: the part of a list that first, after, last and
// before ask for, as GitHub limits them.
func Page[T any](a Args, name string, items []T, show func(T) *Object) (any, error) {
	first, last := a.Int("first"), a.Int("last")
	switch {
	case !a.Has("first") && !a.Has("last"):
		return nil, &Error{"MISSING_PAGINATION_BOUNDARIES", fmt.Sprintf("You must provide a `first` or `last` value to properly paginate the `%s` connection.", name)}
	case a.Has("first") && a.Has("last"):
		return nil, &Error{"", fmt.Sprintf("Passing both `first` and `last` to paginate the `%s` connection is not supported.", name)}
	case first > 100 || last > 100:
		return nil, &Error{"EXCESSIVE_PAGINATION", fmt.Sprintf("Requesting %d records on the `%s` connection exceeds the `first` limit of 100 records.", max(first, last), name)}
	case first < 0 || last < 0:
		return nil, &Error{"INVALID_PAGINATION", fmt.Sprintf("`first` on the `%s` connection cannot be less than zero.", name)}
	}
	from, to := 0, len(items)
	if n, ok := place(a.String("after")); ok {
		from = min(n, to)
	}
	if n, ok := place(a.String("before")); ok {
		to = max(min(n-1, to), from)
	}
	if a.Has("first") {
		to = min(to, from+first)
	} else {
		from = max(from, to-last)
	}
	return connection(items, from, to, show), nil
}

func connection[T any](items []T, from, to int, show func(T) *Object) *Object {
	nodes := func() any {
		out := []*Object{}
		for _, item := range items[from:to] {
			out = append(out, show(item))
		}
		return out
	}
	edges := func() any {
		out := []*Object{}
		for i, item := range items[from:to] {
			out = append(out, &Object{Type: "Edge", Fields: Fields{"cursor": cursor(from + i + 1), "node": show(item)}})
		}
		return out
	}
	page := &Object{Type: "PageInfo", Fields: Fields{
		"hasNextPage": to < len(items), "hasPreviousPage": from > 0, "startCursor": nil, "endCursor": nil,
	}}
	if to > from {
		page.Fields["startCursor"], page.Fields["endCursor"] = cursor(from+1), cursor(to)
	}
	return &Object{Type: "Connection", Fields: Fields{"totalCount": len(items), "nodes": nodes, "edges": edges, "pageInfo": page}}
}

func cursor(n int) string { return fmt.Sprintf("Y3Vyc29yOnYyOg-%d", n) }

func place(cursor string) (int, bool) {
	_, n, ok := strings.Cut(cursor, "-")
	var at int
	if _, err := fmt.Sscanf(n, "%d", &at); err != nil || !ok {
		return 0, false
	}
	return at, true
}
