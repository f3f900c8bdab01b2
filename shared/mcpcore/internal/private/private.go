// Package private reads files that hold secrets, and only those that are kept
// like such.
package private

import (
	"fmt"
	"io"
	"os"
)

// ReadFile reads a file of at most so many bytes. It refuses one that others
// on the machine can read or write.
func ReadFile(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := check(info); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	raw, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > most {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, most)
	}
	return raw, nil
}
