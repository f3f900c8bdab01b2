package mcpcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth/oauth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
)

// overHTTP are the settings of serving over HTTP.
type overHTTP struct {
	options              HTTPOptions
	listen               httpd.Listen
	openToAll            bool
	certFile, keyFile    string
	addr                 string
	maxSessions, maxBody int
	proxies              []string

	tokenFile                   string
	issuer, audience, publicURL string
	tokens                      *auth.Tokens
	oauth                       *oauth.Verifier
}

func (o *overHTTP) declare(f *Flags) {
	o.options.Mode = httpd.Auto
	o.maxBody, o.maxSessions = 4<<20, 10_000
	o.listen.MaxConns = 4096
	f.String(&o.addr, "http", "address to serve HTTP on, at /mcp, such as 127.0.0.1:8080; without one the server speaks over standard input and output")
	f.Choice(&o.options.Mode, "http-mode", []string{httpd.Auto, httpd.Stateless, httpd.Sessions},
		"clients to serve over HTTP: every one, only those without a handshake (2026-07-28), only those with one")
	f.Bool(&o.options.SSE, "sse", "serve the old HTTP+SSE transport too, at /sse")
	f.Strings(&o.options.AllowedHosts, "allowed-hosts", "names by which clients reach the server, beside localhost; * for any")
	f.Strings(&o.options.AllowedOrigins, "allowed-origins", "web origins that may use the server, such as https://example.com; * for any")
	f.Strings(&o.proxies, "trusted-proxies", "addresses and networks of proxies, such as 10.0.0.0/8, that are believed from where and for which host a request came")
	f.String(&o.tokenFile, "auth-tokens", "JSON file with the bearer tokens that the server takes, and what each may do")
	f.String(&o.issuer, "oauth-issuer", "URL of the OAuth authorization server whose access tokens the server takes")
	f.String(&o.audience, "oauth-audience", "the server's name in access tokens, which must be issued for it: its public URL as a rule")
	f.String(&o.publicURL, "public-url", "URL of the server as clients know it, such as https://example.com/mcp; the audience where that is one")
	f.Bool(&o.openToAll, "allow-unauthenticated", "serve other machines too though nobody has to say who they are")
	f.String(&o.certFile, "tls-cert", "file with the certificate; it is read again when it changes")
	f.String(&o.keyFile, "tls-key", "file with the key of the certificate")
	f.Bytes(&o.maxBody, "max-body-bytes", "most bytes of one message over HTTP")
	f.Int(&o.maxSessions, "max-sessions", "most sessions of clients with a handshake")
	f.Duration(&o.listen.Delay, "drain-delay", "how long to go on serving as not ready, once told to stop, so that proxies turn elsewhere")
	f.Int(&o.listen.MaxConns, "max-connections", "most HTTP connections that are open at once")
}

// check finds what is wrong with the settings.
func (o *overHTTP) check() error {
	if o.addr == "" {
		return nil
	}
	var errs []error
	if _, _, err := net.SplitHostPort(o.addr); err != nil {
		errs = append(errs, Hint(fmt.Errorf("--http: %q is not an address", o.addr), "give a host and a port, such as 127.0.0.1:8080"))
	} else if !httpd.Loopback(o.addr) && !o.openToAll && !o.asksWho() {
		errs = append(errs, Hint(fmt.Errorf("--http: %s can be reached by other machines, and nobody would have to say who they are", o.addr),
			"listen on 127.0.0.1, say whom to serve with --auth-tokens or --oauth-issuer, or accept that with --allow-unauthenticated"))
	}
	proxies, err := httpd.ParseProxies(o.proxies)
	if o.options.TrustedProxies = proxies; err != nil {
		errs = append(errs, fmt.Errorf("--trusted-proxies: %w", err))
	}
	errs = append(errs, o.checkAuth()...)
	if (o.certFile == "") != (o.keyFile == "") {
		errs = append(errs, Hint(errors.New("--tls-cert and --tls-key belong together"), "give both"))
	}
	return errors.Join(errs...)
}

// loadCertificate reads the certificate while the files can be read.
func (o *overHTTP) loadCertificate(log *slog.Logger) (err error) {
	if o.certFile != "" {
		o.listen.Certificate, err = httpd.LoadCertificate(o.certFile, o.keyFile, log)
	}
	return err
}

// serve serves until ctx is done.
func (o *overHTTP) serve(ctx context.Context, s *Server) error {
	o.options.MaxBody, o.options.MaxSessions = o.maxBody, o.maxSessions
	o.options.AnyAddress = !httpd.Loopback(o.addr)
	l := o.listen
	l.Addr = o.addr
	l.Drain, l.Log = s.engine().DrainTimeout, s.engine().Log
	o.options.Guard = o.guard(s, l.Log)
	if u, err := url.Parse(o.publicURL); err == nil && u.Host != "" {
		o.options.AllowedHosts = append(o.options.AllowedHosts, u.Hostname())
	}
	if o.options.Guard != nil && !httpd.Loopback(o.addr) && o.certFile == "" {
		l.Log.Warn("tokens travel in the clear, unless a proxy in front speaks TLS; --tls-cert and --tls-key make this server do so")
	}
	o.options.Ready = (&readiness{server: s}).look
	return s.Handler(o.options).Serve(ctx, l)
}

// readiness is what the server's checks last found. Whoever can reach the
// server can ask, so it is not looked into each time.
type readiness struct {
	server *Server

	mu    sync.Mutex
	until time.Time
	err   error
}

// readyFor is how long a finding holds.
const readyFor = 2 * time.Second

func (r *readiness) look(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Now().Before(r.until) {
		return r.err
	}
	r.err = nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, c := range r.server.present().server.checks {
		if _, err := c.run(ctx); err != nil {
			r.err = fmt.Errorf("%s: %w", c.name, err)
			r.server.present().Log.Warn("not ready", "check", c.name, "error", err)
			break
		}
	}
	r.until = time.Now().Add(readyFor)
	return r.err
}
