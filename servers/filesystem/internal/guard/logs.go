package guard

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// realFile is where a file is, by a path without links.
func realFile(file string) (string, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(file))
	return filepath.Join(dir, filepath.Base(file)), err
}

// exposed refuses logs of this process that a caller could change.
func (g *Guard) exposed(logs []string) error {
	var faults []error
	for _, log := range logs {
		real, err := realFile(log)
		if err != nil {
			faults = append(faults, err)
		} else if g.writableAt(real) {
			faults = append(faults, mcpcore.Hint(fmt.Errorf("the log %s is in an allowed directory, where it could be changed", quoted(log)),
				"put it elsewhere, or allow that directory only for reading, with :ro behind its name"))
		}
	}
	return errors.Join(faults...)
}

// logDir is the directory of a log where it holds nothing but that log, what is
// kept beside it and what it was moved to.
func logDir(log string) (dir string, own bool) {
	real, err := realFile(log)
	if err != nil {
		return "", false
	}
	dir, name := filepath.Split(real)
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() || !strings.HasPrefix(e.Name(), name) {
			return "", false
		}
	}
	return dir, err == nil
}
