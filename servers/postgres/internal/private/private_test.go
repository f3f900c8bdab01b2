package private_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private"
)

func TestStart(t *testing.T) {
	s, err := private.Start(t.Context(), private.Options{SQL: "CREATE TABLE t (\n\n n int);\n\nINSERT INTO t VALUES (1);\n\n"})
	if errors.Is(err, private.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unix", filepath.Join(s.Dir(), ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	s.Stop()
	if _, err := os.Stat(s.Dir()); !os.IsNotExist(err) {
		t.Errorf("the directory is still there: %v", err)
	}
}

func TestBadSQL(t *testing.T) {
	s, err := private.Start(t.Context(), private.Options{SQL: "SELECT no_such_thing();\n\n"})
	if errors.Is(err, private.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err == nil {
		s.Stop()
		t.Error("a statement that fails is not told")
	}
}
