package httpd

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Certificate is a pair of files that is read again when one of them changes.
// A pair that is no good is told to the operator, and the old one stays.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	written [2]time.Time // of the files, when they were last read
}

// LoadCertificate reads a certificate and its key.
func LoadCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	_, err := c.get(nil)
	return c, err
}

func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var written [2]time.Time
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			written[i] = info.ModTime()
		}
	}
	if c.pair != nil && written == c.written {
		return c.pair, nil
	}
	c.written = written
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	switch {
	case err == nil:
		c.pair = &pair
	case c.pair == nil:
		return nil, fmt.Errorf("certificate %s: %w", c.certFile, err)
	default:
		c.log.Error("the new certificate is no good, the old one stays", "file", c.certFile, "error", err)
	}
	return c.pair, nil
}
