package httpd_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
)

// origins notes where requests are said to come from.
type origins struct{ remote []string }

func (o *origins) Begin(ctx context.Context, r *mcpcore.Record) context.Context {
	o.remote = append(o.remote, r.Origin.Remote)
	return ctx
}

func (o *origins) End(context.Context, *mcpcore.Record) {}

// told is where a request is said to come from, or the status of its refusal,
// and the body of the response.
func told(peer, lines string, o mcpcore.HTTPOptions) (from, answer string) {
	seen := &origins{}
	server := mcpcore.New(mcpcore.Info{Name: "mcp-test"})
	server.Options.Observers = []mcpcore.Observer{seen}
	handler := server.Handler(o)
	defer handler.Drain()
	body, headers := modernCall(1, "server/discover", "")
	r := httptest.NewRequest("POST", "/mcp", strings.NewReader(body))
	r.Host, r.RemoteAddr = "localhost", peer
	set(r, append(headers, "Accept", "application/json, text/event-stream", "Content-Type", "application/json")...)
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Add(name, value)
		}
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	got := w.Result().Status[:3]
	if got == "200" && len(seen.remote) == 1 {
		got = seen.remote[0]
	}
	return got, w.Body.String()
}

// What proxies say is believed where they are trusted, up to the first address
// that is not.
func TestProxies(t *testing.T) {
	trusted, err := httpd.ParseProxies([]string{"10.0.0.0/8", "192.0.2.1", "2001:db8:1::/48", "fe80::/10"})
	if err != nil {
		t.Fatal(err)
	}
	const near, far = "10.1.2.3:999", "203.0.113.5:999"
	for name, test := range map[string]struct {
		peer    string
		headers string // name: value, one to a line
		want    string // the address, or the status of a refusal
	}{
		"nothing said":             {near, "", near},
		"for":                      {near, "X-Forwarded-For: 198.51.100.1", "198.51.100.1:0"},
		"for with a port":          {near, "X-Forwarded-For: 198.51.100.1:77", "198.51.100.1:77"},
		"for of IPv6":              {near, "X-Forwarded-For: 2001:db8::7", "[2001:db8::7]:0"},
		"for of IPv6 in brackets":  {near, "X-Forwarded-For: [2001:db8::7]:77", "[2001:db8::7]:77"},
		"for of IPv4 in IPv6":      {near, "X-Forwarded-For: ::ffff:198.51.100.1", "198.51.100.1:0"},
		"a spoofed entry":          {near, "X-Forwarded-For: 127.0.0.1, 198.51.100.1", "198.51.100.1:0"},
		"a spoofed header":         {near, "X-Forwarded-For: 127.0.0.1\nX-Forwarded-For: 198.51.100.1", "198.51.100.1:0"},
		"garbage of the client":    {near, "X-Forwarded-For: <script>, 198.51.100.1", "198.51.100.1:0"},
		"a chain":                  {near, "X-Forwarded-For: 198.51.100.1, 192.0.2.1, 10.9.9.9", "198.51.100.1:0"},
		"a chain with a stranger":  {near, "X-Forwarded-For: 198.51.100.1, 192.0.2.2, 10.9.9.9", "192.0.2.2:0"},
		"all trusted":              {near, "X-Forwarded-For: 10.5.5.5, 10.9.9.9", "10.5.5.5:0"},
		"empty entries":            {near, "X-Forwarded-For: , 198.51.100.1,,", "198.51.100.1:0"},
		"unknown":                  {near, "X-Forwarded-For: unknown", near},
		"unknown behind a proxy":   {near, "X-Forwarded-For: unknown, 10.9.9.9", "10.9.9.9:0"},
		"no address":               {near, "X-Forwarded-For: 198.51.100.300", "400"},
		"a name":                   {near, "X-Forwarded-For: client.example", "400"},
		"no port":                  {near, "X-Forwarded-For: 198.51.100.1:99999", "400"},
		"a signed port":            {near, "X-Forwarded-For: 198.51.100.1:+7", "400"},
		"half a bracket":           {near, "X-Forwarded-For: [2001:db8::7", "400"},
		"a zone":                   {near, "X-Forwarded-For: fe80::1%eth0", "400"},
		"spoofed by a stranger":    {far, "X-Forwarded-For: 127.0.0.1", far},
		"forwarded by a stranger":  {far, "Forwarded: for=127.0.0.1;host=evil.example", far},
		"host by a stranger":       {far, "X-Forwarded-Host: evil.example", far},
		"garbage by a stranger":    {far, `Forwarded: for="`, far},
		"trusted IPv6":             {"[2001:db8:1::5]:9", "X-Forwarded-For: 198.51.100.1", "198.51.100.1:0"},
		"stranger of IPv6":         {"[2001:db8:2::5]:9", "X-Forwarded-For: 198.51.100.1", "[2001:db8:2::5]:9"},
		"trusted as IPv4 in IPv6":  {"[::ffff:10.1.2.3]:9", "X-Forwarded-For: 198.51.100.1", "198.51.100.1:0"},
		"trusted with a zone":      {"[fe80::1%eth0]:9", "X-Forwarded-For: 198.51.100.1", "198.51.100.1:0"},
		"forwarded":                {near, "Forwarded: for=198.51.100.1", "198.51.100.1:0"},
		"forwarded, any case":      {near, "Forwarded: By=10.1.1.1;FOR=198.51.100.1 ; proto=https", "198.51.100.1:0"},
		"forwarded, quoted":        {near, `Forwarded: for="198.51.100.1:77"`, "198.51.100.1:77"},
		"forwarded, escaped":       {near, `Forwarded: for="198.51.100.\1"`, "198.51.100.1:0"},
		"forwarded, IPv6":          {near, `Forwarded: for="[2001:db8::7]:4711"`, "[2001:db8::7]:4711"},
		"forwarded, hidden port":   {near, `Forwarded: for="198.51.100.1:_x"`, "198.51.100.1:0"},
		"forwarded, hidden":        {near, "Forwarded: for=_gazonk", near},
		"forwarded, unknown":       {near, `Forwarded: for=198.51.100.1, for="unknown", for=10.9.9.9`, "10.9.9.9:0"},
		"forwarded, a chain":       {near, "Forwarded: for=127.0.0.1, for=198.51.100.1;host=localhost, for=10.9.9.9", "198.51.100.1:0"},
		"forwarded, two headers":   {near, "Forwarded: for=127.0.0.1\nForwarded: for=198.51.100.1", "198.51.100.1:0"},
		"forwarded, comma inside":  {near, `Forwarded: ext="a,b;c";for=198.51.100.1`, "198.51.100.1:0"},
		"forwarded, open quote":    {near, `Forwarded: for=", for=198.51.100.1`, "400"},
		"forwarded, no value":      {near, "Forwarded: for=", "400"},
		"forwarded, no name":       {near, "Forwarded: =1", "400"},
		"forwarded, no pair":       {near, "Forwarded: hello", "400"},
		"forwarded, twice":         {near, "Forwarded: for=198.51.100.1;for=127.0.0.1", "400"},
		"forwarded, behind quotes": {near, `Forwarded: for="198.51.100.1"x`, "400"},
		"both agree":               {near, "Forwarded: for=\"198.51.100.1:7\"\nX-Forwarded-For: 198.51.100.1", "198.51.100.1:7"},
		"both disagree":            {near, "Forwarded: for=127.0.0.1\nX-Forwarded-For: 198.51.100.1", "400"},
		"one of both is silent":    {near, "Forwarded: host=localhost\nX-Forwarded-For: 198.51.100.1", "400"},
		"hosts disagree":           {near, "Forwarded: for=198.51.100.1;host=localhost\nX-Forwarded-Host: good.example", "400"},
		"host":                     {near, "X-Forwarded-Host: good.example", near},
		"host of two":              {near, "X-Forwarded-Host: evil.example, good.example", near},
		"bad host":                 {near, "X-Forwarded-Host: evil.example", "403"},
		"bad host of two":          {near, "X-Forwarded-Host: good.example, evil.example", "403"},
		"forwarded, host":          {near, `Forwarded: for=198.51.100.1;host="good.example:443"`, "198.51.100.1:0"},
		"forwarded, bad host":      {near, "Forwarded: for=198.51.100.1;host=evil.example", "403"},
		"host does not replace":    {near, "Host: evil.example\nX-Forwarded-Host: good.example", "403"},
		"origin is the host told":  {near, "X-Forwarded-Host: good.example\nOrigin: https://good.example", near},
		"origin is another":        {near, "X-Forwarded-Host: good.example\nOrigin: https://localhost", "403"},
		"origin, by a stranger":    {far, "X-Forwarded-Host: good.example\nOrigin: https://good.example", "403"},
	} {
		t.Run(name, func(t *testing.T) {
			got, body := told(test.peer, test.headers, mcpcore.HTTPOptions{TrustedProxies: trusted, AllowedHosts: []string{"good.example"}})
			if got != test.want {
				t.Errorf("got %s, want %s: %s", got, test.want, body)
			}
			if len(test.want) == 3 && !strings.HasPrefix(body, `{"jsonrpc":"2.0","id":`) {
				t.Errorf("no JSON-RPC error: %s", body)
			}
		})
	}
}

