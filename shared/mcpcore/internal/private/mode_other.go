//go:build !unix

package private

import (
	"errors"
	"io/fs"
)

// check refuses what is no file. Who may read it is not told by its mode
// here.
func check(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return errors.New("it is not a file")
	}
	return nil
}
