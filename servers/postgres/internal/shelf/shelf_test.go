package shelf_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/shelf"
)

func kept(t *testing.T, s *shelf.Shelf, owner string, parts ...string) string {
	t.Helper()
	i := s.Begin(owner, "csv")
	for _, p := range parts {
		if err := i.Add([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	id, err := i.Keep()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Exports are their owner's, for some time, and as many as there is room for.
func TestShelf(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		s := shelf.New(time.Minute, 100)
		read := func(owner, id string, part int, want string) {
			t.Helper()
			got, kind, err := s.Read(owner, id, part)
			if want == "" && !errors.Is(err, shelf.ErrNone) || want != "" && (err != nil || string(got) != want || kind != "csv") {
				t.Errorf("%s part %d: got %q, %v, want %q", owner, part, got, err, want)
			}
		}
		id := kept(t, s, "ada", "first part", "second")
		read("ada", id, 0, "first part")
		read("ada", id, 1, "second")
		read("ada", id, 1, "second") // as often as one likes
		for part, owner := range map[int]string{2: "ada", -1: "ada", 0: "bob", 1: ""} {
			read(owner, id, part, "")
		}
		read("ada", id+"x", 0, "")
		read("ada", "", 0, "")

		// of those who need more room the oldest go, and nobody else's
		other := kept(t, s, "bob", string(make([]byte, 40)))
		kept(t, s, "ada", string(make([]byte, 50)))
		read("ada", id, 0, "")
		read("bob", other, 0, string(make([]byte, 40)))
		if err := s.Begin("eve", "csv").Add(make([]byte, 20)); !errors.Is(err, shelf.ErrFull) {
			t.Errorf("got %v", err)
		}

		// what is not kept takes no room
		i := s.Begin("bob", "csv")
		if err := i.Add(make([]byte, 5)); err != nil {
			t.Error(err)
		}
		i.Drop()
		last := kept(t, s, "eve", string(make([]byte, 10)))
		<-time.After(61 * time.Second)
		read("eve", last, 0, "")
		read("bob", other, 0, "")
		last = kept(t, s, "eve", string(make([]byte, 100)))
		s.Close()
		read("eve", last, 0, "")
		if err := s.Begin("eve", "csv").Add([]byte("x")); !errors.Is(err, shelf.ErrFull) {
			t.Errorf("got %v", err)
		}
	})
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
