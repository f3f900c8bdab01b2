package guard_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hostile is a web on loopback, at 127.0.0.1 and, forbidden, at 127.0.0.2.
type hostile struct {
	mux  *http.ServeMux
	port string
	hits atomic.Int64 // at the forbidden address
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	h := &hostile{mux: http.NewServeMux()}
	inner, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("this machine has one loopback address only")
	}
	_, h.port, _ = net.SplitHostPort(inner.Addr().String())
	outer, err := net.Listen("tcp", "127.0.0.1:"+h.port)
	if err != nil {
		t.Fatal(err)
	}
	serve := func(l net.Listener, handler http.Handler) {
		s := httptest.NewUnstartedServer(handler)
		s.Listener.Close()
		s.Listener = l
		s.Config.ErrorLog = nil
		s.Start()
		t.Cleanup(s.Close)
	}
	serve(inner, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h.hits.Add(1)
		fmt.Fprint(w, "internal secret")
	}))
	serve(outer, h.mux)
	h.mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "User-agent: *\nDisallow: /closed/\n")
	})
	h.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "page %q %q %q", r.Header.Get("Cookie"), r.Header.Get("Authorization"), r.Header.Get("Referer"))
	})
	return h
}

func (h *hostile) url(path string) string { return "http://127.0.0.1:" + h.port + path }

func (h *hostile) options() guard.WebOptions {
	port, _ := strconv.Atoi(h.port)
	return guard.WebOptions{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []uint16{80, 443, uint16(port)}, Timeout: 5 * time.Second}
}

func newWeb(t *testing.T, o guard.WebOptions) *guard.Web {
	w := guard.NewWeb(o)
	t.Cleanup(w.Close)
	return w
}

// Addresses that are not of the internet are refused in every spelling.
func TestAddresses(t *testing.T) {
	w := newWeb(t, guard.WebOptions{})
	for _, host := range []string{
		"127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
		"100.100.100.200", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"192.88.99.1", "[::1]", "[::]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
		"[::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[::ffff:0:127.0.0.1]", "[100::1]",
		"[3fff::1]", "[5f00::1]", "[fe80::1%25lo]", "localhost", "localhost.", "LOCALHOST", "127.1", "2130706433", "0x7f000001", "017700000001", "127.0.0.1.", "ip6-localhost",
	} {
		for _, scheme := range []string{"http", "https"} {
			p, err := w.Get(t.Context(), scheme+"://"+host+"/", guard.Domains{}, false)
			if err == nil {
				t.Errorf("%s was read: %s", host, p.Body)
			} else if strings.Contains(err.Error(), "refused") && !strings.Contains(err.Error(), "private") {
				t.Errorf("%s was dialled: %v", host, err)
			}
		}
	}
}

// URLs that are not for reading pages are refused.
func TestURLs(t *testing.T) {
	w := newWeb(t, guard.WebOptions{})
	for _, raw := range []string{
		"", "x", "/etc/passwd", "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "javascript:alert(1)", "data:text/html,x", "http:example.com",
		"http://", "http:///x", "http://user:pw@example.com/", "http://user@example.com/", "http://example.com:22/", "http://example.com:6379/", "https://example.com:8080/",
		"http://example.com:0/", "http://example.com:99999/", "http://exa mple.com/", "http://example.com\\@127.0.0.1/", "http://[::1/", "http://%31%32%37.0.0.1/",
		"jar:http://example.com!/", "http://example.com:80:80/", "view-source:http://example.com", "unix:///var/run/docker.sock",
	} {
		if u, err := w.Check(raw, guard.Domains{}); err == nil {
			t.Errorf("%q is taken for %s", raw, u)
		}
	}
	for raw, want := range map[string]string{
		"HTTP://Example.COM:80": "http://example.com/", "https://EXAMPLE.com.:443/a?b=c#d": "https://example.com/a?b=c", "http://bücher.example/": "http://xn--bcher-kva.example/",
		" https://example.com/x ": "https://example.com/x", "https://[2606:4700::1111]/": "https://[2606:4700::1111]/",
	} {
		if u, err := w.Check(raw, guard.Domains{}); err != nil || u.String() != want {
			t.Errorf("%q: got %v (%v), want %s", raw, u, err, want)
		}
	}
}

