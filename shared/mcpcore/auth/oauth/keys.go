package oauth

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	fresh      = 10 * time.Minute // after which the keys are looked at again
	stale      = time.Hour        // after which keys that could not be looked at are not used
	fetchTime  = 10 * time.Second
	maxFetched = 1 << 20
	minRSA     = 2048 // bits
)

// keys are the public keys of an issuer. A token with a key that is not known
// has them fetched again, though not more often than every so often, whatever
// tokens come.
type keys struct {
	issuer  string
	between time.Duration
	now     func() time.Time
	client  *http.Client
	known   atomic.Pointer[keySet]

	fetching sync.Mutex
	uri      string // of the keys; "" while it is not known
	tried    time.Time
	failed   error // of the last try
}

// keySet is the keys at one moment.
type keySet struct {
	keys []jose.JSONWebKey
	at   time.Time
}

func newKeys(issuer string, between time.Duration, now func() time.Time) *keys {
	return &keys{issuer: issuer, between: between, now: now, client: &http.Client{
		Timeout: fetchTime,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
			TLSHandshakeTimeout: fetchTime,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("it leads elsewhere") },
	}}
}

// VerifySignature verifies the signature of a token and returns what it says.
func (k *keys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	parsed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil || len(parsed.Signatures) != 1 {
		return nil, errors.New("not a signed token")
	}
	header := parsed.Signatures[0].Protected
	candidates, err := k.find(ctx, header.KeyID, header.Algorithm)
	if err != nil {
		return nil, err
	}
	for _, key := range candidates {
		if payload, err := parsed.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("the signature is not by a key of the issuer")
}

// find finds the keys that a signature may be by.
func (k *keys) find(ctx context.Context, kid, algorithm string) ([]jose.JSONWebKey, error) {
	s := k.known.Load()
	found := s.find(kid, algorithm)
	if len(found) > 0 && k.now().Sub(s.at) < fresh {
		return found, nil
	}
	if len(found) > 0 && k.now().Sub(s.at) < stale && k.underWay() {
		return found, nil // nobody waits for what is already there
	}
	s, err := k.refresh(ctx, s)
	if found = s.find(kid, algorithm); len(found) > 0 && k.now().Sub(s.at) < stale {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	return nil, errors.New("the issuer has no such key")
}

// underWay reports whether the keys are being fetched.
func (k *keys) underWay() bool {
	free := k.fetching.TryLock()
	if free {
		k.fetching.Unlock()
	}
	return !free
}

func (s *keySet) find(kid, algorithm string) (found []jose.JSONWebKey) {
	if s == nil {
		return nil
	}
	for _, key := range s.keys {
		if (kid == "" || key.KeyID == kid) && (key.Algorithm == "" || key.Algorithm == algorithm) {
			found = append(found, key)
		}
	}
	if kid == "" && len(found) > 1 {
		return nil // which one is for the token to say
	}
	return found
}

// refresh fetches the keys, unless others than old are there already or it is
// too soon, and returns those that are to be used.
func (k *keys) refresh(ctx context.Context, old *keySet) (*keySet, error) {
	k.fetching.Lock()
	defer k.fetching.Unlock()
	if s := k.known.Load(); s != old {
		return s, nil
	}
	if !k.tried.IsZero() && k.now().Sub(k.tried) < k.between {
		return old, k.failed
	}
	k.tried = k.now()
	// Others wait for the keys too, so that they do not go with this request.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
	defer cancel()
	s, err := k.fetch(ctx)
	if k.failed = err; err != nil {
		k.uri = "" // may have changed
		return old, err
	}
	k.known.Store(s)
	return s, nil
}

func (k *keys) fetch(ctx context.Context) (*keySet, error) {
	if k.uri == "" {
		uri, err := k.discover(ctx)
		if err != nil {
			return nil, err
		}
		k.uri = uri
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := k.get(ctx, k.uri, &set); err != nil {
		return nil, err
	}
	s := &keySet{at: k.now()}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil {
			continue // of a kind that is not known here
		}
		if key.Valid() && key.IsPublic() && (key.Use == "" || key.Use == "sig") && strong(key.Key) {
			s.keys = append(s.keys, key)
		}
	}
	if len(s.keys) == 0 {
		return nil, fmt.Errorf("%s holds no key that can be used", k.uri)
	}
	return s, nil
}

func strong(key any) bool {
	public, ok := key.(*rsa.PublicKey)
	return !ok || public.N.BitLen() >= minRSA
}

// discover finds where the issuer's keys are (OpenID Connect Discovery, RFC
// 8414).
func (k *keys) discover(ctx context.Context) (string, error) {
	u, err := url.Parse(k.issuer)
	if err != nil {
		return "", err
	}
	origin, path := u.Scheme+"://"+u.Host, strings.TrimSuffix(u.EscapedPath(), "/")
	var errs []error
	for _, at := range []string{
		origin + path + "/.well-known/openid-configuration",
		origin + "/.well-known/oauth-authorization-server" + path,
	} {
		var about struct {
			Issuer string `json:"issuer"`
			Keys   string `json:"jwks_uri"`
		}
		err := k.get(ctx, at, &about)
		switch {
		case err != nil:
		case about.Issuer != k.issuer:
			err = fmt.Errorf("%s is about another issuer, %.200q", at, about.Issuer)
		default:
			if err = checkKeys(k.issuer, about.Keys); err == nil {
				return about.Keys, nil
			}
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}

// checkKeys refuses an address of keys that is less safe than the issuer's.
func checkKeys(issuer, at string) error {
	u, err := url.Parse(at)
	if err == nil && u.Host != "" && u.User == nil &&
		(u.Scheme == "https" || u.Scheme == "http" && strings.HasPrefix(issuer, "http:") && onThisMachine(u.Hostname())) {
		return nil
	}
	return fmt.Errorf("the issuer's keys are at no URL of https: %.200q", at)
}

func (k *keys) get(ctx context.Context, at string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json")
	res, err := k.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d", at, res.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxFetched+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", at, err)
	case len(raw) > maxFetched:
		return fmt.Errorf("%s: more than %d bytes", at, maxFetched)
	case json.Unmarshal(raw, into) != nil:
		return fmt.Errorf("%s: not the JSON that was expected", at)
	}
	return nil
}
