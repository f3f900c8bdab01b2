package guard

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"time"
)

// updatePatience bounds an Update whose context has no end of its own: it is
// for waiting for others, and for starting again when they were faster.
const updatePatience = 30 * time.Second

// Update reads the regular file at path, asks fn for its new content and
// writes that as [Guard.WriteFile] does. Of several updates of one file none
// is lost, whether they come from this process or from others: they take turns
// by an advisory lock (flock) on the file, and just before the replacement the
// file is compared with what was read (identity, size and times). When a
// program that does not take the lock was faster, all begins again with the
// fresh content, so fn can be called more than once.
//
// When fn returns an error or the same bytes, nothing is written. fn must not
// change old. Files above Options.MaxUpdate are refused with ErrTooLarge.
func (g *Guard) Update(ctx context.Context, path string, fn func(old []byte, info Info) ([]byte, error)) (Info, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, updatePatience, ErrBusy)
	defer cancel()
	for {
		info, err := g.updateOnce(ctx, path, fn)
		if !errors.Is(err, errChanged) {
			return info, err
		}
		if err := context.Cause(ctx); err != nil {
			return Info{}, explainWait(path, err)
		}
	}
}

func (g *Guard) updateOnce(ctx context.Context, path string, fn func([]byte, Info) ([]byte, error)) (Info, error) {
	s, err := g.spot(path, true)
	if err != nil {
		return Info{}, err
	}
	defer s.close()
	if !s.exists {
		return Info{}, explain(path, fs.ErrNotExist)
	}
	unlock, err := g.shared.locks.lock(ctx, s.key())
	if err != nil {
		return Info{}, explainWait(path, err)
	}
	defer unlock()
	h, err := lockEntry(ctx, s)
	if err != nil {
		return Info{}, explainWait(path, err)
	}
	defer h.Close()
	old, err := readAll(h, path, s.info.Size, g.shared.maxUpdate)
	if err != nil {
		return Info{}, explain(path, err)
	}
	info := s.info
	info.named(s.path)
	fresh, err := fn(old, info)
	if err != nil {
		return Info{}, err
	}
	if bytes.Equal(old, fresh) {
		return info, nil
	}
	if err := ctx.Err(); err != nil {
		return Info{}, explainWait(path, context.Cause(ctx))
	}
	if !hasLocks {
		_ = h.Close() // nothing was written
	}
	info, err = g.put(s, put{old: &s.info, fill: func(w io.Writer) error {
		_, err := w.Write(fresh)
		return err
	}})
	return info, explain(path, err)
}

// explainWait leaves the caller's own cancellation as it is.
func explainWait(path string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return explain(path, err)
}
