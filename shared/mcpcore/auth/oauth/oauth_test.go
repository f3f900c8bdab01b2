package oauth_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth/oauth"
)

func TestGoodTokens(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	ada := i.web.URL + "#ada"
	for name, test := range map[string]struct {
		token  string
		id     string
		scopes []string
	}{
		"RS256":            {i.token(nil), ada, []string{"mcp:read"}},
		"PS256":            {signed(t, jose.PS256, rsaKey(), i.claims(nil), object{"kid": "one"}), ada, []string{"mcp:read"}},
		"ES256":            {signed(t, jose.ES256, ecKey(), i.claims(nil), object{"kid": "ec", "typ": "JWT"}), ada, []string{"mcp:read"}},
		"EdDSA":            {signed(t, jose.EdDSA, edKey(), i.claims(nil), object{"kid": "ed", "typ": "application/at+jwt"}), ada, []string{"mcp:read"}},
		"several for":      {i.token(object{"aud": []string{"https://other", audience}}), ada, []string{"mcp:read"}},
		"no scope":         {i.token(object{"scope": nil}), ada, []string{}},
		"more scopes":      {i.token(object{"scope": "mcp:write  mcp:delete mcp:write mcp:root"}), ada, []string{"mcp:write", "mcp:delete"}},
		"scopes as a list": {i.token(object{"scope": nil, "scp": []string{"mcp:write"}}), ada, []string{"mcp:write"}},
		"scope of a kind":  {i.token(object{"scope": object{"mcp:read": true}}), ada, []string{}},
		"a client":         {i.token(object{"sub": nil}), i.web.URL + "?client_id=client", []string{"mcp:read"}},
		"just begun":       {i.token(object{"nbf": i.now().Add(30 * time.Second).Unix()}), ada, []string{"mcp:read"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := v.Verify(t.Context(), test.token)
			if err != nil {
				t.Fatal(err)
			}
			want := &auth.Principal{ID: test.id, Scopes: test.scopes, Expires: i.now().Add(time.Minute).Truncate(time.Second)}
			if diff := cmp.Diff(want, p, cmpopts.IgnoreUnexported(auth.Principal{})); diff != "" {
				t.Error(diff)
			}
		})
	}
	if n := i.asks.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

// withHeader is a token whose head was replaced, and that is not signed anew.
func withHeader(token string, header object) string {
	_, rest, _ := strings.Cut(token, ".")
	return base64.RawURLEncoding.EncodeToString(must(json.Marshal(header))) + "." + rest
}

func TestBadTokens(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	der := must(x509.MarshalPKIXPublicKey(rsaKey().Public()))
	published := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	sign := func(headers object) string { return signed(t, jose.RS256, rsaKey(), i.claims(nil), headers) }
	good := i.token(nil)
	head, body, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(body, ".")
	other := func(changes object) string {
		return base64.RawURLEncoding.EncodeToString(must(json.Marshal(i.claims(changes))))
	}
	at := func(d time.Duration) int64 { return i.now().Add(d).Unix() }
	for name, token := range map[string]string{
		"expired":              i.token(object{"exp": at(-time.Minute)}),
		"expired just now":     i.token(object{"exp": at(-2 * time.Second)}),
		"never expires":        i.token(object{"exp": nil}),
		"foreign audience":     i.token(object{"aud": "https://other.example.com/mcp"}),
		"audience and more":    i.token(object{"aud": audience + "/"}),
		"audience begun":       i.token(object{"aud": "https://mcp.example.com"}),
		"no audience":          i.token(object{"aud": nil}),
		"audience of a client": i.token(object{"aud": "client", "azp": "client", "nonce": "x"}),
		"foreign issuer":       i.token(object{"iss": "https://evil.example.com"}),
		"issuer with a slash":  i.token(object{"iss": i.web.URL + "/"}),
		"no issuer":            i.token(object{"iss": nil}),
		"not yet valid":        i.token(object{"nbf": at(3 * time.Minute)}),
		"valid when":           i.token(object{"nbf": "soon"}),
		"nobody":               i.token(object{"sub": nil, "client_id": nil}),
		"long subject":         i.token(object{"sub": strings.Repeat("a", 1000)}),
		"bound to a key":       i.token(object{"cnf": object{"jkt": "x"}}),
		"wrong kid":            sign(object{"kid": "two"}),
		"kid of another kind":  sign(object{"kid": "ec"}),
		"kid that leads away":  sign(object{"kid": "../../dev/null"}),
		"no kid":               sign(nil),
		"symmetric key known":  signed(t, jose.HS256, []byte("secret-secret-secret-secret"+"secret"), i.claims(nil), object{"kid": "oct"}),
		"foreign key":          signed(t, jose.RS256, otherRSA(), i.claims(nil), object{"kid": "one"}),
		"weak key":             signed(t, jose.RS256, weakRSA(), i.claims(nil), object{"kid": "weak"}),
		"key brought along": signed(t, jose.RS256, otherRSA(), i.claims(nil),
			object{"kid": "one", "jwk": jose.JSONWebKey{Key: otherRSA().Public()}, "jku": i.web.URL + "/keys"}),
		"HS256 with the public key":     signed(t, jose.HS256, published, i.claims(nil), object{"kid": "one"}),
		"HS256 with the public key DER": signed(t, jose.HS256, der, i.claims(nil), object{"kid": "one"}),
		"RS512":                         signed(t, jose.RS512, rsaKey(), i.claims(nil), object{"kid": "one"}),
		"alg none":                      withHeader(good, object{"alg": "none", "kid": "one"}),
		"alg none, unsigned":            strings.TrimSuffix(withHeader(good, object{"alg": "none"}), signature),
		"alg nOnE":                      withHeader(good, object{"alg": "nOnE", "kid": "one"}),
		"alg of another key":            withHeader(good, object{"alg": "ES256", "kid": "ec"}),
		"no alg":                        withHeader(good, object{"kid": "one"}),
		"an ID token of logout":         sign(object{"kid": "one", "typ": "logout+jwt"}),
		"type of another kind":          sign(object{"kid": "one", "typ": 7}),
		"proof of a key":                sign(object{"kid": "one", "typ": "dpop+jwt"}),
		"unsigned":                      head + "." + body + ".",
		"changed":                       head + "." + other(object{"scope": "mcp:delete"}) + "." + signature,
		"signature changed":             good[:len(good)-8] + "AAAAAAAA",
		"head only":                     head + "..",
		"dots":                          "..",
		"garbage":                       "a.b.c",
		"no JSON":                       "e30.bm90IGpzb24." + signature,
		"not critical":                  sign(object{"kid": "one", "crit": []string{"x"}, "x": true}),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := v.Verify(t.Context(), token)
			if err == nil || errors.Is(err, auth.ErrUnknown) || p != nil {
				t.Fatalf("%v, %v", p, err)
			}
			if strings.Contains(err.Error(), signature) || strings.Contains(err.Error(), body) {
				t.Errorf("the token is shown: %v", err)
			}
		})
	}
	if _, err := v.Verify(t.Context(), "opaque-token"); !errors.Is(err, auth.ErrUnknown) {
		t.Errorf("a token of another kind is not for this verifier: %v", err)
	}
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Errorf("a good token after the bad ones: %v", err)
	}
	if n := i.asks.Load(); n != 1 {
		t.Errorf("bad tokens had the keys fetched %d times", n)
	}
}

func TestIssuers(t *testing.T) {
	for _, bad := range []string{"", "issuer", "http://issuer.example.com", "ftp://issuer", "https://a:b@issuer", "https://issuer?x", "https://issuer#x", "https://"} {
		if _, err := oauth.New(oauth.Config{Issuer: bad, Audience: audience}); err == nil {
			t.Errorf("%q is taken for an issuer", bad)
		}
	}
	if _, err := oauth.New(oauth.Config{Issuer: "https://issuer.example.com"}); err == nil {
		t.Error("no audience is needed")
	}
	for _, good := range []string{"https://issuer.example.com/", "https://issuer.example.com/tenant", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost"} {
		if _, err := oauth.New(oauth.Config{Issuer: good, Audience: audience}); err != nil {
			t.Error(err)
		}
	}
}
