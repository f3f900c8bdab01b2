// Package kb keeps collections of documents, and an index of each by which they
// are searched.
package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/document"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/words"
)

// format names how an index is made: a change of it has every index made anew.
const format = "2"

// Options say what a Collection is.
type Options struct {
	Name     string
	Root     *guard.Root
	IndexDir string   // where indexes are; each collection has a directory of its own there
	Exclude  []string // globs of paths that are left out
	MaxFile  int64    // bytes of a file that is read; default 10 MiB
	Watch    bool     // follow changes as they happen
	Rescan   time.Duration
	PDF      document.PDFReader // nil: PDFs are not read
	Log      *slog.Logger
}

// Collection is the documents below a directory.
type Collection struct {
	o      Options
	cancel context.CancelFunc
	done   chan struct{} // closed when nothing runs any more

	mu      sync.RWMutex // held for writing while the store is replaced
	store   *store
	openErr error
	closed  bool

	listMu  sync.RWMutex
	entries map[string]*Entry
	lengths [searched]uint64 // of all documents together

	scanMu    sync.Mutex // held by whoever changes the index
	scan      scanState
	first     chan struct{} // closed when the first scan has ended
	splitters sync.Pool
}

// scanState is how far the scan at work is, and what came of the last.
type scanState struct {
	done, total atomic.Int64
	running     atomic.Bool

	mu      sync.Mutex
	last    time.Time // the end of the last
	took    time.Duration
	faults  []Fault
	err     error
	updates atomic.Int64 // documents indexed since the start
}

// Fault is a file that could not be read.
type Fault struct{ Path, Reason string }

