//go:build unix

package private

import (
	"errors"
	"io/fs"
)

// check refuses a file that others on the machine can read or write.
func check(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return errors.New("it is not a file")
	}
	if info.Mode().Perm()&0o027 != 0 { // its group may read it, as secrets in containers need
		return errors.New("others on this machine can read or write it; chmod 600 keeps it to its owner")
	}
	return nil
}
