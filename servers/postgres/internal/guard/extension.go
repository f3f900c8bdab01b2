package guard

import (
	"context"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Extension is what a database has of an extension.
type Extension struct {
	Name    string
	Schema  string // "" where the database has not got it
	Version string // or the one that it could have
}

const extensionSQL Own = `SELECT n.nspname, e.extversion FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = $1
	UNION ALL SELECT '', default_version FROM pg_catalog.pg_available_extensions WHERE name = $1 LIMIT 1`

// Extension finds out what a database has of an extension.
func (s *Source) Extension(ctx context.Context, name string) (x Extension, err error) {
	err = s.use(ctx, func(c *session) error {
		x, err = s.extension(ctx, c, name)
		return err
	})
	return x, err
}

func (s *Source) extension(ctx context.Context, c *session, name string) (Extension, error) {
	found := &records{}
	x := Extension{Name: name}
	err := c.run(ctx, statement{own: extensionSQL, params: []Param{Text(name)}}, s.begin(s.Timeout, c.about.Role), found)
	if err == nil && len(found.rows) > 0 {
		x.Schema, x.Version = found.rows[0].Text(0), found.rows[0].Text(1)
	}
	return x, err
}

// Missing is an error that says how to get an extension, or nil where it is
// there. parcel is the package that has it.
func (x Extension) Missing(what, parcel string) error {
	switch {
	case x.Schema != "":
		return nil
	case x.Version == "":
		return mcpcore.Hint(fmt.Errorf("%s the extension %s, which is not installed on this server", what, x.Name),
			fmt.Sprintf("have the package installed where the server runs (%s), then CREATE EXTENSION %s run in this database", parcel, x.Name))
	}
	return mcpcore.Hint(fmt.Errorf("%s the extension %s, which this database has not got", what, x.Name),
		fmt.Sprintf("have CREATE EXTENSION %s run in this database; its files are on the server already", x.Name))
}

// OwnOf is OwnAsLogin for a statement that uses an extension, whose functions and
// views it names without a schema.
func (s *Source) OwnOf(ctx context.Context, x Extension, sql Own, params ...Param) ([]Record, error) {
	v := &records{}
	err := s.use(ctx, func(c *session) error {
		before := append(s.begin(s.Timeout, ""), script("SET LOCAL search_path = pg_catalog, "+Quoted(x.Schema)))
		return c.run(ctx, statement{own: sql, params: params}, before, v)
	})
	return v.rows, err
}