// A redirect leads nowhere that a URL may not lead, and takes nothing along.
func TestRedirects(t *testing.T) {
	h := newHostile(t)
	to := func(path, location string) {
		h.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		})
	}
	w := newWeb(t, h.options())
	for i, location := range []string{
		"http://127.0.0.2:" + h.port + "/", "//127.0.0.2:" + h.port + "/", "http://169.254.169.254/latest/meta-data/", "http://[::1]:" + h.port + "/", "file:///etc/passwd",
		"http://127.0.0.1:22/", "http://user:pw@127.0.0.1:" + h.port + "/page", "gopher://127.0.0.1/", "http://localhost:1/",
	} {
		path := fmt.Sprintf("/bad%d", i)
		to(path, location)
		if p, err := w.Get(t.Context(), h.url(path), guard.Domains{}, false); err == nil {
			t.Errorf("%s was followed: %s", location, p.Body)
		}
	}
	if n := h.hits.Load(); n != 0 {
		t.Errorf("the forbidden address was asked %d times", n)
	}
	to("/good", "/page")
	p, err := w.Get(t.Context(), h.url("/good"), guard.Domains{}, false)
	if err != nil || string(p.Body) != `page "" "" ""` || p.URL != h.url("/page") {
		t.Errorf("got %+v, %v", p, err)
	}
	to("/loop", "/loop")
	if _, err := w.Get(t.Context(), h.url("/loop"), guard.Domains{}, false); err == nil || !strings.Contains(err.Error(), "redirects") {
		t.Errorf("a loop: %v", err)
	}
	to("/closes", "/closed/page")
	if _, err := w.Get(t.Context(), h.url("/closes"), guard.Domains{}, false); mcpcore.RuleOf(err) != "robots.txt" {
		t.Errorf("a redirect past robots.txt: %v", err)
	}
}

// A name that leads to the internet when it is looked at and to a private
// address when it is used is refused, as the address is checked at its use.
func TestRebinding(t *testing.T) {
	h := newHostile(t)
	var asked atomic.Int64
	o := h.options()
	o.Resolver = resolver(t, func(string) netip.Addr {
		if asked.Add(1) == 1 {
			return netip.MustParseAddr("127.0.0.1")
		}
		return netip.MustParseAddr("127.0.0.2")
	})
	w := newWeb(t, o)
	body := func() string {
		p, err := w.Get(t.Context(), "http://rebind.example:"+h.port+"/page", guard.Domains{}, true)
		if err != nil {
			return mcpcore.RuleOf(err)
		}
		return string(p.Body)
	}
	if got := body(); !strings.HasPrefix(got, "page") {
		t.Errorf("the first time: %s", got)
	}
	w.Close() // the connection that was good
	if got := body(); got != "--allow-networks" {
		t.Errorf("the second time: %s", got)
	}
	if n := h.hits.Load(); n != 0 {
		t.Errorf("the forbidden address was asked %d times", n)
	}
}

// Where a proxy makes the connections, names are looked up before it is asked.
func TestProxy(t *testing.T) {
	h := newHostile(t)
	var proxied atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		proxied.Add(1)
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, "by proxy")
	}))
	defer proxy.Close()
	o := h.options()
	o.Proxy, _ = url.Parse(proxy.URL)
	o.Resolver = resolver(t, func(name string) netip.Addr {
		if strings.HasPrefix(name, "private") {
			return netip.MustParseAddr("192.168.0.1")
		}
		return netip.MustParseAddr("93.184.215.14")
	})
	w := newWeb(t, o)
	p, err := w.Get(t.Context(), "http://public.example/", guard.Domains{}, true)
	if err != nil || string(p.Body) != "by proxy" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, raw := range []string{"http://private.example/", "http://192.168.0.1/"} {
		if _, err := w.Get(t.Context(), raw, guard.Domains{}, true); mcpcore.RuleOf(err) != "--allow-networks" {
			t.Errorf("%s: %v", raw, err)
		}
	}
	if n := proxied.Load(); n != 1 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

// resolver asks a server of names on loopback.
func resolver(t *testing.T, answer func(name string) netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) == 0 {
				continue
			}
			q := m.Questions[0]
			m.Header = dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true}
			m.Additionals = nil
			if q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: answer(q.Name.String()).As4()},
				}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// Whatever a server sends, little of it is taken, and in little time.
