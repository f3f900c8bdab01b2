// Package otlp sends traces and metrics to a collector by the OpenTelemetry
// protocol: protobuf over HTTP.
//
// It writes the few messages there are by itself. The exporters of the
// OpenTelemetry project bring gRPC with them, also for HTTP, which makes a
// program 7 MB larger. The fields are numbered as in
// https://github.com/open-telemetry/opentelemetry-proto, version 1.
package otlp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Config says how a collector is reached.
type Config struct {
	Headers http.Header    // of every request; they may hold secrets
	Roots   *x509.CertPool // whose certificates are trusted; nil: the system's
	Pause   time.Duration  // before the first retry, doubled with each; default 1 s
	Log     *slog.Logger
}

// timeout bounds one delivery, its retries included.
const timeout = 10 * time.Second

// Client sends to a collector. Its exporters never return an error: what goes
// wrong is told in the log, once until it goes well again.
type Client struct {
	c    Config
	http *http.Client

	ctx    context.Context // of everything that is sent
	cancel context.CancelFunc
	hurry  chan struct{} // closed when there is no time for retries
	once   sync.Once
	away   atomic.Int32 // exporters that do not get through
}

// New makes a client.
func New(c Config) *Client {
	if c.Pause <= 0 {
		c.Pause = time.Second
	}
	dialer := &net.Dialer{Timeout: timeout}
	if runtime.GOOS == "linux" { // the C library would read files that a confined process cannot
		dialer.Resolver = &net.Resolver{PreferGo: true}
	}
	client := &Client{c: c, hurry: make(chan struct{})}
	client.http = &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots}, TLSHandshakeTimeout: timeout,
			MaxIdleConns: 2, IdleConnTimeout: 90 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // headers are for one place
	}
	client.ctx, client.cancel = context.WithCancel(context.Background())
	return client
}

// Hurry has what is sent from now on sent once, without retries. It reports
// whether the collector took what it was sent last.
func (c *Client) Hurry() bool {
	c.once.Do(func() { close(c.hurry) })
	return c.away.Load() == 0
}

// Close ends what is still being sent.
func (c *Client) Close() {
	c.Hurry()
	c.cancel()
	c.http.CloseIdleConnections()
}

// Spans sends spans to url.
func (c *Client) Spans(url string) sdktrace.SpanExporter { return spans{&target{client: c, url: url}} }

// Metrics sends metrics to url.
func (c *Client) Metrics(url string) metric.Exporter { return metrics{&target{client: c, url: url}} }

type spans struct{ *target }

// ExportSpans sends spans.
func (s spans) ExportSpans(ctx context.Context, list []sdktrace.ReadOnlySpan) error {
	if len(list) > 0 {
		s.deliver(ctx, encodeSpans(list))
	}
	return nil
}

type metrics struct{ *target }

// Export sends metrics.
func (m metrics) Export(ctx context.Context, all *metricdata.ResourceMetrics) error {
	m.deliver(ctx, encodeMetrics(all))
	return nil
}

// Temporality is cumulative, which every backend takes.
func (metrics) Temporality(metric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality
}

// Aggregation is the usual one.
func (metrics) Aggregation(kind metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(kind)
}

// ForceFlush has nothing to do: nothing is held back.
func (metrics) ForceFlush(context.Context) error { return nil }

// target is a URL that one kind of telemetry is sent to, one message after the
// other.
type target struct {
	client *Client
	url    string

	mu   sync.Mutex
	away bool // the last message did not get through
}

// Shutdown has nothing to do: the client is closed by whoever made it.
func (t *target) Shutdown(context.Context) error { return nil }

// deliver sends a message and tells the log when that stops or starts to work.
func (t *target) deliver(ctx context.Context, body []byte) {
	err := t.send(ctx, body)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err != nil && !t.away:
		t.away = true
		if t.client.away.Add(1) > 1 {
			return
		}
		t.client.c.Log.Warn("telemetry cannot be delivered; calls go on, and what is not delivered in time is dropped",
			"url", t.url, "error", err, "hint", "it is sent as protobuf over HTTP, which collectors take on port 4318")
	case err == nil && t.away:
		t.away = false
		if t.client.away.Add(-1) == 0 {
			t.client.c.Log.Info("telemetry is delivered again")
		}
	}
}

// send sends a message, and again where that may help.
func (t *target) send(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer context.AfterFunc(t.client.ctx, cancel)()
	for pause := t.client.c.Pause; ; pause *= 2 {
		after, err := t.post(ctx, body)
		if err == nil || after < 0 {
			return err
		}
		select {
		case <-time.After(max(pause, after)):
		case <-ctx.Done():
			return err
		case <-t.client.hurry:
			return err
		}
	}
}

// never is the time after which to send again what no retry helps.
const never = -1

// post sends a message once. With an error comes the time that the collector
// wants to be left alone.
func (t *target) post(ctx context.Context, body []byte) (after time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(body))
	if err != nil {
		return never, err
	}
	if t.client.c.Headers != nil {
		r.Header = t.client.c.Headers.Clone()
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	res, err := t.client.http.Do(r)
	if err != nil {
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err // the log says the URL already
		}
		return 0, err
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 64<<10) // so that the connection can be used again
	switch res.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		return 0, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
	default:
		after = never
	}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 && after == 0 {
		after = min(time.Duration(seconds)*time.Second, timeout)
	}
	return after, fmt.Errorf("the collector answered %d %s", res.StatusCode, http.StatusText(res.StatusCode))
}
