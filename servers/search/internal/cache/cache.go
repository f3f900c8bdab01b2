// Package cache keeps answers for a while, in memory and, where it is given a
// directory, on disk for the next process.
package cache

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Cache keeps values under keys. Neither holds a secret.
type Cache struct {
	dir  string
	most int64 // bytes on disk

	mu     sync.Mutex
	size   int64 // bytes in memory
	items  map[string]*list.Element
	recent *list.List
	wrote  int64 // bytes since the directory was last looked at
	making map[string]chan struct{}
	Stats
}

// Stats count what was asked for.
type Stats struct{ Hits, Misses int64 }

// maxMemory is how many bytes are kept in memory.
const maxMemory = 16 << 20

type item struct {
	key   string
	until time.Time
	value []byte
}

// New makes a cache. dir is where it is kept for the next process, or "".
func New(dir string, most int64) (*Cache, error) {
	c := &Cache{dir: dir, most: most, items: map[string]*list.Element{}, recent: list.New(), making: map[string]chan struct{}{}}
	if dir == "" {
		return c, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	c.prune()
	return c, nil
}

// stored is a value on disk.
type stored struct {
	Key   string          `json:"key"`
	Until time.Time       `json:"until"`
	Value json.RawMessage `json:"value"`
}

// Get finds the value of a key, into v.
func (c *Cache) Get(key string, v any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if e := c.items[key]; e != nil {
		it := e.Value.(*item)
		if now.Before(it.until) && json.Unmarshal(it.value, v) == nil {
			c.recent.MoveToFront(e)
			c.Hits++
			return true
		}
		c.forget(e)
	}
	if c.dir != "" {
		raw, err := os.ReadFile(c.file(key))
		var s stored
		if err == nil && json.Unmarshal(raw, &s) == nil && s.Key == key && now.Before(s.Until) && json.Unmarshal(s.Value, v) == nil {
			c.keep(key, s.Value, s.Until)
			c.Hits++
			return true
		}
	}
	c.Misses++
	return false
}

// Put keeps a value until a time.
func (c *Cache) Put(key string, v any, until time.Time) {
	if !time.Now().Before(until) {
		return
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(key, raw, until)
	if c.dir == "" {
		return
	}
	whole, err := json.Marshal(stored{key, until, raw})
	if err != nil {
		return
	}
	if writeFile(c.file(key), whole) == nil { // or it is not kept for the next process
		if c.wrote += int64(len(whole)); c.wrote > c.most/10 {
			c.prune()
		}
	}
}

func (c *Cache) keep(key string, value []byte, until time.Time) {
	if e := c.items[key]; e != nil {
		c.forget(e)
	}
	c.items[key] = c.recent.PushFront(&item{key, until, value})
	for c.size += int64(len(value)); c.size > maxMemory && c.recent.Len() > 1; {
		c.forget(c.recent.Back())
	}
}

func (c *Cache) forget(e *list.Element) {
	it := c.recent.Remove(e).(*item)
	delete(c.items, it.key)
	c.size -= int64(len(it.value))
}

func (c *Cache) file(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(c.dir, hex.EncodeToString(sum[:16])+".json")
}

// prune removes what is oldest where there is too much on disk.
func (c *Cache) prune() {
	c.wrote = 0
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	var infos []fs.FileInfo
	var total int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), ".json") && len(e.Name()) == 37 {
			infos = append(infos, info)
			total += info.Size()
		}
	}
	slices.SortFunc(infos, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range infos {
		if total <= c.most {
			break
		}
		if os.Remove(filepath.Join(c.dir, info.Name())) == nil {
			total -= info.Size()
		}
	}
}

// Counts tells how often something was found, and not.
func (c *Cache) Counts() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Stats
}

// writeFile writes a file whole or not at all.
func writeFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Do finds the value of a key, or makes and keeps it. Of those who ask for the
// same at once, one makes it for all.
func (c *Cache) Do(ctx context.Context, key string, ttl time.Duration, v any, fresh func() (any, error)) error {
	for {
		if c.Get(key, v) {
			return nil
		}
		c.mu.Lock()
		wait := c.making[key]
		if wait == nil {
			break
		}
		c.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
		if c.Get(key, v) {
			return nil
		}
	}
	done := make(chan struct{})
	c.making[key] = done
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.making, key)
		c.mu.Unlock()
		close(done)
	}()
	made, err := fresh()
	if err != nil {
		return err
	}
	c.Put(key, made, time.Now().Add(ttl))
	raw, err := json.Marshal(made)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}
