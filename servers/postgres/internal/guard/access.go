package guard

import (
	"path"
	"strings"
)

// Access is which objects of a database may be seen. Patterns are names in
// which * stands for any text; a name that stands alone is of any schema.
type Access struct {
	AllowSchemas []string // empty allows all but those of the system
	DenyTables   []string // table or schema.table
	DenyColumns  []string // table.column or schema.table.column
	Mask         []string // likewise; the column is there, and its values are not
}

// system schemas are readable as far as the rules for functions and catalogs
// go; they are not listed.
func system(schema string) bool {
	return schema == "pg_catalog" || schema == "information_schema" || strings.HasPrefix(schema, "pg_toast") || strings.HasPrefix(schema, "pg_temp")
}

// Schema reports whether a schema may be seen.
func (a *Access) Schema(schema string) bool {
	if system(schema) {
		return false
	}
	return len(a.AllowSchemas) == 0 || matches(a.AllowSchemas, schema)
}

// Table reports whether a table, or what is like one, may be seen.
func (a *Access) Table(schema, table string) bool {
	return a.Schema(schema) && !matches(a.DenyTables, table, schema+"."+table)
}

// Column reports whether a column may be seen.
func (a *Access) Column(schema, table, column string) bool {
	return a.Table(schema, table) && !matches(a.DenyColumns, table+"."+column, schema+"."+table+"."+column)
}

// Masked reports whether a column's values are hidden.
func (a *Access) Masked(schema, table, column string) bool {
	return matches(a.Mask, table+"."+column, schema+"."+table+"."+column)
}

// matches reports whether a pattern fits one of the names, with as many parts.
func matches(patterns []string, names ...string) bool {
	for _, pattern := range patterns {
		for _, name := range names {
			if strings.Count(pattern, ".") != strings.Count(name, ".") {
				continue
			}
			if ok, err := path.Match(pattern, name); ok && err == nil {
				return true
			}
		}
	}
	return false
}