func TestBombs(t *testing.T) {
	h := newHostile(t)
	o := h.options()
	o.MaxBytes, o.Timeout = 1<<20, 2*time.Second
	var bomb bytes.Buffer
	gz := gzip.NewWriter(&bomb)
	for range 20 {
		if _, err := gz.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	gz.Close()
	handle := func(path string, header map[string]string, body func(http.ResponseWriter)) {
		h.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range header {
				w.Header().Set(k, v)
			}
			body(w)
		})
	}
	plain := map[string]string{"Content-Type": "text/plain"}
	handle("/bomb", map[string]string{"Content-Type": "text/plain", "Content-Encoding": "gzip"}, func(w http.ResponseWriter) { _, _ = w.Write(bomb.Bytes()) })
	handle("/endless", plain, func(w http.ResponseWriter) {
		for {
			if _, err := w.Write(bytes.Repeat([]byte("x"), 64<<10)); err != nil {
				return
			}
		}
	})
	handle("/early", plain, func(w http.ResponseWriter) { w.Header().Set("Content-Length", "1000"); fmt.Fprint(w, "half") })
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	handle("/slow", plain, func(w http.ResponseWriter) {
		fmt.Fprint(w, "x")
		w.(http.Flusher).Flush()
		<-stop
	})
	handle("/image", map[string]string{"Content-Type": "image/png"}, func(http.ResponseWriter) {})
	handle("/brotli", map[string]string{"Content-Type": "text/plain", "Content-Encoding": "br"}, func(w http.ResponseWriter) { fmt.Fprint(w, "x") })
	handle("/garbage", map[string]string{"Content-Type": "text/plain", "Content-Encoding": "gzip"}, func(w http.ResponseWriter) { fmt.Fprint(w, "not gzip at all") })
	handle("/headers", plain, func(w http.ResponseWriter) { w.Header().Set("X-Big", strings.Repeat("x", 200<<10)) })
	handle("/gone", plain, func(w http.ResponseWriter) { w.WriteHeader(http.StatusGone) })
	w := newWeb(t, o)
	for path, want := range map[string]string{
		"/bomb": "cut 1048576", "/endless": "cut 1048576", "/early": "cut 4", "/slow": "longer than 2s", "/image": "image/png", "/brotli": "br",
		"/garbage": "packed", "/headers": "cannot be reached", "/gone": "410", "/closed/x": "robots.txt",
	} {
		p, err := w.Get(t.Context(), h.url(path), guard.Domains{}, false)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(map[bool]string{true: "cut ", false: "whole "}[p.Cut], len(p.Body))
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// The lists of the operator hold for pages and redirects; a call can only
// narrow them.
func TestDomains(t *testing.T) {
	d, err := guard.ParseDomains([]string{"Example.com", "*.bücher.example"}, []string{"ads.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	w := newWeb(t, guard.WebOptions{Domains: d})
	for host, ok := range map[string]bool{
		"example.com": true, "www.EXAMPLE.com.": true, "ads.example.com": false, "x.ads.example.com": false, "badexample.com": false, "example.com.evil.net": false,
		"xn--bcher-kva.example": true, "a.bücher.example": true, "evil.net": false,
	} {
		if _, err := w.Check("https://"+host+"/", guard.Domains{}); (err == nil) != ok {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := w.Check("https://www.example.com/", guard.Domains{Allow: []string{"evil.net"}}); err == nil {
		t.Error("a call widened what is allowed")
	}
	if _, err := w.Check("https://evil.net/", guard.Domains{Allow: []string{"evil.net"}}); err == nil {
		t.Error("a call widened what is allowed")
	}
}

func FuzzCheck(f *testing.F) {
	for _, seed := range []string{"http://127.0.0.1/", "https://[::ffff:10.0.0.1]/", "http://a@b/", "HTTP://ex\u00ad.com:80/", "http://0x7f.1/", "//x"} {
		f.Add(seed)
	}
	w := guard.NewWeb(guard.WebOptions{})
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := w.Check(raw, guard.Domains{})
		if err != nil {
			return
		}
		again, err := w.Check(u.String(), guard.Domains{})
		if err != nil || again.String() != u.String() {
			t.Fatalf("%q gave %q, and that %v, %v", raw, u, again, err)
		}
		if addr, err := netip.ParseAddr(u.Hostname()); err == nil && (addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsUnspecified()) {
			t.Fatalf("%q leads to %s", raw, addr)
		}
	})
}
