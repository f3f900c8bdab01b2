package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// session is one connection. pgconn opens it, with all that this takes; from
// then on the messages are our own, as pgconn has no way to say how many rows
// the server is to send.
type session struct {
	conn  *pgconn.PgConn // for cancel requests alone
	wire  net.Conn
	front *pgproto3.Frontend
	dead  bool
	about about

	owed int  // answers that a sweep has to read
	open bool // a transaction is, in which there may be more rows to be had
}

// about is what a connection found when it began.
type about struct {
	Version   string
	Superuser bool
	Role      string // that statements run with; "" is the login
	pid       uint32 // as it was told when the connection began
}

func (s *Source) connect(ctx context.Context) (*session, error) {
	conn, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	if err := conn.SyncConn(ctx); err != nil {
		conn.Close(ctx)
		return nil, err
	}
	wire, err := conn.Hijack()
	if err != nil {
		conn.Close(ctx)
		return nil, err
	}
	c := &session{conn: conn, wire: blocked(wire.Conn), about: about{Version: wire.ParameterStatuses["server_version"], pid: wire.PID}}
	c.front = pgproto3.NewFrontend(c.wire, c.wire)
	c.front.SetMaxBodyLen(s.MaxValue)
	if wire.ParameterStatuses["standard_conforming_strings"] != "on" { // the gate reads statements as with on
		c.close()
		return nil, errors.New("the database has standard_conforming_strings off: turn it on, such as with ALTER ROLE ... SET")
	}
	if err := s.look(ctx, c); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// readAll is the role that a login with too many rights steps down to, where
// the operator names none.
const readAll = "pg_read_all_data"

// look finds out what the login may do, and so which role statements take on.
func (s *Source) look(ctx context.Context, c *session) error {
	c.about.Role = s.Role
	res := &records{}
	err := c.run(ctx, statement{own: `SELECT r.rolsuper, EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1),
		pg_catalog.pg_backend_pid() FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`, params: []Param{Text(readAll)}}, s.begin(s.Timeout, ""), res)
	if err != nil {
		return fmt.Errorf("what the login may do: %w", err)
	}
	if len(res.rows) == 1 {
		s.pooled.Store(res.rows[0].Text(2) != strconv.FormatUint(uint64(c.about.pid), 10))
		c.about.Superuser = res.rows[0].Bool(0)
		if c.about.Superuser && s.Role == "" && s.Mode > gate.ReadOnly {
			s.warned.Do(func() {
				s.log.Warn("statements of execute run with all rights of a superuser; --role names a role that may change no more than has to be changed", "database", s.Name)
			})
		}
		if c.about.Superuser && s.Role == "" && res.rows[0].Bool(1) {
			c.about.Role = readAll
		}
	}
	return nil
}

func (c *session) close() {
	c.dead = true
	_ = c.wire.SetDeadline(time.Now().Add(time.Second))
	c.front.Send(&pgproto3.Terminate{})
	_ = c.front.Flush() // the server finds out by itself, too
	_ = c.wire.Close()
}

// ready reports whether a session that was idle can be used: what the last
// statement left is swept away, and the server has not ended the connection.
func (c *session) ready() bool {
	c.sweep()
	return !c.dead && c.front.ReadBufferLen() == 0 && silent(c.wire)
}

// cancel has the server stop what it does for this connection.
func (c *session) cancel() error {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	return c.conn.CancelRequest(ctx)
}

var errLost = errors.New("the connection to the server was lost")
