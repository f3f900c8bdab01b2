//go:build !unix

package auth

import (
	"errors"
	"io/fs"
)

// private refuses what is no file. Who may read it is not told by its mode
// here.
func private(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return errors.New("it is not a file")
	}
	return nil
}
