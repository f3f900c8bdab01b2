//go:build !linux && !darwin && !windows

package guard

import "io/fs"

// fillSys has nothing to add here.
func fillSys(*Info, fs.FileInfo) {}
