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
			{"other key", seal.New(), value, "purpose", false},
			{"rotated", seal.New(bytes.Repeat([]byte{2}, 32), key), value, "purpose", true},
			{"retired", seal.New(bytes.Repeat([]byte{2}, 32)), value, "purpose", false},
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

// Who serves while the keys change goes on with those that were there, or has
// the new ones.
func TestReplace(t *testing.T) {
	old, fresh := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	s := seal.New(old)
	before := s.Seal([]byte("before"), "p", time.Hour)
	s.Replace(fresh, old)
	if data, err := s.Open(before, "p"); err != nil || string(data) != "before" {
		t.Errorf("got %q, %v", data, err)
	}
	after := s.Seal([]byte("after"), "p", time.Hour)
	if _, err := seal.New(old).Open(after, "p"); err == nil {
		t.Error("the old key still seals")
	}
	s.Replace(fresh)
	if _, err := s.Open(before, "p"); err == nil {
		t.Error("a key that was taken away still opens")
	}
	if data, err := s.Open(after, "p"); err != nil || string(data) != "after" {
		t.Errorf("got %q, %v", data, err)
	}
}