// Open begins to index a collection and returns at once.
func Open(o Options) *Collection {
	if o.MaxFile <= 0 {
		o.MaxFile = 10 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Collection{
		o: o, cancel: cancel, done: make(chan struct{}), first: make(chan struct{}), entries: map[string]*Entry{},
		openErr: errors.New("the index is being opened"),
	}
	c.splitters.New = func() any { return words.New() }
	go c.run(ctx)
	return c
}

// Name is the name of the collection.
func (c *Collection) Name() string { return c.o.Name }

// Dir is the directory of the collection.
func (c *Collection) Dir() string { return c.o.Root.Dir }

// Close ends what runs, and closes the index.
func (c *Collection) Close() error {
	c.cancel()
	<-c.done
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	if c.store != nil {
		err = c.store.close()
	}
	c.store, c.openErr, c.closed = nil, errClosed, true
	return errors.Join(err, c.o.Root.Close())
}

func (c *Collection) splitter() *words.Splitter { return c.splitters.Get().(*words.Splitter) }

var errClosed = errors.New("the collection is closed")

// base is where the indexes of the collection are.
func (c *Collection) base() string {
	sum := sha256.Sum256([]byte(format + "\x00" + c.o.Root.Dir + "\x00" + strings.Join(c.o.Exclude, "\x00") + fmt.Sprint("\x00", c.o.MaxFile)))
	return filepath.Join(c.o.IndexDir, hex.EncodeToString(sum[:10]))
}

// open opens the index and reads what it holds. scanMu is held.
func (c *Collection) open() error {
	s, err := openStore(c.base())
	if err == nil {
		if err = c.adopt(s); err != nil { // damaged, though it opened
			c.o.Log.Warn("an index is made anew", "collection", c.o.Name, "error", err)
			s.close()
			if err = os.RemoveAll(s.dir); err == nil {
				if s, err = openStore(c.base()); err == nil {
					err = c.adopt(s)
				}
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.closed {
		return errors.Join(errClosed, s.close())
	}
	if err != nil {
		c.openErr = fmt.Errorf("index of %s: %w", c.o.Name, err)
		return c.openErr
	}
	c.store, c.openErr = s, nil
	return nil
}

// adopt takes the list of documents from an index.
func (c *Collection) adopt(s *store) error {
	entries := map[string]*Entry{}
	var lengths [searched]uint64
	err := s.load(func(e *Entry) {
		entries[e.Path] = e
		for i, n := range e.lengths {
			lengths[i] += uint64(n)
		}
	})
	if err != nil {
		return err
	}
	c.listMu.Lock()
	defer c.listMu.Unlock()
	c.entries, c.lengths = entries, lengths
	return nil
}

// Entry is what is known of the document at a path, or nil.
func (c *Collection) Entry(path string) *Entry {
	c.listMu.RLock()
	defer c.listMu.RUnlock()
	return c.entries[path]
}

// Entries lists the documents by their paths.
func (c *Collection) Entries() []*Entry {
	c.listMu.RLock()
	out := make([]*Entry, 0, len(c.entries))
	for _, e := range c.entries {
		out = append(out, e)
	}
	c.listMu.RUnlock()
	slices.SortFunc(out, func(a, b *Entry) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// figures are how many documents there are, and how long their fields are.
func (c *Collection) figures() (docs int, mean averages) {
	c.listMu.RLock()
	defer c.listMu.RUnlock()
	docs = len(c.entries)
	for i, n := range c.lengths {
		mean[i] = float32(n) / float32(max(docs, 1))
	}
	return docs, mean
}

// Document reads the document at a path as it is now.
func (c *Collection) Document(ctx context.Context, path string) (*document.Document, guard.File, error) {
	if c.skip(path, false) {
		return nil, guard.File{}, os.ErrNotExist
	}
	data, file, err := c.o.Root.Read(path, c.o.MaxFile)
	if err != nil {
		return nil, guard.File{}, err
	}
	d, err := document.Convert(ctx, path, data, c.o.PDF)
	return d, file, err
}

// read is the text of a document that is a text itself.
func (c *Collection) read(path string) (string, error) {
	data, _, err := c.o.Root.Read(path, c.o.MaxFile)
	if err != nil {
		return "", err
	}
	return document.Decode(data)
}

func headingsAbove(headings []document.Heading, line int) []string {
	return (&document.Document{Headings: headings}).Above(line)
}

// Status is how a collection is.
type Status struct {
	Name, Dir   string
	Documents   int
	Bytes       int64 // of the documents
	IndexBytes  int64
	Kinds       map[document.Kind]int
	Indexing    bool
	Done, Total int64 // files of the scan at work
	LastScan    time.Time
	Took        time.Duration // the last scan
	Faults      []Fault
	Err         error
}

// Status tells how the collection is.
func (c *Collection) Status() Status {
	s := Status{Name: c.o.Name, Dir: c.o.Root.Dir, Kinds: map[document.Kind]int{}, Indexing: c.scan.running.Load(),
		Done: c.scan.done.Load(), Total: c.scan.total.Load()}
	c.listMu.RLock()
	s.Documents = len(c.entries)
	for _, e := range c.entries {
		s.Bytes += e.Size
		s.Kinds[e.Kind]++
	}
	c.listMu.RUnlock()
	c.scan.mu.Lock()
	s.LastScan, s.Took, s.Faults, s.Err = c.scan.last, c.scan.took, slices.Clone(c.scan.faults), c.scan.err
	c.scan.mu.Unlock()
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.store != nil {
		s.IndexBytes = c.store.size()
		s.Err = errors.Join(s.Err, c.store.err())
	} else {
		s.Err = errors.Join(s.Err, c.openErr)
	}
	return s
}

// Ready waits for the first scan to end, and tells progress meanwhile how many
// files of how many are done.
func (c *Collection) Ready(ctx context.Context, progress func(done, total int64)) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-c.first:
			return nil
		case <-c.done:
			return errClosed
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			progress(c.scan.done.Load(), c.scan.total.Load())
		}
	}
}

// Updates is how many documents were indexed since the collection was opened.
func (c *Collection) Updates() int64 { return c.scan.updates.Load() }
