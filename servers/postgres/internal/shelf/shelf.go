// Package shelf keeps what was exported, for some time, out of memory: in files
// that nobody else can open, and each for whoever had it made.
package shelf

import (
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"sync"
	"time"
)

// Shelf keeps exports.
type Shelf struct {
	life  time.Duration
	bytes int64

	mu    sync.Mutex
	used  int64
	items map[string]*Item
	shut  bool
}

// mostItems bounds the exports that are kept of one owner.
const mostItems = 32

var (
	// ErrFull is that there is no room for more.
	ErrFull = errors.New("there is no room for more exports")
	// ErrNone is that there is no such thing, or not for this reader.
	ErrNone = errors.New("there is no such export, or it was let go")
)

// New makes a Shelf that keeps exports for so long, and as many as take so many
// bytes.
func New(life time.Duration, bytes int64) *Shelf {
	return &Shelf{life: life, bytes: bytes, items: map[string]*Item{}}
}

// Item is one export. It is written by one goroutine, and then kept or dropped.
type Item struct {
	shelf *Shelf
	owner string
	kind  string
	id    string
	parts []part
	made  time.Time
	timer *time.Timer
}

type part struct {
	file  *os.File
	size  int64
	named bool // it could not be removed while it is open
}

// Begin begins an export of some kind for an owner.
func (s *Shelf) Begin(owner, kind string) *Item {
	return &Item{shelf: s, owner: owner, kind: kind, id: rand.Text(), made: time.Now()}
}

// Add writes a part. Where there is no room, the oldest exports of the same owner
// go first.
func (i *Item) Add(content []byte) error {
	if err := i.shelf.reserve(i.owner, int64(len(content))); err != nil {
		return err
	}
	p := part{size: int64(len(content))}
	var err error
	if p.file, err = os.CreateTemp("", "mcp-export-*"); err == nil { // for its owner's eyes alone
		p.named = os.Remove(p.file.Name()) != nil // or it is gone with this process, whatever becomes of that
		_, err = p.file.Write(content)
	}
	i.parts = append(i.parts, p)
	return err
}

// Parts is how many there are.
func (i *Item) Parts() int { return len(i.parts) }

// Sizes are those of the parts, in bytes.
func (i *Item) Sizes() []int64 {
	sizes := make([]int64, len(i.parts))
	for n, p := range i.parts {
		sizes[n] = p.size
	}
	return sizes
}

// Keep keeps the export, under the name that it returns.
func (i *Item) Keep() (id string, err error) {
	s := i.shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut {
		i.free()
		return "", ErrFull
	}
	if own := s.of(i.owner); len(own) >= mostItems {
		s.drop(own[0])
	}
	s.items[i.id] = i
	i.timer = time.AfterFunc(s.life, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.drop(i)
	})
	return i.id, nil
}

// Drop lets go an export that was not kept.
func (i *Item) Drop() {
	i.shelf.mu.Lock()
	defer i.shelf.mu.Unlock()
	i.free()
}

// Read gives back a part, from 0, of an export of this owner, and its kind.
func (s *Shelf) Read(owner, id string, n int) (content []byte, kind string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock() // it is not let go meanwhile
	i := s.items[id]
	if i == nil || i.owner != owner || n < 0 || n >= len(i.parts) {
		return nil, "", ErrNone
	}
	content = make([]byte, i.parts[n].size)
	_, err = i.parts[n].file.ReadAt(content, 0)
	return content, i.kind, err
}

// Close lets all go.
func (s *Shelf) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = true
	for _, i := range s.items {
		s.drop(i)
	}
	return nil
}

// reserve makes room.
func (s *Shelf) reserve(owner string, size int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.of(owner)
	for s.used+size > s.bytes && len(own) > 0 {
		s.drop(own[0])
		own = own[1:]
	}
	if s.shut || s.used+size > s.bytes {
		return ErrFull
	}
	s.used += size
	return nil
}

// of are an owner's exports that are kept, the oldest first; the lock is held.
func (s *Shelf) of(owner string) []*Item {
	var own []*Item
	for _, i := range s.items {
		if i.owner == owner {
			own = append(own, i)
		}
	}
	slices.SortFunc(own, func(a, b *Item) int { return a.made.Compare(b.made) })
	return own
}

// drop lets go an export that is kept, if it still is; the lock is held.
func (s *Shelf) drop(i *Item) {
	if s.items[i.id] != i {
		return
	}
	delete(s.items, i.id)
	i.timer.Stop()
	i.free()
}

// free removes the files; the lock is held.
func (i *Item) free() {
	for _, p := range i.parts {
		i.shelf.used -= p.size
		if p.file != nil {
			_ = p.file.Close() // nobody needs what is in it
		}
		if p.named {
			_ = os.Remove(p.file.Name())
		}
	}
	i.parts = nil
}
