package mcpcore

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/internal/private"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/internal/seal"
)

const (
	maxKeyFile   = 64 << 10
	maxStateKeys = 16
)

// LoadStateKeys reads the keys that replicas of a server share: one to a line,
// 32 bytes in hexadecimal or base64. # begins a comment. Nobody else on the
// machine may read the file.
func LoadStateKeys(name string) (keys [][]byte, err error) {
	text, err := private.ReadFile(name, maxKeyFile)
	if err != nil {
		return nil, err
	}
	var errs []error
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line, _, _ = bytes.Cut(line, []byte("#"))
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		key := stateKey(string(line))
		switch {
		case key == nil:
			errs = append(errs, fmt.Errorf("%s: line %d is not a key of %d bytes in hexadecimal or base64", name, number, seal.KeySize))
		case bytes.Count(key, key[:1]) == len(key):
			errs = append(errs, fmt.Errorf("%s: line %d is not random", name, number))
		default:
			keys = append(keys, key)
		}
	}
	switch {
	case len(keys) > maxStateKeys:
		errs = append(errs, fmt.Errorf("%s holds more than %d keys", name, maxStateKeys))
	case len(keys) == 0 && len(errs) == 0:
		errs = append(errs, fmt.Errorf("%s holds no key", name))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return keys, nil
}

// stateKey reads a key, or is nil. None of the forms can be taken for another:
// each has a length of its own.
func stateKey(text string) []byte {
	decode := base64.StdEncoding.DecodeString
	switch len(text) {
	case hex.EncodedLen(seal.KeySize):
		decode = hex.DecodeString
	case base64.RawStdEncoding.EncodedLen(seal.KeySize):
		decode = base64.RawStdEncoding.DecodeString
	}
	key, err := decode(text)
	if err != nil || len(key) != seal.KeySize {
		return nil
	}
	return key
}

// rekeyed is implemented by stores that seal what they keep.
type rekeyed interface{ SetStateKeys(keys [][]byte) }

// SetStateKeys has other keys count from now on, as Options.StateKeys says of
// the first ones. What was sealed by a key that is no longer among them is
// refused.
func (s *Server) SetStateKeys(keys [][]byte) {
	e := s.present()
	e.sealer.Replace(keys...)
	e.server.registry.change(func(*view) {}) // pages are kept with cursors of the old keys
	for _, store := range []any{e.Tasks, e.Sessions} {
		if r, ok := store.(rekeyed); ok {
			r.SetStateKeys(keys)
		}
	}
}
