package postgres_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// started is a server of a test's own.
func started(t *testing.T, o private.Options) *private.Server {
	t.Helper()
	s, err := private.Start(t.Context(), o)
	if errors.Is(err, private.ErrNotInstalled) {
		t.Skip("no PostgreSQL is installed here")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// superuser runs statements on a server.
func superuser(t *testing.T, s *private.Server, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// placeFile has a server write a file of its own.
func placeFile(t *testing.T, s *private.Server, name, text string) {
	t.Helper()
	superuser(t, s, fmt.Sprintf("COPY (SELECT * FROM regexp_split_to_table('%s', '\n')) TO PROGRAM 'umask 077; while read -r line; do echo \"$line\"; done > %s'",
		strings.TrimSpace(text), name))
}

// strict is a server that takes passwords alone over TCP, from walled over TLS
// alone; the file holds the certificate that it shows.
func strict(t *testing.T) (s *private.Server, certificate string) {
	s = started(t, private.Options{TCP: true})
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
	placeFile(t, s, "server.crt", public)
	placeFile(t, s, "server.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	placeFile(t, s, "pg_hba.conf", "local all all trust\nhostssl all walled 127.0.0.1/32 scram-sha-256\nhostnossl all walled 127.0.0.1/32 reject\nhost all all 127.0.0.1/32 scram-sha-256\n")
	superuser(t, s, "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()",
		"CREATE ROLE app LOGIN PASSWORD 'sesame-one'", "CREATE ROLE walled LOGIN PASSWORD 'sesame-one'")
	certificate = filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(certificate, []byte(public), 0o600); err != nil {
		t.Fatal(err)
	}
	return s, certificate
}

// who asks a database as it is set who it is for, and checks that no secret is
// in the answer nor in the log.
func who(t *testing.T, c postgres.Config) (answer string, client *mcptest.Client) {
	t.Helper()
	var log bytes.Buffer
	c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := postgres.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	client = mcptest.Connect(t, s, mcptest.Options{})
	return asked(t, client, &log), client
}

const whoSQL = "SELECT current_user AS u, current_database() AS d, current_setting('application_name') AS a, (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS tls"

func asked(t *testing.T, client *mcptest.Client, log *bytes.Buffer) string {
	t.Helper()
	got := client.Call("query", args{"sql": whoSQL}).Text()
	if log != nil {
		got += log.String()
	}
	if strings.Contains(got, "sesame") {
		t.Errorf("a password is in %s", got)
	}
	return strings.Join(strings.Fields(got), " ")
}

// A database is reached by a URL, by key=value pairs, by the PG* variables, or
// by a service file; the password may stand in a file as well.
func TestWaysToConnect(t *testing.T) {
	s, certificate := strict(t)
	bare := started(t, private.Options{TCP: true})
	dir := t.TempDir()
	file := func(name, format string, args ...any) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, fmt.Appendf(nil, format, args...), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	port := fmt.Sprint(s.Port())
	passwords := file("pgpass", "127.0.0.1:%s:*:app:sesame-one\n", port)
	services := file("services", "[shop]\nhost=127.0.0.1\nport=%s\nuser=app\npassword=sesame-one\ndbname=postgres\n", port)
	t.Setenv("PGPASSFILE", filepath.Join(dir, "none"))
	const good = `"u": "app", "d": "postgres"`
	for _, test := range []struct {
		name, url string
		env       map[string]string
		want      string
	}{
		{"URL", "postgresql://app:sesame-one@127.0.0.1:" + port + "/postgres", nil, good},
		{"pairs", "host=127.0.0.1 port=" + port + " user=app password=sesame-one dbname=postgres", nil, good},
		{"variables", "", map[string]string{"PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "app", "PGPASSWORD": "sesame-one", "PGDATABASE": "postgres"}, good},
		{"variables for the rest", "postgresql://127.0.0.1:" + port, map[string]string{"PGUSER": "app", "PGPASSWORD": "sesame-one", "PGDATABASE": "postgres"}, good},
		{"password file", "postgresql://app@127.0.0.1:" + port + "/postgres", map[string]string{"PGPASSFILE": passwords}, good},
		{"service", "service=shop", map[string]string{"PGSERVICEFILE": services}, good},
		{"service of a variable", "", map[string]string{"PGSERVICEFILE": services, "PGSERVICE": "shop"}, good},
		{"service in a URL", "postgresql:///?service=shop&application_name=mine", map[string]string{"PGSERVICEFILE": services}, good + `, "a": "mine"`},
		{"parameters of other clients", "postgresql://app:sesame-one@127.0.0.1:" + port + "/postgres?keepalives=1&schema=public&pgbouncer=true&load_balance_hosts=random", nil, good + `, "a": "mcp-postgres"`},
		{"other letters", "postgresql://app:sesame-one@127.0.0.1:" + port + "/postgres?client_encoding=SJIS", nil, good},
		{"TLS where it is there", "postgresql://app:sesame-one@127.0.0.1:" + port + "/postgres", nil, `"tls": true`},
		{"no TLS", "postgresql://app:sesame-one@127.0.0.1:" + port + "/postgres?sslmode=disable", nil, `"tls": false`},
		{"TLS that is verified", "postgresql://walled:sesame-one@127.0.0.1:" + port + "/postgres?sslmode=verify-full&sslrootcert=" + certificate, nil, `"tls": true`},
		{"TLS of somebody else", "postgresql://walled:sesame-one@127.0.0.1:" + port + "/postgres?sslmode=verify-full", nil, "certificate signed by unknown authority"},
		{"TLS that is needed", "postgresql://walled:sesame-one@127.0.0.1:" + port + "/postgres?sslmode=disable", nil, "sslmode in the URL"},
		{"wrong password", "postgresql://app:sesame-two@127.0.0.1:" + port + "/postgres", nil, "SQLSTATE 28P01"},
		{"no such database", "postgresql://app:sesame-one@127.0.0.1:" + port + "/nowhere", nil, "SQLSTATE 3D000"},
		{"nobody there", "postgresql://app:sesame-one@127.0.0.1:1/postgres", nil, "database main cannot be reached: "},
		{"nobody there, and what to do", "postgresql://app:sesame-one@127.0.0.1:1/postgres", nil, "hint: the operator has to see that it runs"},
		{"TLS that is not there", "postgresql://app:sesame-one@127.0.0.1:" + fmt.Sprint(bare.Port()) + "/postgres?sslmode=require", nil, "refused TLS"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			got, _ := who(t, postgres.Config{Database: postgres.Database{URL: mcpcore.NewSecret(test.url)}})
			if !strings.Contains(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	for url, want := range map[string]string{
		"postgresql://app:sesame-one@h:port/d":          "database main: ",
		"postgresql://app:sesame-one@h/d?sslmode=maybe": "database main: ",
		"postgresql://h/d?replication=database":         "replication is not possible here",
		"postgresql://h/d?requirepeer=me":               "requirepeer is not possible here",
		"service=none":                                  "database main: ",
		"postgresql://app:se/sesame@h/d":                "database main: ",
		"postgresql://app:x@sesame@h:y/d":               "database main: ",
		"postgresql://app:%zzsesame@h/d":                "database main: ",
		"postgres://app:`: sesame@h:port/d":             "database main: ",
		"host=h password='it\\'s sesame' port=x":        "database main: ",
		"host=h password=a\\ sesame port=x":             "database main: ",
		"host=h passwrd=sesame port=x":                  "database main: ",
		"app:sesame@h/d":                                "database main: ",
	} {
		_, err := postgres.New(postgres.Config{Database: postgres.Database{URL: mcpcore.NewSecret(url)}})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: got %v, want %s", url, err, want)
		}
	}
}

// A command gives the password, and gives another one when that is refused.
// What it prints is told to nobody.
func TestPasswordCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the command is a script for sh")
	}
	s, _ := strict(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	script := write("give it", `#!/bin/sh
echo x >> "$1/calls"; echo "sesame for $2" >&2; cat "$1/now"
`)
	write("now", "sesame-one\n")
	url := mcpcore.NewSecret(fmt.Sprintf("postgresql://app@127.0.0.1:%d/postgres", s.Port()))
	got, client := who(t, postgres.Config{Database: postgres.Database{URL: url, PasswordCommand: []string{script, dir, "$HOME; rm -rf x"}}})
	calls := func() int {
		text, _ := os.ReadFile(filepath.Join(dir, "calls"))
		return bytes.Count(text, []byte("x"))
	}
	if !strings.Contains(got, `"u": "app"`) || calls() != 1 {
		t.Fatalf("got %s after %d calls", got, calls())
	}
	const away = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'"
	anew := func() (got string) { // the first calls after that may find that the connection is gone
		for range 3 {
			if got = asked(t, client, nil); !strings.Contains(got, "lost") && !strings.Contains(got, "57P01") {
				break
			}
		}
		return got
	}
	superuser(t, s, away)
	if got := anew(); !strings.Contains(got, `"u": "app"`) || calls() != 1 {
		t.Errorf("a password that is good is asked for again: %s, %d calls", got, calls())
	}
	write("now", "sesame-two")
	superuser(t, s, "ALTER ROLE app PASSWORD 'sesame-two'", away)
	if got := anew(); !strings.Contains(got, `"u": "app"`) || calls() != 2 {
		t.Errorf("after another password: %s, %d calls", got, calls())
	}
	superuser(t, s, "ALTER ROLE app PASSWORD 'sesame-three'", away)
	if got := anew(); !strings.Contains(got, "28P01") || !strings.Contains(got, "hint: ") || calls() != 3 {
		t.Errorf("with a wrong one: %s, %d calls", got, calls())
	}
	for _, test := range []struct{ script, want string }{
		{"#!/bin/sh\nsleep 60 & echo sesame-three\n", `"u": "app"`}, // what it leaves behind holds nobody up
		{"#!/bin/sh\necho sesame; exit 3\n", "--password-command: exit status 3"},
		{"#!/bin/sh\n", "it printed nothing"},
		{"#!/bin/sh\necho sesame; echo sesame\n", "it printed more than one line"},
		{"#!/bin/sh\nyes sesame | head -c 1000000\n", "it printed more than one line"},
		{"#!/none/sesame\n", "it cannot be run"},
	} {
		got, _ := who(t, postgres.Config{Database: postgres.Database{URL: url, PasswordCommand: []string{write("bad", test.script)}}})
		if !strings.Contains(got, test.want) {
			t.Errorf("%q: got %s, want %s", test.script, got, test.want)
		}
	}
}

// Among several hosts a standby is preferred, whichever is named first, and
// the next call finds another one when a host is gone.
func TestSeveralHosts(t *testing.T) {
	primary, standby := started(t, private.Options{}), started(t, private.Options{Standby: true})
	hosts := func(more string) mcpcore.Secret {
		return mcpcore.NewSecret(fmt.Sprintf("postgresql:///postgres?user=postgres&host=%s,%s%s", primary.Dir(), standby.Dir(), more))
	}
	for _, test := range []struct {
		more   string
		stands bool
	}{
		{"", true}, {"&load_balance_hosts=disable", true}, {"&target_session_attrs=any", true}, {"&target_session_attrs=prefer-standby", true},
		{"&target_session_attrs=primary", false}, {"&target_session_attrs=read-write", false}, {"&target_session_attrs=standby", true},
	} {
		_, client := who(t, postgres.Config{Database: postgres.Database{URL: hosts(test.more)}})
		want := "\nprimary"
		if test.stands {
			want = "\nreplica"
		}
		if got := works(t, client, "server_info", nil); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", test.more, got, want)
		}
	}
	_, client := who(t, postgres.Config{Database: postgres.Database{URL: hosts("")}})
	standby.Stop()
	client.Call("server_info", nil) // may find that the connection is gone
	if got := works(t, client, "server_info", nil); !strings.Contains(got, "\nprimary") {
		t.Errorf("without the standby: %s", got)
	}
}
