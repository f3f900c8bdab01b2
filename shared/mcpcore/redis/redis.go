// Package redis keeps what replicas of a server share, tasks and the sessions
// of clients with a handshake, in Redis or Valkey.
//
// Who reads what is kept there learns how much there is, and when it ends: its
// values are sealed with the keys that the replicas share, and its names are
// digests of ids.
package redis

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/internal/seal"
)

// Config says where and how to keep things.
type Config struct {
	URL    string       // redis://, rediss:// or unix://; may hold a password
	Prefix string       // of all names, to tell servers apart
	Keys   [][]byte     // of 32 bytes each: the first seals, all open
	Log    *slog.Logger // default: nothing is logged

	TaskBytes int // that tasks of all replicas take at most; default 256 MiB
}

// The bounds of what is kept, for all replicas together.
const (
	maxTasks        = 10_000
	maxSessions     = 100_000
	maxSessionBytes = 128 << 20
)

const (
	opTime    = 3 * time.Second // for one operation, with all that is tried again
	tryTime   = time.Second     // to connect, or for one answer
	beatEvery = 5 * time.Second
	beatLife  = 4 * beatEvery // after which a replica is taken for dead
)

// errAway is what callers are told; the log has what was wrong.
var errAway = errors.New("the shared state cannot be reached at present; try again in a moment")

// Store is a connection to Redis. Its Tasks and Sessions methods are what a
// server needs.
type Store struct {
	client *redis.Client
	sealer *seal.Sealer
	prefix string
	name   string // of this replica
	most   int    // bytes of tasks
	log    *slog.Logger

	ctx    context.Context // of what goes on beside requests
	cancel context.CancelFunc
	work   sync.WaitGroup
	news   news
	close  func() error
}

// Open makes a Store. It does not wait for Redis to be there.
func Open(c Config) (*Store, error) {
	o, err := options(c.URL)
	if err != nil {
		return nil, err
	}
	if len(c.Keys) == 0 {
		return nil, errors.New("there is no key to seal with")
	}
	if c.TaskBytes <= 0 {
		c.TaskBytes = 256 << 20
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if o.TLSConfig != nil {
		_, _ = x509.SystemCertPool() // is read once, while it can be; an error shows with the first connection
	}
	redis.SetLogger(toLog{c.Log})
	s := &Store{
		client: redis.NewClient(o), sealer: seal.New(c.Keys...), prefix: "mcp:{" + c.Prefix + "}:",
		name: rand.Text()[:10], most: c.TaskBytes, log: c.Log,
	}
	s.close = sync.OnceValue(s.end)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.news.start(s)
	s.work.Go(s.beat)
	return s, nil
}

// options are those of the client. An error does not tell the URL, which may
// hold a password.
func options(text string) (*redis.Options, error) {
	o, err := redis.ParseURL(text)
	if err != nil {
		return nil, errors.New("this is not a URL such as redis://127.0.0.1:6379/0 or rediss://user@example.com:6380")
	}
	o.Protocol = 2 // of which every server speaks enough for this
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = tryTime, tryTime, tryTime, tryTime
	o.DialerRetries, o.MaxRetries = 1, 1
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	return o, nil
}

// toLog takes what the client library has to say.
type toLog struct{ log *slog.Logger }

func (l toLog) Printf(_ context.Context, format string, v ...any) {
	l.log.Debug("redis", "message", fmt.Sprintf(format, v...))
}

// Close ends the connection. What is kept stays.
func (s *Store) Close() error { return s.close() }

func (s *Store) end() error {
	s.cancel()
	s.news.end()
	s.work.Wait()
	return s.client.Close()
}

// SetStateKeys has other keys count from now on.
func (s *Store) SetStateKeys(keys [][]byte) { s.sealer.Replace(keys...) }

// Ping tells whether Redis can be reached.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTime)
	defer cancel()
	return s.fault(s.client.Ping(ctx).Err())
}

// fault is an error for those who know nothing of Redis.
func (s *Store) fault(err error) error {
	if err == nil {
		return nil
	}
	s.log.Warn("Redis", "error", err)
	return errAway
}

// named is the name under which an id is kept: who reads it cannot use it.
func named(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// alive is the key that says that a replica lives.
func (s *Store) alive(replica string) string { return s.prefix + "alive:" + replica }

// beat says that this replica lives, as long as it does.
func (s *Store) beat() {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		ctx, cancel := context.WithTimeout(s.ctx, opTime)
		if err := s.client.Set(ctx, s.alive(s.name), 1, beatLife).Err(); err != nil && s.ctx.Err() == nil {
			s.log.Warn("Redis", "error", err)
		}
		cancel()
		select {
		case <-tick.C:
			s.news.recheck()
		case <-s.ctx.Done():
			return
		}
	}
}
