package telemetry

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// settings are what the operator chooses.
type settings struct {
	program string

	off                 bool
	endpoint            string // of a collector
	tracesTo, metricsTo string // URLs; by default those below the endpoint
	headers             mcpcore.Secret
	caFile              string
	ratio               string
	service             string
	uris                bool

	pageAddr  string // address for Prometheus
	pageHosts []string
}

// Flags declares the settings, with the variables of OpenTelemetry where it
// has some. Others of its variables, for sampling, batches, intervals and the
// attributes of the resource, are read by its SDK.
func (s *settings) Flags(f *mcpcore.Flags) {
	s.program = f.Program()
	f.String(&s.pageAddr, "metrics", "address to show metrics to Prometheus on, at /metrics, such as 127.0.0.1:9090")
	f.Strings(&s.pageHosts, "metrics-hosts", "names by which --metrics is reached, beside localhost; * for any")
	f.String(&s.endpoint, "otlp-endpoint", "URL of an OpenTelemetry collector that gets traces and metrics as protobuf over HTTP, such as http://127.0.0.1:4318")
	f.Env("otlp-endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT")
	f.String(&s.tracesTo, "otlp-traces-endpoint", "URL for traces alone, whole: nothing is added to it")
	f.Env("otlp-traces-endpoint", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	f.String(&s.metricsTo, "otlp-metrics-endpoint", "URL for metrics alone, whole")
	f.Env("otlp-metrics-endpoint", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
	f.Secret(&s.headers, "otlp-headers", "OTEL_EXPORTER_OTLP_HEADERS", "headers for the collector, such as authorization=Bearer%20TOKEN, with commas between")
	f.String(&s.caFile, "otlp-ca", "file with the certificates to trust for the collector, instead of the system's")
	f.Env("otlp-ca", "OTEL_EXPORTER_OTLP_CERTIFICATE")
	f.Bool(&s.off, "no-otlp", "send nothing to a collector, whatever else is set")
	f.Env("no-otlp", "OTEL_SDK_DISABLED")
	f.String(&s.ratio, "trace-ratio", "part of the traces that are begun here to keep, from 0 to 1; a client decides for those that it began")
	f.Bool(&s.uris, "trace-resource-uris", "write the URIs of resources into traces")
	f.String(&s.service, "service-name", "name of the service in telemetry; by default that of the program")
	f.Env("service-name", "OTEL_SERVICE_NAME")
}

// Validate tells what is wrong with the settings, and completes them.
func (s *settings) Validate() error {
	var errs []error
	if s.off {
		s.endpoint, s.tracesTo, s.metricsTo = "", "", ""
	}
	for _, d := range []struct {
		flag, path string
		to         *string
	}{{"--otlp-endpoint", "", &s.endpoint}, {"--otlp-traces-endpoint", "v1/traces", &s.tracesTo}, {"--otlp-metrics-endpoint", "v1/metrics", &s.metricsTo}} {
		if *d.to == "" && s.endpoint != "" {
			*d.to = strings.TrimSuffix(s.endpoint, "/") + "/" + d.path
		} else if *d.to != "" {
			errs = append(errs, checkURL(d.flag, *d.to))
		}
	}
	if _, err := s.parseHeaders(); err != nil {
		errs = append(errs, err)
	}
	if n, err := strconv.ParseFloat(s.ratio, 64); s.ratio != "" && (err != nil || !(n >= 0 && n <= 1)) {
		errs = append(errs, mcpcore.Hint(fmt.Errorf("--trace-ratio: %q is not a number from 0 to 1", s.ratio), "0.1 keeps every tenth"))
	}
	if _, _, err := net.SplitHostPort(s.pageAddr); s.pageAddr != "" && err != nil {
		errs = append(errs, mcpcore.Hint(fmt.Errorf("--metrics: %q is not an address", s.pageAddr), "give a host and a port, such as 127.0.0.1:9090"))
	}
	return errors.Join(errs...)
}

// checkURL refuses what is no URL of a collector, without showing what could be
// a secret in it.
func checkURL(flag, text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return mcpcore.Hint(fmt.Errorf("%s is not a URL of http or https", flag), "such as http://127.0.0.1:4318; --no-otlp sends nothing")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return mcpcore.Hint(fmt.Errorf("%s has more than a host and a path", flag), "secrets for the collector belong into OTEL_EXPORTER_OTLP_HEADERS")
	}
	return nil
}

// parseHeaders reads what OpenTelemetry lays down: pairs with percent-encoded
// values.
func (s *settings) parseHeaders() (http.Header, error) {
	h := http.Header{}
	for i, pair := range strings.Split(s.headers.Reveal(), ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, raw, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(raw))
		name = strings.TrimSpace(name)
		control := func(r rune) bool { return r < ' ' || r == 0x7f }
		if !ok || err != nil || !isToken(name) || strings.ContainsFunc(value, control) {
			return nil, mcpcore.Hint(fmt.Errorf("OTEL_EXPORTER_OTLP_HEADERS: the header number %d is not understood", i+1), "such as authorization=Bearer%20TOKEN")
		}
		h.Add(name, value)
	}
	return h, nil
}

// isToken reports whether s can name a header.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// exports reports whether anything goes to a collector.
func (s *settings) exports() bool { return s.tracesTo != "" || s.metricsTo != "" }

// overTLS reports whether a collector has to show a certificate.
func (s *settings) overTLS() bool {
	return strings.HasPrefix(strings.ToLower(s.tracesTo), "https:") || strings.HasPrefix(strings.ToLower(s.metricsTo), "https:")
}

// inTheClear reports whether secrets would travel unencrypted.
func (s *settings) inTheClear() bool {
	if s.headers.Reveal() == "" {
		return false
	}
	for _, to := range []string{s.tracesTo, s.metricsTo} {
		u, err := url.Parse(to)
		if err != nil || u.Scheme != "http" {
			continue
		}
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return true
		}
	}
	return false
}
