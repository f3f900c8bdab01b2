package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
)

// Source is one database.
type Source struct {
	Database

	config *pgconn.Config
	pool   *puddle.Pool[*session]
	log    *slog.Logger
	denied atomic.Pointer[denied]
}

// settingName is of settings of the operator's own, which have two parts: those
// of PostgreSQL could undo what holds statements.
var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$`)

const (
	connectTimeout = 10 * time.Second
	idleTime       = 5 * time.Minute // of a connection that nobody needs
)

func newSource(d Database, log *slog.Logger) (*Source, error) {
	config, err := pgconn.ParseConfig(d.URL)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", d.Name, withoutSecrets(err))
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if config.ConnectTimeout <= 0 || config.ConnectTimeout > connectTimeout {
		config.ConnectTimeout = connectTimeout
	}
	config.MaxProtocolMessageBodyLen = d.MaxValue
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "mcp-postgres"
	}
	config.OnNotice = nil
	s := &Source{Database: d, config: config, log: log}
	s.pool, err = puddle.NewPool(&puddle.Config[*session]{
		Constructor: s.connect,
		Destructor:  func(c *session) { c.close() },
		MaxSize:     int32(d.Connections),
	})
	return s, err
}

// Address names the database without a secret: host, port and database.
func (s *Source) Address() (user, host, database string) {
	host = s.config.Host
	if s.config.Port != 0 && host != "" && host[0] != '/' {
		host = fmt.Sprintf("%s:%d", host, s.config.Port)
	}
	return s.config.User, host, s.config.Database
}

// acquire gets a connection that answers: one that was idle may have been
// closed by the server in the meantime, which shows with its first use.
func (s *Source) acquire(ctx context.Context) (*puddle.Resource[*session], error) {
	for {
		r, err := s.pool.Acquire(ctx)
		if err != nil {
			return nil, s.unreachable(err)
		}
		if r.IdleDuration() < idleTime && !r.Value().broken() {
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
	return fmt.Errorf("the database %s cannot be reached: %w", s.Name, withoutSecrets(err))
}
