package guard

import (
	"io/fs"
	"syscall"
	"time"
)

// fillSys adds what only the system's own record holds.
func fillSys(i *Info, fi fs.FileInfo) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	i.Dev, i.Ino, i.Links = uint64(st.Dev), st.Ino, uint64(st.Nlink)
	i.uid, i.gid = st.Uid, st.Gid
	i.AccessTime = time.Unix(st.Atimespec.Unix())
	i.BirthTime = time.Unix(st.Birthtimespec.Unix())
	i.ctime = time.Unix(st.Ctimespec.Unix())
}
