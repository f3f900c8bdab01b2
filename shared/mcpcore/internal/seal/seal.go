// Package seal makes values that a client carries and cannot read, change,
// keep for long or use elsewhere: AES-256-GCM, with an expiry, bound to what
// they were made for.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// ErrInvalid is the one error of Open: whether a value was forged, is of
// another request or is too old is nobody's business.
var ErrInvalid = errors.New("invalid or expired")

// Sealer seals and opens values with one key.
type Sealer struct{ aead cipher.AEAD }

// New makes a Sealer. A key has 32 bytes; without one, a random key is made,
// and values live as long as the process.
func New(key []byte) *Sealer {
	if len(key) != 32 {
		key = make([]byte, 32)
		rand.Read(key)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for a key of the wrong size
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return &Sealer{aead}
}

// Seal makes a value that holds data, opens for the same purpose only, and
// only for so long.
func (s *Sealer) Seal(data []byte, purpose string, life time.Duration) string {
	plain := binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(life).Unix()))
	plain = append(plain, data...)
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, []byte(purpose)))
}

// Open gives back what Seal was given.
func (s *Sealer) Open(value, purpose string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return nil, ErrInvalid
	}
	plain, err := s.aead.Open(nil, nil, sealed, []byte(purpose))
	if err != nil || len(plain) < 8 {
		return nil, ErrInvalid
	}
	if time.Now().Unix() > int64(binary.BigEndian.Uint64(plain)) {
		return nil, ErrInvalid
	}
	return plain[8:], nil
}
