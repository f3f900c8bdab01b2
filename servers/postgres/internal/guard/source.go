package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Source is one database.
type Source struct {
	Database
	*link
	denied atomic.Pointer[denied]
}

// link is how a database is reached. All who may use it share the link,
// whatever their rules: nothing of a call is left in a session.
type link struct {
	config   *pgconn.Config
	host     string // that the URL names first, with its port
	password *credential
	pool     *puddle.Pool[*session]
	log      *slog.Logger
	held     cursors
	warned   sync.Once    // of too many rights
	pooled   atomic.Bool  // see Pooled
	defined  atomic.Int64 // when the schema was last changed from here, in ns
}

// settingName is of settings of the operator's own, which have two parts: those
// of PostgreSQL could undo what holds statements.
var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$`)

const (
	connectTimeout = 10 * time.Second
	idleTime       = 5 * time.Minute // of a connection that nobody needs
)

func newSource(d Database, log *slog.Logger) (*Source, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	config, err := configOf(&d)
	if err != nil {
		return nil, err
	}
	s := &Source{Database: d, link: &link{config: config, host: hostOf(config), password: newCredential(), log: log}}
	prefer(config, d.Mode)
	s.pool, err = puddle.NewPool(&puddle.Config[*session]{
		Constructor: s.connect,
		Destructor:  func(c *session) { c.close() },
		MaxSize:     int32(d.Connections + d.MaxCursors),
	})
	s.held.idle, s.held.most = d.CursorIdle, d.MaxCursors
	return s, err
}

// Address names the database without a secret: user, the host that is named
// first with its port, and database.
func (s *Source) Address() (user, host, database string) {
	return s.config.User, s.host, s.config.Database
}

// Pooled reports whether there is a pooler in between, such as PgBouncer: the
// number that it gives a connection is not that of a process of the server.
func (s *Source) Pooled() bool { return s.pooled.Load() }

func hostOf(config *pgconn.Config) string {
	if config.Port == 0 || config.Host == "" || config.Host[0] == '/' {
		return config.Host
	}
	return fmt.Sprintf("%s:%d", config.Host, config.Port)
}

// acquire gets a connection that answers: one that was idle may have been
// closed by the server in the meantime, which shows with its first use.
func (s *Source) acquire(ctx context.Context) (*puddle.Resource[*session], error) {
	for {
		r, err := s.pool.Acquire(ctx)
		if err != nil {
			return nil, s.unreachable(err)
		}
		if r.IdleDuration() < idleTime && r.Value().ready() {
			return r, nil
		}
		r.Destroy()
	}
}

// unreachable says why there is no connection.
func (s *Source) unreachable(err error) error {
	var server *pgconn.PgError
	switch {
	case errors.As(err, &server):
		return s.explain(server)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	fix := cmp.Or(mcpcore.HintOf(err), "the operator has to see that it runs and that its URL is right, sslmode included; mcp-postgres doctor tries it")
	return mcpcore.Hint(fmt.Errorf("the database %s cannot be reached: %w", s.Name, withoutURL(err)), fix)
}
