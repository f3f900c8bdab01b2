// Command modproxy writes a module proxy of this tree into a directory, so
// that "go install module@version" can be tried before anything is published:
// point GOPROXY at file://DIR.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/module"

	"github.com/mcp-toolbelt/toolbelt/scripts/internal/tree"
)

func main() {
	out := flag.String("out", "", "directory to write (required)")
	version := flag.String("version", "", "version of all modules (default: the one in go.work)")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := write(*out, *version); err != nil {
		fmt.Fprintln(os.Stderr, "modproxy:", err)
		os.Exit(1)
	}
}

func write(out, version string) error {
	t, err := tree.Open()
	if err != nil {
		return err
	}
	if version == "" {
		version = t.Version
	}
	for _, m := range t.Modules {
		if err := publish(t, m, version, out); err != nil {
			return fmt.Errorf("%s: %w", m.Path, err)
		}
	}
	return nil
}

// publish writes the four files that the go command asks a proxy for.
func publish(t *tree.Tree, m tree.Module, version, out string) error {
	if err := module.Check(m.Path, version); err != nil {
		return err
	}
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return err
	}
	dir := filepath.Join(out, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	mod, err := t.At(m, version)
	if err != nil {
		return err
	}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, time.Unix(0, 0).UTC()})
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"list":            []byte(version + "\n"),
		version + ".info": info,
		version + ".mod":  mod,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	zip, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		return err
	}
	defer zip.Close()
	if err := t.Zip(zip, m, version); err != nil {
		return err
	}
	return zip.Close()
}
