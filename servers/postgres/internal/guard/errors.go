package guard

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// explain is an error of the server as a model reads it: with SQLSTATE,
// position and hint, and without anything of how the server was reached.
func (s *Source) explain(err error) error {
	var e *pgconn.PgError
	var large *tooLarge
	switch {
	case errors.As(err, &large):
		return mcpcore.Hint(err, "select fewer columns, or a part of the value, such as left(column, 1000)")
	case errors.Is(err, errLost):
		return mcpcore.Hint(fmt.Errorf("database %s: %w", s.Name, errLost), "try again: the next call makes a new connection")
	case !errors.As(err, &e):
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (SQLSTATE %s", e.Message, e.Code)
	if e.Position > 0 {
		fmt.Fprintf(&b, ", at character %d", e.Position)
	}
	b.WriteString(")")
	if e.Detail != "" {
		b.WriteString("\ndetail: " + e.Detail)
	}
	out := errors.New(b.String())
	if fix := advice[e.Code]; fix != "" {
		return mcpcore.Hint(out, fix)
	}
	if e.Hint != "" {
		return mcpcore.Hint(out, e.Hint)
	}
	return out
}

// advice is what to do about errors by SQLSTATE.
var advice = map[string]string{
	"25001": "it runs in no transaction, and so cannot be shown before it is kept: leave CONCURRENTLY out, or ask the user to have it done",
	"25006": "this server only reads: nothing can be changed here",
	"42P01": "search_schema finds tables by a part of their name; other schemas than those of the search path have to be named",
	"42703": "describe lists the columns of a table",
	"42601": "send one statement, without the ones before and after it",
	"57014": "ask for less: filter, aggregate, or add a LIMIT",
	"28P01": "the operator has to set the password: in the URL, in PGPASSWORD, in a password file or by --password-command",
	"28000": "the operator has to look at the user, at pg_hba.conf of the server, and at sslmode in the URL, as some servers take TLS alone",
	"3D000": "the operator has to name another database in the URL",
	"53300": "the server takes no more connections at present; try again in a moment",
	"53100": "the server's disk is full: ask for less, so that it need not sort or join on disk, and tell the operator",
	"53200": "the server is out of memory: ask for less, such as fewer rows or a smaller join",
	"53400": "a limit of the server's configuration was reached: ask for less, so that it need not sort or join on disk",
	"57P01": "the server is being stopped or restarted: try again in a moment",
	"57P02": "the server has crashed and starts again: try again in a moment",
	"57P03": "the server is starting or stopping: try again in a moment",
	"22021": "the text is no UTF-8 that the server takes; NUL characters are none either",
	"22P05": "a value cannot be written in UTF-8: select another column, or encode(convert_to(column, 'SQL_ASCII'), 'escape')",
	"40001": "the standby had to undo what the query reads: try again",
	"42501": "the role may not do this; server_info says which one it is",
	"55P03": "somebody else holds a lock: try again in a moment; activity shows who",
}

// tooLarge is a row that is larger than what is read.
type tooLarge struct{ size, most int }

func (t *tooLarge) Error() string {
	return fmt.Sprintf("a row of %d bytes is larger than the %d that are read", t.size, t.most)
}

// withoutURL is what the driver says of a connection, without what it says of
// how that was to be made: a URL that is not understood may hold a password
// anywhere.
func withoutURL(err error) error {
	var parse *pgconn.ParseConfigError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &parse):
		text := err.Error()
		return errors.New(text[strings.LastIndex(text, "`: ")+len("`: "):])
	case errors.As(err, &connect):
		var each []string // there is one for each attempt, with TLS and without
		for line := range strings.Lines(connect.Unwrap().Error()) {
			if line = strings.TrimSpace(line); !slices.Contains(each, line) {
				each = append(each, line)
			}
		}
		return errors.New(strings.Join(each, "; "))
	}
	return err
}
