//go:build !linux && !darwin

package npm

import (
	"errors"
	"os"
)

// Lock takes an advisory lock, which closing the file gives back.
func Lock(*os.File) error { return errors.ErrUnsupported }
