package githubspec

import (
	_ "embed" // of what the package lacks
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// newer declares what GitHub has and the package with its schema does not, yet.
//
//go:embed testdata/newer.graphql
var newer string

// graphJudge holds documents, variables and answers against a schema.
type graphJudge struct{ schema *ast.Schema }

func newGraphJudge(file string) (*graphJudge, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	schema, err := loadSchema(string(text))
	if err != nil {
		return nil, err
	}
	return &graphJudge{schema}, nil
}

// loadSchema loads the schema with the additions; definitions that the package
// holds twice within a type are taken once.
func loadSchema(text string) (*ast.Schema, error) {
	for range 20 {
		schema, err := gqlparser.LoadSchema(&ast.Source{Name: "github", Input: text}, &ast.Source{Name: "newer", Input: newer})
		if err == nil {
			return schema, nil
		}
		var twice *gqlerror.Error
		if !errors.As(err, &twice) || !strings.Contains(twice.Message, "can only be defined once") || len(twice.Locations) == 0 {
			return nil, err
		}
		lines := strings.Split(text, "\n")
		at := twice.Locations[0].Line - 1
		end := strings.IndexAny(lines[at], "(:")
		if end < 0 {
			return nil, err
		}
		lines[at] = lines[at][:end] + "Twice" + lines[at][end:]
		text = strings.Join(lines, "\n")
	}
	return nil, errors.New("the schema defines too much twice")
}

// judge returns the fields at the top of a document and what is wrong with an
// exchange.
func (j *graphJudge) judge(e exchange) (fields, faults []string) {
	var in struct {
		Query     string
		Variables map[string]any
	}
	if err := json.Unmarshal([]byte(e.Body), &in); err != nil {
		return nil, []string{"request: " + err.Error()}
	}
	doc, errs := gqlparser.LoadQueryWithRules(j.schema, in.Query, rules.NewDefaultRules())
	if errs != nil {
		return nil, []string{"document: " + errs.Error()}
	}
	op := doc.Operations[0]
	kind := string(op.Operation)
	for _, s := range op.SelectionSet {
		if f, ok := s.(*ast.Field); ok {
			fields = append(fields, kind+" "+f.Name)
		}
	}
	if _, err := validator.VariableValues(j.schema, op, in.Variables); err != nil {
		faults = append(faults, "variables: "+err.Error())
	}
	for name := range in.Variables {
		if op.VariableDefinitions.ForName(name) == nil {
			faults = append(faults, "variables: the document declares no $"+name)
		}
	}
	if e.Fault || e.Status != 200 {
		return fields, faults
	}
	var answer struct {
		Data   map[string]any
		Errors []any
	}
	if err := json.Unmarshal([]byte(e.Answer), &answer); err != nil {
		return fields, append(faults, "answer: "+err.Error())
	}
	if answer.Data == nil && answer.Errors == nil {
		return fields, append(faults, "answer: neither data nor errors")
	}
	if answer.Data != nil {
		w := &shape{schema: j.schema, lenient: len(answer.Errors) > 0}
		w.object(answer.Data, j.root(op), op.SelectionSet, "data")
		faults = append(faults, w.faults...)
	}
	return fields, faults
}

func (j *graphJudge) root(op *ast.OperationDefinition) *ast.Definition {
	if op.Operation == ast.Mutation {
		return j.schema.Mutation
	}
	return j.schema.Query
}

// shape holds data against the types of what was selected.
type shape struct {
	schema  *ast.Schema
	lenient bool // there were errors, for which null stands in
	faults  []string
}

func (w *shape) fault(at, format string, args ...any) {
	if len(w.faults) < 10 {
		w.faults = append(w.faults, "answer: "+at+": "+fmt.Sprintf(format, args...))
	}
}

func (w *shape) object(data map[string]any, of *ast.Definition, set ast.SelectionSet, at string) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if s.Name == "__typename" {
				name, _ := data[s.Alias].(string)
				if !w.possible(of, name) {
					w.fault(at, "%s is no type of %s", name, of.Name)
				}
				continue
			}
			value, ok := data[s.Alias]
			if !ok {
				if len(s.Directives) == 0 && (of.Kind == ast.Object || s.ObjectDefinition == of) {
					w.fault(at, "%s is missing", s.Alias)
				}
				continue
			}
			w.value(value, s.Definition.Type, s.SelectionSet, at+"."+s.Alias)
		case *ast.InlineFragment:
			w.fragment(data, of, s.TypeCondition, s.SelectionSet, at)
		case *ast.FragmentSpread:
			w.fragment(data, of, s.Definition.TypeCondition, s.Definition.SelectionSet, at)
		}
	}
}

// fragment looks at what a fragment selected, where the object seems to be of
// its type: without __typename that shows in its fields being there.
func (w *shape) fragment(data map[string]any, of *ast.Definition, condition string, set ast.SelectionSet, at string) {
	if condition == "" || condition == of.Name {
		w.object(data, of, set, at)
		return
	}
	name, _ := data["__typename"].(string)
	to := w.schema.Types[condition]
	if name != "" && !w.possible(to, name) {
		return
	}
	for _, s := range set {
		if f, ok := s.(*ast.Field); ok && f.Name != "__typename" {
			if value, ok := data[f.Alias]; ok {
				w.value(value, f.Definition.Type, f.SelectionSet, at+"."+f.Alias)
			}
		}
	}
}

func (w *shape) possible(of *ast.Definition, name string) bool {
	for _, t := range w.schema.GetPossibleTypes(of) {
		if t.Name == name {
			return true
		}
	}
	return of.Name == name
}

func (w *shape) value(value any, t *ast.Type, set ast.SelectionSet, at string) {
	if value == nil {
		if t.NonNull && !w.lenient {
			w.fault(at, "it is null, and %s cannot be", t)
		}
		return
	}
	if t.Elem != nil {
		list, ok := value.([]any)
		if !ok {
			w.fault(at, "%T is no list", value)
			return
		}
		for i, v := range list {
			w.value(v, t.Elem, set, fmt.Sprintf("%s.%d", at, i))
		}
		return
	}
	def := w.schema.Types[t.NamedType]
	if len(set) > 0 {
		o, ok := value.(map[string]any)
		if !ok {
			w.fault(at, "%T is no object", value)
			return
		}
		w.object(o, def, set, at)
		return
	}
	w.scalar(value, def, at)
}

func (w *shape) scalar(value any, def *ast.Definition, at string) {
	ok := true
	switch def.Name {
	case "Int":
		f, is := value.(float64)
		ok = is && f == float64(int64(f))
	case "Float":
		_, ok = value.(float64)
	case "Boolean":
		_, ok = value.(bool)
	default:
		s, is := value.(string)
		ok = is
		if def.Kind == ast.Enum {
			ok = is && def.EnumValues.ForName(s) != nil
		}
	}
	if !ok {
		w.fault(at, "%v is no %s", value, def.Name)
	}
}
