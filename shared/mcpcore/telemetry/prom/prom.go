// Package prom shows metrics to Prometheus, on an address of their own.
//
// It writes the text format by itself: the libraries for it make a program
// 3 MB larger, and slower to start.
package prom

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
)

// maxConns bounds the connections that are open at once, and atOnce the
// requests that are answered at once.
const (
	maxConns = 64
	atOnce   = 4
)

// Page shows metrics at /metrics. Who may see it is for the network to say: it
// holds names of tools and counts, and nothing of what is in calls.
type Page struct {
	reader *metric.ManualReader
	hosts  []string
	any    bool
	places chan struct{}
	server *http.Server
}

// NewPage makes a page of what reader collects, for an address. It is shown
// to whoever asks for it by an address or a loopback name, or by one of hosts,
// of which "*" is any; on an address that is not loopback, any IP address is
// a good name.
func NewPage(reader *metric.ManualReader, addr *net.TCPAddr, hosts []string) *Page {
	p := &Page{reader: reader, any: !addr.IP.IsLoopback(), places: make(chan struct{}, atOnce)}
	for _, h := range hosts {
		p.hosts = append(p.hosts, strings.ToLower(h))
	}
	return p
}

// Listen begins to serve the page.
func (p *Page) Listen(addr *net.TCPAddr, log *slog.Logger) error {
	listener, err := net.ListenTCP("tcp", addr)
	if err != nil {
		return err
	}
	p.server = &http.Server{
		Handler: p, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	log.Info("metrics", "url", "http://"+listener.Addr().String()+"/metrics")
	go func() {
		if err := p.server.Serve(httpd.Limit(listener, maxConns)); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are not served any more", "error", err)
		}
	}()
	return nil
}

// Close ends serving; requests under way are finished while ctx lasts.
func (p *Page) Close(ctx context.Context) error {
	if p.server.Shutdown(ctx) != nil {
		return p.server.Close()
	}
	return nil
}

// ServeHTTP serves one request.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, text string) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.Error(w, text, status)
	}
	switch {
	case !httpd.GoodHost(r.Host, p.hosts, p.any):
		refuse(http.StatusForbidden, "this host is not one that metrics are shown for (--metrics-hosts)")
		return
	case r.URL.Path != "/metrics":
		refuse(http.StatusNotFound, "there is nothing at this path; metrics are at /metrics")
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		refuse(http.StatusMethodNotAllowed, "the methods here are GET and HEAD")
		return
	}
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	default:
		w.Header().Set("Retry-After", "1")
		refuse(http.StatusServiceUnavailable, "busy: metrics are being read by others; try again in a moment")
		return
	}
	var all metricdata.ResourceMetrics
	if err := p.reader.Collect(r.Context(), &all); err != nil {
		refuse(http.StatusInternalServerError, "metrics cannot be collected")
		return
	}
	body := text(&all)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // a scraper that has left needs no answer
	}
}
