package redis

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// shelf holds values of one kind: so many, of so many bytes, each for its time.
// A value is a hash of its version, its text, and the replica that made it.
type shelf struct {
	s               *Store
	kind            string
	most, mostBytes int
}

// item is what stands on a shelf.
type item struct {
	version int64
	text    []byte
	maker   string // the replica that put it there
	orphan  bool   // which is gone
}

var (
	errGone     = errors.New("gone")
	errFull     = errors.New("full")
	errConflict = errors.New("changed by another")
)

// Every script begins with this. The index of a shelf orders its values by
// when they end, so that what they took can be counted off.
const prelude = `
local base, name = KEYS[1], ARGV[1]
local key = base .. ':' .. name
local index, sizes, owners, total = base, base .. ':sizes', base .. ':owners', base .. ':total'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function count(owner, size)
	redis.call('HINCRBY', total, '', size)
	if owner and owner ~= '' and redis.call('HINCRBY', total, owner, size) == 0 then redis.call('HDEL', total, owner) end
end
local function forget(name)
	local size = redis.call('HGET', sizes, name)
	if size then count(redis.call('HGET', owners, name), -size) end
	redis.call('HDEL', sizes, name)
	redis.call('HDEL', owners, name)
	redis.call('ZREM', index, name)
	redis.call('DEL', base .. ':' .. name)
end
for _, old in ipairs(redis.call('ZRANGEBYSCORE', index, '-inf', now, 'LIMIT', 0, 100)) do forget(old) end
local function room(owner, size, most)
	if tonumber(redis.call('HGET', total, '') or 0) + size > most then return false end
	return owner == '' or tonumber(redis.call('HGET', total, owner) or 0) + size <= most / 2
end
`

var (
	createScript = redis.NewScript(prelude + `
local text, owner, life, most, bytes, maker = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
if redis.call('ZCARD', index) >= most or not room(owner, #text, bytes) then return 'full' end
redis.call('HSET', key, 'v', 1, 't', text, 'm', maker)
redis.call('PEXPIRE', key, life)
redis.call('ZADD', index, now + life, name)
redis.call('HSET', sizes, name, #text)
redis.call('HSET', owners, name, owner)
count(owner, #text)
return 'ok'`)

	// A life of 0 leaves the end as it is.
	getScript = redis.NewScript(prelude + `
local life, alive = tonumber(ARGV[2]), ARGV[3]
local found = redis.call('HMGET', key, 'v', 't', 'm')
if not found[1] then return false end
if life > 0 then
	redis.call('PEXPIRE', key, life)
	redis.call('ZADD', index, now + life, name)
end
found[4] = redis.call('EXISTS', alive .. found[3])
return found`)

	swapScript = redis.NewScript(prelude + `
local version, text, bytes, slack, channel = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local found = redis.call('HGET', key, 'v')
if not found then return 'gone' end
if found ~= version then return 'conflict' end
local owner = redis.call('HGET', owners, name) or ''
local grown = #text - tonumber(redis.call('HGET', sizes, name) or 0)
if grown > slack and not room(owner, grown, bytes) then return 'full' end
redis.call('HSET', key, 'v', version + 1, 't', text)
redis.call('HSET', sizes, name, #text)
count(owner, grown)
redis.call('PUBLISH', channel, name)
return 'ok'`)

	deleteScript = redis.NewScript(prelude + `
local there = redis.call('EXISTS', key)
forget(name)
if there == 0 then return 'gone' end
redis.call('PUBLISH', ARGV[2], name)
return 'ok'`)
)

// slack is what a value may grow by on a full shelf: enough to say how it ended.
const slack = 4 << 10

func (h *shelf) base() string    { return h.s.prefix + h.kind }
func (h *shelf) channel() string { return h.base() + ":changed" }

// purpose binds a value to its place.
func (h *shelf) purpose(id string) string { return h.base() + ":" + named(id) }

// run runs a script that says how it went.
func (h *shelf) run(ctx context.Context, script *redis.Script, id string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, opTime)
	defer cancel()
	said, err := script.Run(ctx, h.s.client, []string{h.base()}, append([]any{named(id)}, args...)...).Text()
	if err != nil {
		return h.s.fault(err)
	}
	switch said {
	case "gone":
		return errGone
	case "full":
		return errFull
	case "conflict":
		return errConflict
	}
	return nil
}

// create puts a value on the shelf.
func (h *shelf) create(ctx context.Context, id, owner string, text []byte, life time.Duration) error {
	if owner != "" {
		owner = named(h.kind + " of " + owner)
	}
	sealed := h.s.sealer.SealBytes(text, h.purpose(id), sealLife)
	return h.run(ctx, createScript, id, sealed, owner, max(life.Milliseconds(), 1), h.most, h.mostBytes, h.s.name)
}

// get takes a look at a value, and gives it so much life; 0 leaves it what it
// has.
func (h *shelf) get(ctx context.Context, id string, life time.Duration) (*item, error) {
	ctx, cancel := context.WithTimeout(ctx, opTime)
	defer cancel()
	found, err := getScript.Run(ctx, h.s.client, []string{h.base()}, named(id), life.Milliseconds(), h.s.alive("")).Slice()
	if errors.Is(err, redis.Nil) {
		return nil, errGone
	}
	if err != nil || len(found) != 4 {
		return nil, h.s.fault(err)
	}
	version, sealed, maker := asInt(found[0]), asText(found[1]), asText(found[2])
	text, err := h.s.sealer.OpenBytes([]byte(sealed), h.purpose(id))
	if err != nil { // by a key that was taken away
		h.s.log.Warn("what is kept in Redis opens with no key of --state-key-file", "kind", h.kind)
		return nil, errGone
	}
	return &item{version, text, maker, asInt(found[3]) == 0 && maker != h.s.name}, nil
}

// swap replaces a value, unless another did.
func (h *shelf) swap(ctx context.Context, id string, old *item, text []byte) error {
	sealed := h.s.sealer.SealBytes(text, h.purpose(id), sealLife)
	return h.run(ctx, swapScript, id, old.version, sealed, h.mostBytes, slack, h.channel())
}

// remove takes a value off the shelf.
func (h *shelf) remove(ctx context.Context, id string) error {
	return h.run(ctx, deleteScript, id, h.channel())
}

// sealLife is long: Redis is told when a value ends, and changes that.
const sealLife = 10 * 365 * 24 * time.Hour

// left is how long a value still has.
func (h *shelf) left(ctx context.Context, id string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, opTime)
	defer cancel()
	return h.s.client.PTTL(ctx, h.base()+":"+named(id)).Result()
}
