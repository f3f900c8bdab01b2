package guard

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Access is which objects of a database may be seen. Patterns are names in
// which * stands for any text; a name that stands alone is of any schema.
type Access struct {
	AllowSchemas []string // empty allows all but those of the system
	DenyTables   []string // table or schema.table
	DenyColumns  []string // table.column or schema.table.column
	Mask         []string // likewise; the column is there, and its values are not

	Within *Access // rules that hold beside these, or nil

	lent []string // tables that may be used though these rules deny them; see Lending
}

// Ruled reports whether there are rules for objects.
func (a *Access) Ruled() bool {
	return len(a.AllowSchemas)+len(a.DenyTables)+len(a.DenyColumns)+len(a.Mask) > 0 || a.Within != nil && a.Within.Ruled()
}

// Validate finds patterns that could match nothing, as they have too few parts
// or too many: what was meant to be hidden would be open.
func (a *Access) Validate() error {
	var errs []error
	for _, rule := range []struct {
		setting  string
		patterns []string
		min, max int
		form     string
	}{
		{"--allow-schemas", a.AllowSchemas, 1, 1, "schema"},
		{"--deny-tables", a.DenyTables, 1, 2, "table or schema.table"},
		{"--deny-columns", a.DenyColumns, 2, 3, "table.column or schema.table.column"},
		{"--mask", a.Mask, 2, 3, "table.column or schema.table.column"},
	} {
		for _, pattern := range rule.patterns {
			parts := strings.Split(pattern, ".")
			if len(parts) < rule.min || len(parts) > rule.max || slices.Contains(parts, "") || strings.ContainsAny(pattern, `"?[`) {
				errs = append(errs, mcpcore.Hint(fmt.Errorf("%s: %q would match nothing", rule.setting, pattern),
					"write it as "+rule.form+", without quotes; * stands for any text"))
			}
		}
	}
	return errors.Join(errs...)
}

// system schemas are readable as far as the rules for functions and catalogs
// go; they are not listed.
func system(schema string) bool {
	return schema == "pg_catalog" || schema == "information_schema" || strings.HasPrefix(schema, "pg_toast") || strings.HasPrefix(schema, "pg_temp")
}

// Schema reports whether a schema may be seen.
func (a *Access) Schema(schema string) bool {
	return a.ofSchema(schema) && (a.Within == nil || a.Within.Schema(schema))
}

// ofSchema is what these rules alone say of a schema.
func (a *Access) ofSchema(schema string) bool {
	return !system(schema) && (len(a.AllowSchemas) == 0 || matches(a.AllowSchemas, schema))
}

// Table reports whether a table, or what is like one, may be seen.
func (a *Access) Table(schema, table string) bool {
	if len(a.lent) > 0 && !system(schema) && (matches(a.lent, table) || matches(a.lent, schema, table)) {
		return true
	}
	return a.ofSchema(schema) && !matches(a.DenyTables, table) && !matches(a.DenyTables, schema, table) &&
		(a.Within == nil || a.Within.Table(schema, table))
}

// Column reports whether a column may be seen.
func (a *Access) Column(schema, table, column string) bool {
	return a.Table(schema, table) && !matches(a.DenyColumns, table, column) && !matches(a.DenyColumns, schema, table, column) &&
		(a.Within == nil || a.Within.Column(schema, table, column))
}

// Masked reports whether a column's values are hidden.
func (a *Access) Masked(schema, table, column string) bool {
	return matches(a.Mask, table, column) || matches(a.Mask, schema, table, column) || a.Within != nil && a.Within.Masked(schema, table, column)
}

// matches reports whether a pattern has as many parts as the name, and each
// fits: a dot in a part of the name is none of the pattern's.
func matches(patterns []string, name ...string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return slices.EqualFunc(strings.Split(pattern, "."), name, fits) || pattern == strings.Join(name, ".")
	})
}

// fits reports whether a name is a pattern in which * stands for any text.
func fits(pattern, name string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	if !strings.HasPrefix(name, first) {
		return false
	}
	for name = name[len(first):]; ; name = name[1:] {
		if fits(rest, name) {
			return true
		}
		if name == "" {
			return false
		}
	}
}

// Function reports whether a function may be seen.
func (d *Database) Function(schema, function string) bool {
	return d.Schema(schema) && !matches(d.DenyFunctions, function)
}
