// Package telemetry tells operators what a server does: a span and measurements
// of each request after the OpenTelemetry conventions for MCP, sent to a
// collector, and metrics for Prometheus. A program opts in:
//
//	func main() { mcpcore.Main("mcp-filesystem", filesystem.New, telemetry.Extension()) }
//
// Nothing of it runs unless a setting asks for it. Neither arguments nor
// results nor the messages of errors are recorded.
package telemetry

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry/otlp"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry/prom"
)

// scope is the name under which spans and metrics are made.
const scope = "github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry"

// Extension gives a program telemetry and its settings.
func Extension() mcpcore.Extension { return &extension{} }

type extension struct {
	settings
	log   *slog.Logger
	drain time.Duration
	roots *x509.CertPool
	addr  *net.TCPAddr // of the page for Prometheus; nil: none

	observer observer
	client   *otlp.Client
	traces   *sdktrace.TracerProvider
	meters   *metric.MeterProvider
	page     *prom.Page
}

// observer passes records on once serving has begun.
type observer struct{ live atomic.Pointer[pipeline] }

type pipeline struct {
	tracer *tracer // nil: no traces
	meters *meters // nil: no metrics
}

// Begin starts the span of a request.
func (o *observer) Begin(ctx context.Context, r *mcpcore.Record) context.Context {
	if p := o.live.Load(); p != nil && p.tracer != nil {
		return p.tracer.begin(ctx, r)
	}
	return ctx
}

// End ends it and counts the request.
func (o *observer) End(ctx context.Context, r *mcpcore.Record) {
	p := o.live.Load()
	if p == nil {
		return
	}
	if p.tracer != nil {
		p.tracer.end(ctx, r)
	}
	if p.meters != nil {
		p.meters.request(r)
	}
}

// SessionEnded counts a session.
func (o *observer) SessionEnded(s *mcpcore.Session) {
	if p := o.live.Load(); p != nil && p.meters != nil {
		p.meters.session(s)
	}
}

// Open reads what will be needed of the disk: building the server may shut the
// process off from it.
func (x *extension) Open(ctx context.Context, o *mcpcore.Options) (err error) {
	if !x.exports() && x.pageAddr == "" {
		return nil
	}
	x.log, x.drain = o.Log, o.DrainTimeout
	if x.pageAddr != "" {
		if x.addr, err = net.ResolveTCPAddr("tcp", x.pageAddr); err != nil {
			return fmt.Errorf("--metrics: %w", err)
		}
	}
	if x.exports() {
		if err := x.trust(); err != nil {
			return err
		}
		// Has the resolver read its files. Which name is asked for is no matter, and
		// this one needs no network.
		_, _ = (&net.Resolver{PreferGo: true}).LookupHost(ctx, "localhost")
	}
	o.Observers = append(o.Observers, &x.observer)
	return nil
}

// trust reads the certificates that a collector's is held against.
func (x *extension) trust() error {
	if x.caFile == "" {
		if x.overTLS() {
			_, _ = x509.SystemCertPool() // is read once, which takes 10 ms; an error shows when it is used
		}
		return nil
	}
	pem, err := os.ReadFile(x.caFile)
	if err != nil {
		return fmt.Errorf("--otlp-ca: %w", err)
	}
	x.roots = x509.NewCertPool()
	if !x.roots.AppendCertsFromPEM(pem) {
		return mcpcore.Hint(fmt.Errorf("--otlp-ca: %s holds no certificate", x.caFile), "it is a file in PEM")
	}
	return nil
}

// Start begins to make and send telemetry.
func (x *extension) Start(load func() mcpcore.Load) error {
	if x.log == nil {
		return nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { x.log.Debug("telemetry", "error", err) }))
	otel.SetLogger(logr.FromSlogHandler(x.log.Handler())) // or it would write to standard error by itself
	r, err := x.resource()
	if err != nil {
		return fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	if x.exports() {
		headers, err := x.parseHeaders()
		if err != nil {
			return err
		}
		x.client = otlp.New(otlp.Config{Headers: headers, Roots: x.roots, Log: x.log})
		if x.inTheClear() {
			x.log.Warn("headers for the collector travel in the clear; a URL of https keeps them to it")
		}
	}
	p := &pipeline{tracer: x.startTraces(r)}
	if p.meters, err = x.startMetrics(r, load); err != nil {
		return err
	}
	x.observer.live.Store(p)
	return nil
}

