package seal_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/internal/seal"
)

func TestSeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := bytes.Repeat([]byte{1}, 32)
		s := seal.New(key)
		value := s.Seal([]byte("data"), "purpose", time.Minute)
		for _, test := range []struct {
			name           string
			by             *seal.Sealer
			value, purpose string
			ok             bool
		}{
			{"same", s, value, "purpose", true},
			{"same key", seal.New(key), value, "purpose", true},
			{"other purpose", s, value, "other", false},
			{"other key", seal.New(nil), value, "purpose", false},
			{"short key", seal.New(key[:16]), value, "purpose", false},
			{"cut", s, value[:len(value)-2], "purpose", false},
			{"longer", s, value + "AA", "purpose", false},
			{"empty", s, "", "purpose", false},
			{"no base64", s, "%%%", "purpose", false},
		} {
			got, err := test.by.Open(test.value, test.purpose)
			if ok := err == nil; ok != test.ok || (ok && string(got) != "data") {
				t.Errorf("%s: got %q, %v", test.name, got, err)
			}
		}
		if again := s.Seal([]byte("data"), "purpose", time.Minute); again == value {
			t.Error("two seals are the same")
		}
		<-time.After(time.Minute)
		if _, err := s.Open(value, "purpose"); err != nil {
			t.Errorf("in time: %v", err)
		}
		<-time.After(2 * time.Second)
		if _, err := s.Open(value, "purpose"); err == nil {
			t.Error("too late: got no error")
		}
	})
}

// Nothing but what was sealed opens.
func FuzzOpen(f *testing.F) {
	s := seal.New(bytes.Repeat([]byte{1}, 32))
	other := seal.New(bytes.Repeat([]byte{2}, 32))
	f.Add("", "p")
	f.Add("AAAA", "p")
	f.Add(other.Seal([]byte("data"), "p", time.Hour), "p")
	f.Add(s.Seal(nil, "p", -time.Hour), "p")
	f.Fuzz(func(t *testing.T, value, purpose string) {
		if data, err := s.Open(value, purpose); err == nil {
			t.Errorf("%q opens to %q", value, data)
		}
		sealed := s.Seal([]byte(value), purpose, time.Hour)
		if data, err := s.Open(sealed, purpose); err != nil || string(data) != value {
			t.Errorf("got %q, %v, want %q", data, err, value)
		}
	})
}
