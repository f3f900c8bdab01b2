package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth/oauth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const audience = "https://mcp.example.com/mcp"

// Making keys takes long.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	otherRSA = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	weakRSA  = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 1024)) })
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	edKey    = sync.OnceValue(func() ed25519.PrivateKey {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return must(key, err)
	})
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// issuer is an authorization server that publishes keys, and a clock.
type issuer struct {
	t    *testing.T
	web  *httptest.Server
	keys atomic.Pointer[[]byte] // as they are published
	asks atomic.Int64           // how often the keys were asked for
	down atomic.Bool
	time atomic.Int64 // by which the clock is off
	url  string       // that it says it has
	uri  string       // of the keys, as it says
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t}
	i.web = httptest.NewServer(i)
	t.Cleanup(i.web.Close)
	i.url, i.uri = i.web.URL, i.web.URL+"/keys"
	i.publish(key("one", rsaKey().Public()), key("ec", ecKey().Public()), key("ed", edKey().Public()), key("weak", weakRSA().Public()))
	return i
}

func key(id string, public crypto.PublicKey) jose.JSONWebKey {
	return jose.JSONWebKey{KeyID: id, Key: public, Use: "sig"}
}

// publish puts keys on show, and some that nobody can use.
func (i *issuer) publish(keys ...jose.JSONWebKey) {
	i.t.Helper()
	all := []json.RawMessage{
		json.RawMessage(`{"kty":"OKP","crv":"X25519","x":"AAAA","kid":"x"}`), json.RawMessage(`{"kty":"new","kid":"y"}`),
		json.RawMessage(`{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0","kid":"oct"}`),
	}
	for _, k := range keys {
		all = append(all, must(json.Marshal(k)))
	}
	raw := must(json.Marshal(map[string]any{"keys": all}))
	i.keys.Store(&raw)
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case i.down.Load():
		w.WriteHeader(http.StatusBadGateway)
	case r.URL.Path == "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": i.url, "jwks_uri": i.uri})
	case r.URL.Path == "/keys":
		i.asks.Add(1)
		_, _ = w.Write(*i.keys.Load())
	case r.URL.Path == "/moved":
		http.Redirect(w, r, "/keys", http.StatusFound)
	case r.URL.Path == "/endless":
		for range 1 << 12 {
			_, _ = w.Write(make([]byte, 1<<10))
		}
	default:
		http.NotFound(w, r)
	}
}

func (i *issuer) now() time.Time { return time.Now().Add(time.Duration(i.time.Load())) }

func (i *issuer) verifier() *oauth.Verifier {
	i.t.Helper()
	v, err := oauth.New(oauth.Config{Issuer: i.web.URL, Audience: audience, Now: i.now})
	if err != nil {
		i.t.Fatal(err)
	}
	return v
}

type object = map[string]any

// claims are those of a good token, changed.
func (i *issuer) claims(changes object) object {
	c := object{
		"iss": i.web.URL, "aud": audience, "sub": "ada", "client_id": "client", "scope": "openid mcp:read",
		"iat": i.now().Unix(), "exp": i.now().Add(time.Minute).Unix(),
	}
	maps.Copy(c, changes)
	for name, value := range c {
		if value == nil {
			delete(c, name)
		}
	}
	return c
}

// signed is a token with these claims and headers.
func signed(t *testing.T, alg jose.SignatureAlgorithm, signingKey any, claims, headers object) string {
	t.Helper()
	o := &jose.SignerOptions{}
	for name, value := range headers {
		o.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: signingKey}, o)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(must(json.Marshal(claims)))
	if err != nil {
		t.Fatal(err)
	}
	return must(jws.CompactSerialize())
}

// token is a token of the first key.
func (i *issuer) token(changes object) string {
	i.t.Helper()
	return signed(i.t, jose.RS256, rsaKey(), i.claims(changes), object{"kid": "one", "typ": "at+jwt"})
}
