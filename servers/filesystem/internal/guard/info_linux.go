package guard

import (
	"io/fs"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const statMask = unix.STATX_BASIC_STATS | unix.STATX_BTIME

// statAt reads what is at name in the directory fd, or about fd itself when
// name is empty. Links are never followed.
func statAt(fd int, name string) (Info, error) {
	var st unix.Statx_t
	flags := unix.AT_SYMLINK_NOFOLLOW | unix.AT_STATX_SYNC_AS_STAT
	if name == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	err := retry(func() error { return unix.Statx(fd, name, flags, statMask, &st) })
	if err != nil {
		return Info{}, err
	}
	i := Info{
		Name:       name,
		Size:       int64(st.Size),
		ModTime:    statTime(st.Mtime),
		AccessTime: statTime(st.Atime),
		Dev:        unix.Mkdev(st.Dev_major, st.Dev_minor),
		Ino:        st.Ino,
		Links:      uint64(st.Nlink),
		uid:        st.Uid,
		gid:        st.Gid,
		ctime:      statTime(st.Ctime),
	}
	if st.Mask&unix.STATX_BTIME != 0 {
		i.BirthTime = statTime(st.Btime)
	}
	i.setMode(fileMode(st.Mode))
	return i, nil
}

func statTime(t unix.StatxTimestamp) time.Time { return time.Unix(t.Sec, int64(t.Nsec)) }

func fileMode(m uint16) fs.FileMode {
	mode := fs.FileMode(m & 0o777)
	switch m & unix.S_IFMT {
	case unix.S_IFDIR:
		mode |= fs.ModeDir
	case unix.S_IFLNK:
		mode |= fs.ModeSymlink
	case unix.S_IFBLK:
		mode |= fs.ModeDevice
	case unix.S_IFCHR:
		mode |= fs.ModeDevice | fs.ModeCharDevice
	case unix.S_IFIFO:
		mode |= fs.ModeNamedPipe
	case unix.S_IFSOCK:
		mode |= fs.ModeSocket
	}
	if m&unix.S_ISUID != 0 {
		mode |= fs.ModeSetuid
	}
	if m&unix.S_ISGID != 0 {
		mode |= fs.ModeSetgid
	}
	if m&unix.S_ISVTX != 0 {
		mode |= fs.ModeSticky
	}
	return mode
}

// fillSys adds what only the system's own record holds.
func fillSys(i *Info, fi fs.FileInfo) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	i.Dev, i.Ino, i.Links = st.Dev, st.Ino, uint64(st.Nlink)
	i.uid, i.gid = st.Uid, st.Gid
	i.AccessTime = time.Unix(st.Atim.Unix())
	i.ctime = time.Unix(st.Ctim.Unix())
}
