package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Listen says where and how to serve.
type Listen struct {
	Addr          string
	Certificate   *Certificate   // of TLS; nil: none
	MaxConns      int            // default 4096
	HeaderTimeout time.Duration  // to send the head of a request; default 10 s
	ConnIdle      time.Duration  // of a connection between requests; default 2 min
	Delay         time.Duration  // to go on for, at the end, as not ready, so that proxies turn elsewhere; default none
	Drain         time.Duration  // to finish at the end; default 5 s
	Log           *slog.Logger   // default: nothing is logged
	Bound         func(net.Addr) // is told the address; may be nil
}

func (l Listen) withDefaults() Listen {
	if l.MaxConns <= 0 {
		l.MaxConns = 4096
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&l.HeaderTimeout, 10 * time.Second}, {&l.ConnIdle, 2 * time.Minute}, {&l.Drain, 5 * time.Second}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if l.Log == nil {
		l.Log = slog.New(slog.DiscardHandler)
	}
	return l
}

const maxHeaderBytes = 64 << 10

// grace is how much longer than it says draining may take before connections
// are cut.
const grace = time.Second

// Serve serves h until ctx is done, and then ends gracefully: it listens no
// more, calls under way are answered, streams are closed.
func (h *Handler) Serve(ctx context.Context, l Listen) error {
	l = l.withDefaults()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", l.Addr)
	if err != nil {
		return err
	}
	listener = limit(listener, l.MaxConns, h)
	scheme := "http"
	if l.Certificate != nil {
		scheme = "https"
		listener = tls.NewListener(listener, &tls.Config{
			MinVersion: tls.VersionTLS12, GetCertificate: l.Certificate.get, NextProtos: []string{"h2", "http/1.1"},
		})
	}
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: l.HeaderTimeout, IdleTimeout: l.ConnIdle, MaxHeaderBytes: maxHeaderBytes,
		DisableGeneralOptionsHandler: true, // which answers before the door is asked
		ErrorLog:                     slog.NewLogLogger(l.Log.Handler(), slog.LevelDebug),
	}
	l.Log.Info("listening", "url", scheme+"://"+listener.Addr().String()+"/mcp")
	if l.Bound != nil {
		l.Bound(listener.Addr())
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err = <-served:
		h.Drain()
		return err
	case <-ctx.Done():
	}
	h.fade(l.Delay, listener)
	return h.shutdown(server, l.Drain)
}

// settleShare is the part of the delay that is left for connections that are
// open, once there are no new ones.
const settleShare = 4

// fade goes on serving for a while. It says that it is not ready; later it
// takes no more connections, and asks for those that are open to be closed, so
// that no proxy sends a request on one that is just ending.
func (h *Handler) fade(delay time.Duration, listener net.Listener) {
	if delay <= 0 {
		return
	}
	settle := delay / settleShare
	h.fading.Store(true)
	time.Sleep(delay - settle)
	h.closing.Store(true)
	_ = listener.Close() // an error would say that it is closed
	time.Sleep(settle)
}

func (h *Handler) shutdown(server *http.Server, drain time.Duration) error {
	bound, cancel := context.WithTimeout(context.Background(), drain+grace)
	defer cancel()
	var drained sync.WaitGroup
	drained.Go(h.Drain)
	err := server.Shutdown(bound)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	drained.Wait()
	return err
}

// Limit bounds how many connections of a listener are open at once; more wait
// to be accepted.
func Limit(l net.Listener, most int) net.Listener {
	return limit(l, most, nil)
}

func limit(l net.Listener, most int, h *Handler) net.Listener {
	return &limited{Listener: l, handler: h, places: make(chan struct{}, most), closed: make(chan struct{})}
}

// limited is a listener that bounds how many connections are open at once;
// more wait to be accepted.
type limited struct {
	net.Listener
	handler *Handler // whose refusals these are; nil: nobody's
	places  chan struct{}
	closed  chan struct{}
	once    sync.Once
}

func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &counted{Conn: conn, handler: l.handler, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type counted struct {
	net.Conn
	handler *Handler
	leave   func()
}

// Write has net/http refuse in the form of all other refusals. With TLS what
// comes here is sealed already.
func (c *counted) Write(p []byte) (int, error) {
	if c.handler != nil {
		if instead := c.handler.unread(p, c.RemoteAddr().String()); instead != nil {
			_, err := c.Conn.Write(instead)
			return len(p), err
		}
	}
	return c.Conn.Write(p)
}

// CloseWrite lets a client read why it was refused before the end comes.
func (c *counted) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

func (c *counted) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
