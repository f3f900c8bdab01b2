package guard

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"
)

// WriteOptions says how a file is written.
type WriteOptions struct {
	// NoReplace refuses with ErrExists when something is there, a dangling
	// link included.
	NoReplace bool
	// Mode is that of a new file, before the umask; zero means 0666. A file
	// that is replaced passes on its own.
	Mode fs.FileMode
}

// lockPatience is how long a write waits for another program's lock.
const lockPatience = 5 * time.Second

// WriteFile writes data to path as a whole: whoever opens the file sees the
// old content or the new, also when the process is killed or the disk is full.
// Through a link that stays inside, the target is written; a link that leads
// to nothing is refused. A replaced file passes on its mode, its owner where
// permitted, its access list and user attributes, but not its set-id bits; it
// is a new file, so its other hard links keep the old content.
//
// On Linux a new file has no name until it is complete. To replace a file, the
// complete one has to be given a temporary name and is renamed at once: a
// process killed between those two calls leaves that name, and the next write
// to the directory removes it. File systems without O_TMPFILE and other
// systems use the temporary name from the start.
func (g *Guard) WriteFile(path string, data []byte, o WriteOptions) (Info, error) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), lockPatience, ErrBusy)
	defer cancel()
	for range maxRetries {
		info, err := g.writeOnce(ctx, path, data, o)
		if !errors.Is(err, errChanged) {
			return info, err
		}
	}
	return Info{}, explain(path, ErrBusy)
}

func (g *Guard) writeOnce(ctx context.Context, path string, data []byte, o WriteOptions) (Info, error) {
	s, err := g.spot(path, !o.NoReplace)
	if err != nil {
		return Info{}, err
	}
	defer s.close()
	if namesDir(path) {
		return Info{}, faultf(ErrIsDirectory, "%s names a directory, not a file", quoted(path))
	}
	unlock, err := g.shared.locks.lock(ctx, s.key())
	if err != nil {
		return Info{}, explain(path, err)
	}
	defer unlock()
	p := put{
		fill: func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		},
		mode: o.Mode.Perm(),
	}
	if p.mode == 0 {
		p.mode = 0o666
	}
	s.info, err = s.dir.lstat(s.name) // another may have had the lock
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return Info{}, explain(path, err)
	case o.NoReplace:
		return Info{}, explain(path, ErrExists)
	case s.info.IsLink:
		return Info{}, errChanged
	case s.info.IsDir:
		return Info{}, explain(path, ErrIsDirectory)
	case !s.info.IsRegular:
		return Info{}, explain(path, ErrNotRegular)
	default:
		h, err := lockEntry(ctx, s)
		if err != nil {
			return Info{}, explain(path, err)
		}
		if hasLocks {
			defer h.Close()
		} else {
			_ = h.Close() // nothing was written
		}
		p.old = &s.info
	}
	info, err := g.put(s, p)
	if p.old == nil && !o.NoReplace && errors.Is(err, ErrExists) {
		return Info{}, errChanged
	}
	return info, explain(path, err)
}

func (g *Guard) put(s *spot, p put) (Info, error) {
	p.sync = g.shared.sync
	p.publish = &g.shared.publish
	info, err := s.dir.put(s.name, p)
	if err != nil {
		return Info{}, err
	}
	info.named(s.path)
	return info, nil
}

// lockEntry opens the file at s and takes the advisory lock (flock) on it that
// all processes of this kind honour. It makes sure that the locked file is
// still the one that has the name, and refreshes s.info. A file that may not
// be read is not locked.
func lockEntry(ctx context.Context, s *spot) (handle, error) {
	for {
		h, opened, err := s.dir.openFile(s.name)
		switch {
		case errors.Is(err, fs.ErrPermission):
			return noHandle{}, nil
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, errSwapped):
			return nil, errChanged
		case err != nil:
			return nil, err
		}
		if err := waitLock(ctx, h); err != nil {
			_ = h.Close() // nothing was written
			return nil, err
		}
		now, err := s.dir.lstat(s.name)
		if err == nil && now.IsRegular && now.Dev == opened.Dev && now.Ino == opened.Ino {
			s.info = now
			return h, nil
		}
		_ = h.Close() // replaced while we waited: take the new one
		if err != nil || !now.IsRegular {
			return nil, errChanged
		}
	}
}

// noHandle stands for a file that could not be opened to lock it.
type noHandle struct{}

func (noHandle) Read([]byte) (int, error)          { return 0, fs.ErrPermission }
func (noHandle) ReadAt([]byte, int64) (int, error) { return 0, fs.ErrPermission }
func (noHandle) Seek(int64, int) (int64, error)    { return 0, fs.ErrPermission }
func (noHandle) Close() error                      { return nil }
