package guard

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// configOf is how a database is reached: by what its URL says, and by the PG*
// variables and the service and password files for the rest.
func configOf(d *Database) (*pgconn.Config, error) {
	config, err := pgconn.ParseConfig(d.URL)
	if err != nil {
		return nil, mcpcore.Hint(fmt.Errorf("database %s: how to reach it is not understood: %w", d.Name, withoutURL(err)), "write postgresql://user@host:5432/database, with %XX for what is no letter or digit in a name or password")
	}
	if err := parameters(config); err != nil {
		return nil, fmt.Errorf("database %s: %w", d.Name, err)
	}
	if config.ConnectTimeout <= 0 || config.ConnectTimeout > connectTimeout {
		config.ConnectTimeout = connectTimeout
	}
	config.MaxProtocolMessageBodyLen = d.MaxValue
	config.OnNotice = nil
	return config, nil
}

// spare are parameters of other clients that say nothing of what is done or how
// safely: servers would refuse them.
var spare = []string{
	"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "gssencmode", "sslcompression",
	"fallback_application_name", "load_balance_hosts", "pgbouncer", "schema", "connection_limit", "pool_timeout", "socket_timeout", "statement_cache_size",
}

// unknown are parameters that would make a connection safer, or another one,
// and that are not known here.
var unknown = []string{"hostaddr", "sslcrl", "sslcrldir", "ssl_min_protocol_version", "ssl_max_protocol_version", "requirepeer", "replication"}

// parameters settles what goes to the server at the start of a connection.
func parameters(config *pgconn.Config) error {
	p := config.RuntimeParams
	for _, name := range unknown {
		if _, given := p[name]; given {
			return mcpcore.Hint(fmt.Errorf("%s is not possible here", name), "leave it out of the URL")
		}
	}
	if p["application_name"] == "" {
		p["application_name"] = "mcp-postgres"
	}
	for _, name := range spare {
		if name != "load_balance_hosts" {
			delete(p, name)
		}
	}
	p["client_encoding"] = "UTF8" // the gate reads statements as such
	return nil
}

// prefer puts the hosts into the order in which they are tried. A database that
// is only read prefers a standby among several hosts, unless its URL asks for
// something else; one that is written to needs the primary.
func prefer(config *pgconn.Config, mode gate.Mode) {
	balance := config.RuntimeParams["load_balance_hosts"]
	delete(config.RuntimeParams, "load_balance_hosts")
	all := append([]*pgconn.FallbackConfig{{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}}, config.Fallbacks...)
	var hosts [][]*pgconn.FallbackConfig // each with and without TLS, where both are allowed
	for _, one := range all {
		last := len(hosts) - 1
		if last >= 0 && hosts[last][0].Host == one.Host && hosts[last][0].Port == one.Port {
			hosts[last] = append(hosts[last], one)
		} else {
			hosts = append(hosts, []*pgconn.FallbackConfig{one})
		}
	}
	if len(hosts) == 1 {
		return
	}
	if config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPreferStandby
		if mode != gate.ReadOnly {
			config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
		}
	}
	if balance != "disable" {
		rand.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	}
	all = slices.Concat(hosts...)
	config.Host, config.Port, config.TLSConfig, config.Fallbacks = all[0].Host, all[0].Port, all[0].TLSConfig, all[1:]
}

// dial makes a connection. Where a command gives the password, it is asked
// again once when the server no longer takes the one that it gave.
func (s *Source) dial(ctx context.Context) (*pgconn.PgConn, error) {
	if len(s.PasswordCommand) == 0 {
		return connect(ctx, s.config.Copy())
	}
	known, err := s.password.get(ctx, &s.Database, "")
	if err != nil {
		return nil, err
	}
	conn, err := s.dialWith(ctx, known)
	if !refusedPassword(err) {
		return conn, err
	}
	fresh, fault := s.password.get(ctx, &s.Database, known)
	if fault != nil {
		return nil, fault
	}
	return s.dialWith(ctx, fresh)
}

func (s *Source) dialWith(ctx context.Context, password string) (*pgconn.PgConn, error) {
	config := s.config.Copy()
	config.Password = password
	return connect(ctx, config)
}

// connect connects, and has requests to cancel go to the host that answered: of
// several sockets in files, pgconn would take the first.
func connect(ctx context.Context, config *pgconn.Config) (*pgconn.PgConn, error) {
	var answered atomic.Pointer[string] // attempts that failed may still be ending
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if socket := answered.Load(); socket != nil && network == "unix" {
			address = *socket
		}
		return dial(ctx, network, address)
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err == nil {
		socket := conn.Conn().RemoteAddr().String()
		answered.Store(&socket)
	}
	return conn, err
}

// refusedPassword reports whether the server did not take the password: it is
// wrong or has expired.
func refusedPassword(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && strings.HasPrefix(server.Code, "28")
}
