// Package seal makes values that others carry or keep and cannot read, change,
// hold for long or use elsewhere: AES-256-GCM, with an expiry, bound to what
// they were made for.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"
)

// ErrInvalid is the one error of Open: whether a value was forged, is of
// another request or is too old is nobody's business.
var ErrInvalid = errors.New("invalid or expired")

// KeySize is that of a key, in bytes.
const KeySize = 32

// Sealer seals values with one key and opens those that any of its keys has
// sealed.
type Sealer struct{ ring atomic.Pointer[[]key] }

type key struct {
	id   [idSize]byte // stands before what the key has sealed
	aead cipher.AEAD
}

// idSize is enough for keys of one ring not to be taken for each other. Where
// two are, what one of them has sealed does not open, which harms nobody.
const idSize = 4

// New makes a Sealer. A key has 32 bytes, and the first one seals; without any,
// a random key is made, and values live as long as the process.
func New(keys ...[]byte) *Sealer {
	s := &Sealer{}
	s.Replace(keys...)
	return s
}

// Replace has other keys count from now on.
func (s *Sealer) Replace(keys ...[]byte) {
	if len(keys) == 0 {
		random := make([]byte, KeySize)
		rand.Read(random)
		keys = [][]byte{random}
	}
	ring := make([]key, len(keys))
	for i, secret := range keys {
		if len(secret) != KeySize {
			panic("seal: a key has 32 bytes")
		}
		block, err := aes.NewCipher(secret)
		if err != nil {
			panic(err) // only for a key of the wrong size
		}
		if ring[i].aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
			panic(err)
		}
		sum := sha256.Sum256(append([]byte("the name of the key "), secret...))
		copy(ring[i].id[:], sum[:])
	}
	s.ring.Store(&ring)
}

// Seal makes a text that holds data, opens for the same purpose only, and only
// for so long.
func (s *Sealer) Seal(data []byte, purpose string, life time.Duration) string {
	return base64.RawURLEncoding.EncodeToString(s.SealBytes(data, purpose, life))
}

// Open gives back what Seal was given.
func (s *Sealer) Open(value, purpose string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return nil, ErrInvalid
	}
	return s.OpenBytes(sealed, purpose)
}

// SealBytes is Seal for values that need not be text.
func (s *Sealer) SealBytes(data []byte, purpose string, life time.Duration) []byte {
	k := (*s.ring.Load())[0]
	plain := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(data)), uint64(time.Now().Add(life).Unix()))
	plain = append(plain, data...)
	return k.aead.Seal(k.id[:], nil, plain, []byte(purpose))
}

// OpenBytes gives back what SealBytes was given.
func (s *Sealer) OpenBytes(sealed []byte, purpose string) ([]byte, error) {
	if len(sealed) < idSize {
		return nil, ErrInvalid
	}
	for _, k := range *s.ring.Load() {
		if !bytes.Equal(k.id[:], sealed[:idSize]) {
			continue
		}
		plain, err := k.aead.Open(nil, nil, sealed[idSize:], []byte(purpose))
		if err != nil || len(plain) < 8 || time.Now().Unix() > int64(binary.BigEndian.Uint64(plain)) {
			return nil, ErrInvalid
		}
		return plain[8:], nil
	}
	return nil, ErrInvalid
}