func (x *extension) startTraces(r *resource.Resource) *tracer {
	if x.tracesTo == "" {
		return nil
	}
	options := []sdktrace.TracerProviderOption{sdktrace.WithResource(r), sdktrace.WithBatcher(x.client.Spans(x.tracesTo))}
	if ratio, err := strconv.ParseFloat(x.ratio, 64); err == nil {
		options = append(options, sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio))))
	}
	x.traces = sdktrace.NewTracerProvider(options...)
	return &tracer{Tracer: x.traces.Tracer(scope), uris: x.uris}
}

func (x *extension) startMetrics(r *resource.Resource, load func() mcpcore.Load) (*meters, error) {
	options := []metric.Option{metric.WithResource(r), metric.WithExemplarFilter(exemplar.AlwaysOffFilter)}
	if x.metricsTo != "" {
		options = append(options, metric.WithReader(metric.NewPeriodicReader(x.client.Metrics(x.metricsTo))))
	}
	if x.addr != nil {
		reader := metric.NewManualReader()
		options = append(options, metric.WithReader(reader))
		x.page = prom.NewPage(reader, x.addr, x.pageHosts)
	}
	if len(options) == 2 {
		return nil, nil
	}
	x.meters = metric.NewMeterProvider(options...)
	m := x.meters.Meter(scope)
	out, err := newMeters(m)
	if err == nil {
		err = observeGauges(m, load)
	}
	if err != nil || x.page == nil {
		return out, err
	}
	if !x.addr.IP.IsLoopback() {
		x.log.Warn("other machines can read the metrics: names of tools and counts, nothing of what is in calls")
	}
	if err := x.page.Listen(x.addr, x.log); err != nil {
		x.page = nil
		return nil, fmt.Errorf("--metrics: %w", err)
	}
	return out, nil
}

// resource says which process it is that telemetry comes from.
func (x *extension) resource() (*resource.Resource, error) {
	host, _ := os.Hostname()
	options := []resource.Option{
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			attribute.String("service.name", x.program), attribute.String("service.version", mcpcore.Version()),
			attribute.String("service.instance.id", rand.Text()), attribute.String("vcs.ref.head.revision", mcpcore.Commit()),
			attribute.String("process.runtime.name", "go"), attribute.String("process.runtime.version", runtime.Version()),
			attribute.String("host.name", host)),
		resource.WithFromEnv(),
	}
	if x.service != "" {
		options = append(options, resource.WithAttributes(attribute.String("service.name", x.service)))
	}
	return resource.New(context.Background(), options...)
}

// How long the last telemetry may take to be sent when the program ends, and
// where the collector does not answer anyway.
const (
	flushTime     = 2 * time.Second
	hopelessFlush = 200 * time.Millisecond
)

// Close sends what has not been sent yet, once, and stops.
func (x *extension) Close() error {
	var errs []error
	bound := flushTime
	if x.drain > 0 {
		bound = min(bound, x.drain)
	}
	if x.client != nil && !x.client.Hurry() {
		bound = min(bound, hopelessFlush)
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if x.page != nil {
		errs = append(errs, x.page.Close(ctx))
	}
	flushed := make(chan struct{})
	go func() {
		defer close(flushed)
		if x.traces != nil {
			_ = x.traces.Shutdown(ctx) // what was not sent is in the log
		}
	}()
	if x.meters != nil {
		_ = x.meters.Shutdown(ctx)
	}
	<-flushed
	if x.client != nil {
		x.client.Close()
	}
	return errors.Join(errs...)
}
