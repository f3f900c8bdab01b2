package guard

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Own is a statement of the server's own: a constant in its code, never made
// from what a caller sent. Values go in as parameters.
type Own string

// Text is a parameter's value.
func Text(s string) Param { return Param{Text: s} }

// Null is the parameter that is NULL.
func Null() Param { return Param{Null: true} }

// Texts is the parameter that is an array of texts.
func Texts(texts []string) Param {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
	}
	return Text("{" + strings.Join(out, ",") + "}")
}

// TextsOf are the texts of an array in JSON, as json_agg makes it; nil for NULL.
func TextsOf(text string) []string {
	var out []string
	if json.Unmarshal([]byte(text), &out) != nil {
		return nil
	}
	return out
}

// Record is a row of a statement of the server's own.
type Record [][]byte

// Text is a column as text; "" for NULL.
func (r Record) Text(i int) string { return string(r[i]) }

// Bool is a column that is true or false; false for NULL.
func (r Record) Bool(i int) bool { return string(r[i]) == "t" }

// Null reports whether a column is NULL.
func (r Record) Null(i int) bool { return r[i] == nil }

// Own runs a statement of the server's own with the rights that a model's
// statements have.
func (s *Source) Own(ctx context.Context, sql Own, params ...Param) ([]Record, error) {
	return s.own(ctx, sql, params, func(c *session) string { return c.about.Role })
}

// OwnAsLogin runs one with all rights of the login, for what the role may not
// see: statistics, and what other sessions do.
func (s *Source) OwnAsLogin(ctx context.Context, sql Own, params ...Param) ([]Record, error) {
	return s.own(ctx, sql, params, func(*session) string { return "" })
}

func (s *Source) own(ctx context.Context, sql Own, params []Param, role func(*session) string) ([]Record, error) {
	v := &records{}
	err := s.use(ctx, func(c *session) error {
		return c.run(ctx, statement{own: sql, params: params}, s.begin(s.Timeout, role(c)), v)
	})
	return v.rows, err
}

// records is the sink of a statement of the server's own.
type records struct{ rows []Record }

func (v *records) columns([]pgproto3.FieldDescription) error { return nil }

func (v *records) row(values [][]byte) error {
	row := make(Record, len(values))
	for i, value := range values {
		if value != nil {
			row[i] = append([]byte{}, value...)
		}
	}
	v.rows = append(v.rows, row)
	return nil
}

func (v *records) end(bool, string) {}
