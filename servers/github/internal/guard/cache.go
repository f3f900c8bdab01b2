package guard

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"io"
	"net/http"
	"sync"
)

// cache keeps answers that have a tag, and asks GitHub whether they still
// hold: an answer that does costs nothing of the rate limit. What one token
// could see is never shown to another.
type cache struct {
	most int // bytes; less than 1: nothing is kept

	mu   sync.Mutex
	size int
	byID map[[32]byte]*list.Element
	last list.List // the one used last is in front
}

type entry struct {
	id     [32]byte
	tag    string
	status int
	header http.Header
	body   []byte
}

const maxEntry = 1 << 20

func newCache(most int) *cache { return &cache{most: most, byID: map[[32]byte]*list.Element{}} }

func (c *cache) roundTrip(req *http.Request, token string, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	if c.most < 1 || req.Method != http.MethodGet {
		return next(req)
	}
	id := sha256.Sum256([]byte(token + "\x00" + req.Header.Get("Accept") + "\x00" + req.URL.String()))
	known := c.get(id)
	if known != nil {
		req.Header.Set("If-None-Match", known.tag)
	}
	resp, err := next(req)
	if err != nil {
		return nil, err
	}
	if known != nil && resp.StatusCode == http.StatusNotModified {
		drop(resp)
		header := known.header.Clone()
		for name, values := range resp.Header {
			if len(name) > 11 && name[:11] == "X-Ratelimit" {
				header[name] = values
			}
		}
		return &http.Response{
			Status: http.StatusText(known.status), StatusCode: known.status, Header: header, Request: req,
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Body: io.NopCloser(bytes.NewReader(known.body)), ContentLength: int64(len(known.body)),
		}, nil
	}
	if tag := resp.Header.Get("ETag"); tag != "" && resp.StatusCode == http.StatusOK && resp.ContentLength <= maxEntry {
		resp.Body = &keeper{ReadCloser: resp.Body, keep: func(data []byte) {
			c.put(&entry{id: id, tag: tag, status: resp.StatusCode, header: resp.Header.Clone(), body: data})
		}}
	}
	return resp, nil
}

func (c *cache) get(id [32]byte) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.byID[id]
	if at == nil {
		return nil
	}
	c.last.MoveToFront(at)
	return at.Value.(*entry)
}

func (c *cache) put(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.byID[e.id]; at != nil {
		c.remove(at)
	}
	c.byID[e.id] = c.last.PushFront(e)
	c.size += len(e.body)
	for c.size > c.most && c.last.Len() > 0 {
		c.remove(c.last.Back())
	}
}

func (c *cache) remove(at *list.Element) {
	e := c.last.Remove(at).(*entry)
	delete(c.byID, e.id)
	c.size -= len(e.body)
}

// keeper hands on a body, and keeps a copy once it was read to its end.
type keeper struct {
	io.ReadCloser
	copy []byte
	over bool
	keep func([]byte)
}

func (k *keeper) Read(p []byte) (int, error) {
	n, err := k.ReadCloser.Read(p)
	if k.over = k.over || len(k.copy)+n > maxEntry; !k.over {
		k.copy = append(k.copy, p[:n]...)
		if err == io.EOF && k.keep != nil {
			k.keep(k.copy)
			k.keep = nil
		}
	}
	return n, err
}
