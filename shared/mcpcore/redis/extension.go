package redis

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Extension lets a program share its state with other replicas of it, by the
// setting --redis:
//
//	func main() { mcpcore.Main("mcp-filesystem", filesystem.New, redis.Extension()) }
func Extension() mcpcore.Extension { return &extension{} }

type extension struct {
	url    mcpcore.Secret
	prefix string
	store  *Store
}

// Flags is mcpcore.Extension's.
func (x *extension) Flags(f *mcpcore.Flags) {
	x.prefix = f.Program()
	f.URL(&x.url, "redis", "Redis or Valkey where replicas share sessions and tasks, such as redis://127.0.0.1:6379/0; needs --state-key-file")
	f.String(&x.prefix, "redis-prefix", "name that tells what is kept in Redis from what others keep there")
}

var goodPrefix = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Validate is mcpcore.Extension's.
func (x *extension) Validate() error {
	if x.url.Reveal() == "" {
		return nil
	}
	var errs []error
	if _, err := options(x.url.Reveal()); err != nil {
		errs = append(errs, fmt.Errorf("--redis: %w", err))
	}
	if !goodPrefix.MatchString(x.prefix) {
		errs = append(errs, errors.New("--redis-prefix: it is 1 to 64 of letters, digits and . _ -"))
	}
	return errors.Join(errs...)
}

// Open is mcpcore.Extension's.
func (x *extension) Open(ctx context.Context, o *mcpcore.Options) (err error) {
	if x.url.Reveal() == "" {
		return nil
	}
	if len(o.StateKeys) == 0 {
		return mcpcore.Hint(errors.New("--redis: replicas can share nothing without a key that they share"),
			"give the same --state-key-file to each of them; openssl rand -hex 32 makes a key")
	}
	if x.store, err = Open(Config{URL: x.url.Reveal(), Prefix: x.prefix, Keys: o.StateKeys, Log: o.Log}); err != nil {
		return fmt.Errorf("--redis: %w", err)
	}
	o.Tasks, o.Sessions = x.store.Tasks(), x.store.Sessions()
	if err := x.store.Ping(ctx); err != nil { // also finds the address while the process may read files
		o.Log.Warn("Redis cannot be reached at present; the server is not ready until it can")
	}
	return nil
}

// Close is mcpcore.Extension's.
func (x *extension) Close() error {
	if x.store == nil {
		return nil
	}
	s := x.store
	x.store = nil
	return s.Close()
}
