package kb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	bolt "go.etcd.io/bbolt/errors"
)

// maxSlots bounds the processes that have an index of one collection at once.
const maxSlots = 16

// store is an index on disk, of one process: its directory is locked. Others
// that serve the same documents have one of their own beside it.
type store struct {
	dir   string
	index *scorch.Scorch
	queue *index.AnalysisQueue

	mu      sync.Mutex
	bad     error         // of what the index does in the background
	pending int           // batches that are not on disk yet
	written chan struct{} // closed when there are none
}

// errBusy says that another process has the store.
var errBusy = errors.New("another process has it")

// openStore opens the first store below a directory that no other process has.
// A store that cannot be read is made anew: all that it holds can be read again
// from the documents.
func openStore(base string) (*store, error) {
	if err := os.MkdirAll(base, 0o700); err != nil {
		return nil, err
	}
	for slot := range maxSlots {
		dir := filepath.Join(base, strconv.Itoa(slot))
		s, err := openSlot(dir)
		if err != nil && !errors.Is(err, errBusy) && !errors.Is(err, fs.ErrPermission) {
			if err := os.RemoveAll(dir); err != nil {
				return nil, err
			}
			s, err = openSlot(dir)
		}
		if !errors.Is(err, errBusy) {
			return s, err
		}
	}
	return nil, fmt.Errorf("%d other processes have an index of the same directory", maxSlots)
}

func openSlot(dir string) (*store, error) {
	register()
	s := &store{dir: dir, queue: index.NewAnalysisQueue(1)}
	ix, err := scorch.NewScorch("scorch", map[string]any{
		"path":                   dir,
		"unsafe_batch":           true, // a batch that is lost in a crash is indexed again: see load
		"bolt_timeout":           "50ms",
		"asyncErrorCallbackName": callback,
		"scorchPersisterOptions": map[string]any{"PersisterNapTimeMSec": 50},
	}, s.queue)
	if err == nil {
		s.index = ix.(*scorch.Scorch)
		stores.Store(dir, s)
		if err = safely(s.index.Open); err == nil {
			return s, nil
		}
		stores.Delete(dir)
	}
	s.queue.Close()
	if errors.Is(err, bolt.ErrTimeout) {
		return nil, errBusy
	}
	if s.index != nil {
		_ = safely(s.index.Close) // gives up the lock, if it has it still
	}
	return nil, err
}

// safely calls what may panic over a file that is damaged.
func safely(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged index: %v", p)
		}
	}()
	return fn()
}

// What an index does in the background reports errors to a function that is
// known by its name.
const callback = "mcp-search"

var (
	register = sync.OnceFunc(func() {
		scorch.RegistryAsyncErrorCallbacks[callback] = func(err error, dir string) {
			if s, ok := stores.Load(dir); ok {
				s.(*store).fail(err)
			}
		}
	})
	stores sync.Map // by directory
)

func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad == nil {
		s.bad = err
	}
}

func (s *store) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bad
}

// maxFlush is how long is waited for the disk when an index is closed. What is
// not on it then is indexed again by the next process.
const maxFlush = 5 * time.Second

// wrote notes that a batch is on disk.
func (s *store) wrote(error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending--; s.pending == 0 {
		close(s.written)
	}
}

// flush waits until all is on disk, or something is wrong with that.
func (s *store) flush() {
	s.mu.Lock()
	written, wait := s.written, s.pending > 0 && s.bad == nil
	s.mu.Unlock()
	if !wait {
		return
	}
	timer := time.NewTimer(maxFlush)
	defer timer.Stop()
	select {
	case <-written:
	case <-timer.C:
	}
}

// close writes what is not written yet.
func (s *store) close() error {
	s.flush()
	err := s.index.Close()
	stores.Delete(s.dir)
	s.queue.Close()
	return err
}

// apply changes the index: all of it or, after a crash, none.
func (s *store) apply(put []*prepared, gone []string) error {
	batch := index.NewBatch()
	for _, p := range put {
		doc := document.NewDocument(p.entry.Path)
		for i := range p.fields {
			doc.AddField(&p.fields[i])
		}
		batch.Update(doc)
	}
	for _, path := range gone {
		batch.Delete(path)
	}
	s.mu.Lock()
	if s.pending++; s.pending == 1 {
		s.written = make(chan struct{})
	}
	s.mu.Unlock()
	batch.SetPersistedCallback(s.wrote)
	err := s.index.Batch(batch)
	if err != nil {
		s.wrote(err)
	}
	return err
}

// load tells of every document in the index. It is the only list of what was
// indexed, so the list and the index cannot differ.
func (s *store) load(fn func(*Entry)) (err error) {
	r, err := s.reader()
	if err != nil {
		return err
	}
	defer r.Close()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged index: %v", p)
		}
	}()
	for _, segment := range r.Segments() {
		deleted := segment.Deleted()
		for n := range uint64(segment.FullSize()) {
			if deleted != nil && deleted.Contains(uint32(n)) {
				continue
			}
			path, err := segment.DocID(n)
			if err != nil {
				return err
			}
			raw, err := stored(segment, n, metaField)
			if err != nil {
				return err
			}
			e, err := decodeEntry(string(path), raw)
			if err != nil {
				return err
			}
			e.headings = nil // they are read when they are wanted
			fn(e)
		}
	}
	return nil
}

func (s *store) reader() (*scorch.IndexSnapshot, error) {
	r, err := s.index.Reader()
	if err != nil {
		return nil, err
	}
	return r.(*scorch.IndexSnapshot), nil
}

// stored reads a stored field of a document.
func stored(segment *scorch.SegmentSnapshot, n uint64, field string) ([]byte, error) {
	var out []byte
	err := segment.VisitDocument(n, func(name string, _ byte, value []byte, _ []uint64) bool {
		if name != field {
			return true
		}
		out = append([]byte{}, value...)
		return false
	})
	return out, err
}

// size is how many bytes the index takes on disk.
func (s *store) size() int64 {
	var total int64
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			total += info.Size()
		}
	}
	return total
}