func TestParseProxies(t *testing.T) {
	for _, bad := range []string{"", "proxy", "10.0.0.0/33", "0.0.0.0/0", "::/0", "::ffff:10.0.0.0/104", "fe80::1%eth0", "10.0.0.1:80"} {
		if all, err := httpd.ParseProxies([]string{"10.0.0.1", bad}); err == nil {
			t.Errorf("%q was taken: %v", bad, all)
		}
	}
	if all, err := httpd.ParseProxies([]string{"10.0.0.1", "::ffff:10.0.0.2", "2001:db8::/32"}); err != nil || len(all) != 3 {
		t.Errorf("got %v, %v", all, err)
	}
}

// No header has the reader of what proxies say fail.
func FuzzForwarded(f *testing.F) {
	f.Add(`for=198.51.100.1;host="a,b", for="[2001:db8::7]:4711"`, "198.51.100.1, unknown")
	f.Add(`for="\`, "[::1")
	trusted, err := httpd.ParseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		f.Fatal(err)
	}
	handler := mcpcore.New(mcpcore.Info{Name: "mcp-test"}).Handler(mcpcore.HTTPOptions{TrustedProxies: trusted})
	f.Fuzz(func(t *testing.T, forwarded, usual string) {
		r := httptest.NewRequest("GET", "/healthz", nil)
		r.Host, r.RemoteAddr = "localhost", "10.1.1.1:1"
		r.Header["Forwarded"], r.Header["X-Forwarded-For"] = []string{forwarded}, []string{usual}
		handler.ServeHTTP(httptest.NewRecorder(), r)
	})
}
