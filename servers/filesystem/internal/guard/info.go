package guard

import (
	"io/fs"
	"time"
)

// Info describes a file, a directory or a link.
type Info struct {
	// Path is absolute, as the caller reached it: below the operator's spelling
	// of the allowed directory, with links as they were named.
	Path string
	Name string
	// Size is zero for links: it would tell how long the target's path is.
	Size int64
	Mode fs.FileMode
	// Times are zero when the file system does not tell.
	ModTime, AccessTime, BirthTime time.Time

	Dev, Ino, Links uint64 // zero where the system has none

	IsDir, IsRegular, IsLink bool

	uid, gid uint32
	ctime    time.Time
}

// setMode fills what follows from the mode.
func (i *Info) setMode(m fs.FileMode) {
	i.Mode = m
	i.IsDir = m.IsDir()
	i.IsRegular = m.IsRegular()
	i.IsLink = m&fs.ModeSymlink != 0
	if i.IsLink {
		i.Size = 0
	}
}

// named puts the absolute path under which the caller knows the thing.
func (i *Info) named(path string) {
	i.Path = path
	_, i.Name = dirBase(path)
	if i.Name == "" { // the root of the file system
		i.Name = path
	}
}

// same reports whether a and b are the same, unchanged file.
func same(a, b Info) bool {
	return a.Dev == b.Dev && a.Ino == b.Ino && a.Size == b.Size && a.Mode.Type() == b.Mode.Type() &&
		a.ModTime.Equal(b.ModTime) && a.ctime.Equal(b.ctime)
}

// fsInfo converts what the os package tells.
func fsInfo(fi fs.FileInfo) Info {
	i := Info{Name: fi.Name(), Size: fi.Size(), ModTime: fi.ModTime()}
	i.setMode(fi.Mode())
	fillSys(&i, fi)
	return i
}
