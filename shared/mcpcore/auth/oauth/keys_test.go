package oauth_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

func (i *issuer) later(d time.Duration) { i.time.Add(int64(d)) }

// A new key is found when a token comes with it, and one that was withdrawn is
// trusted no longer than keys are kept.
func TestRotation(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	verify := func(token string, want bool) {
		t.Helper()
		if _, err := v.Verify(t.Context(), token); (err == nil) != want {
			t.Errorf("%v", err)
		}
	}
	old := func() string { return i.token(nil) }
	fresh := func() string {
		return signed(t, jose.RS256, otherRSA(), i.claims(nil), object{"kid": "two", "typ": "at+jwt"})
	}
	verify(old(), true)
	i.publish(key("two", otherRSA().Public()))
	verify(fresh(), false) // so soon after the last look
	verify(old(), true)
	i.later(11 * time.Second)
	verify(fresh(), true)
	verify(old(), false)
	if n := i.asks.Load(); n != 2 {
		t.Errorf("the keys were fetched %d times", n)
	}

	// Withdrawn without another key being asked for.
	i.later(time.Minute)
	i.publish(key("one", rsaKey().Public()))
	verify(fresh(), true)
	i.later(11 * time.Minute)
	verify(fresh(), false)
	verify(old(), true)
}

// An issuer that cannot be reached is lived without for a while.
func TestOutage(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	i.down.Store(true)
	if _, err := v.Verify(t.Context(), i.token(nil)); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("%v", err)
	}
	i.down.Store(false)
	i.later(11 * time.Second)
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Errorf("after the issuer came back: %v", err)
	}
	i.down.Store(true)
	for _, test := range []struct {
		later time.Duration
		good  bool
	}{{9 * time.Minute, true}, {20 * time.Minute, true}, {40 * time.Minute, false}} {
		i.later(test.later)
		if _, err := v.Verify(t.Context(), i.token(nil)); (err == nil) != test.good {
			t.Errorf("%s later: %v", test.later, err)
		}
	}
}

// Many first requests fetch the keys once.
func TestTogether(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	token := i.token(nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := i.asks.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

// An issuer that is not what it should be gives no keys.
func TestBadIssuers(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*issuer)
		want   string
	}{
		"another one":   {func(i *issuer) { i.url = "https://evil.example.com" }, "about another issuer"},
		"with a slash":  {func(i *issuer) { i.url += "/" }, "about another issuer"},
		"no keys":       {func(i *issuer) { i.uri = "" }, "at no URL"},
		"keys in clear": {func(i *issuer) { i.uri = "http://192.0.2.1/keys" }, "at no URL of https"},
		"keys in files": {func(i *issuer) { i.uri = "file:///etc/passwd" }, "at no URL of https"},
		"moved":         {func(i *issuer) { i.uri = i.web.URL + "/moved" }, "leads elsewhere"},
		"endless":       {func(i *issuer) { i.uri = i.web.URL + "/endless" }, "more than"},
		"gone":          {func(i *issuer) { i.uri = i.web.URL + "/gone" }, "404"},
		"useless keys":  {func(i *issuer) { i.publish() }, "no key that can be used"},
		"no JSON":       {func(i *issuer) { raw := []byte("<html>"); i.keys.Store(&raw) }, "not the JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			test.change(i)
			v := i.verifier()
			if err := v.Prepare(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
			if _, err := v.Verify(t.Context(), i.token(nil)); err == nil {
				t.Error("a token is taken")
			}
		})
	}
}
