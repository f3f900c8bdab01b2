package guard

import (
	"io/fs"
	"syscall"
	"time"
)

// fillSys adds what only the system's own record holds. Windows gives no
// identity without another handle, so Dev and Ino stay zero.
func fillSys(i *Info, fi fs.FileInfo) {
	d, ok := fi.Sys().(*syscall.Win32FileAttributeData)
	if !ok {
		return
	}
	i.AccessTime = time.Unix(0, d.LastAccessTime.Nanoseconds())
	i.BirthTime = time.Unix(0, d.CreationTime.Nanoseconds())
}
