package fake_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
)

// The sample is as large as what it stands for.
func TestSample(t *testing.T) {
	w := &world{t: t, hub: fake.Sample(fake.Options{Record: recording(t), Name: t.Name()}), head: map[string][]string{}, token: fake.SampleToken}
	api := httptest.NewServer(w.hub.Handler())
	t.Cleanup(api.Close)
	w.url = api.URL
	pulls := w.get("/repos/acme/shop/pulls?state=open").is(200)
	pulls.want("2.title", "Prices in whole cents").want("1.user.login", "mallory").want("0.draft", "true")
	w.head.Set("Accept", "application/vnd.github.v3.diff")
	if n := len(w.get("/repos/acme/shop/pulls/7").is(200).body); n < 250_000 || n > 265_000 {
		t.Errorf("the diff has %d bytes, want about 257,000", n)
	}
	w.head.Del("Accept")
	lines := strings.Split(strings.TrimSuffix(fake.SampleLog(), "\n"), "\n")
	at := -1
	for i, line := range lines {
		if strings.HasSuffix(line, fake.SampleFailure) {
			at = i
		}
	}
	if len(lines) != 4717 || len(lines)-1-at != 706 {
		t.Errorf("the log has %d lines, %d of them after the failure; want 4717 and 706", len(lines), len(lines)-1-at)
	}
	w.get("/repos/acme/shop/commits/cents/check-runs").is(200).want("total_count", "2")
	w.get("/repos/acme/vault").is(200).want("private", "true")
	w.get("/repos/acme/legacy").is(200).want("archived", "true")
	w.token = fake.SampleReader
	w.get("/repos/acme/vault").is(404)
	w.get("/repos/acme/shop/issues/2").is(200)
}
