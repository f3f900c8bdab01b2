package guard

import (
	"errors"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"
)

// dress gives the new file fd what the file that it replaces, or that it is a
// copy of, passes on.
func (d *fdFolder) dress(fd int, name string, p put) error {
	from := p.old
	if from == nil {
		from = p.like
	}
	if from == nil {
		return nil
	}
	mode := from.Mode.Perm()
	if from.Mode&fs.ModeSticky != 0 {
		mode |= unix.S_ISVTX
	}
	mine, err := statAt(fd, "")
	if err != nil {
		return err
	}
	if mine.uid != from.uid || mine.gid != from.gid {
		// The owner takes a privilege; the group may be had without.
		if unix.Fchown(fd, int(from.uid), int(from.gid)) != nil && unix.Fchown(fd, -1, int(from.gid)) != nil {
			// Another group must not get what the old one could do.
			mode = mode&^0o070 | mode&0o007<<3
		}
	}
	if p.old != nil {
		d.copyAttrs(fd, name)
	}
	if err := unix.Fchmod(fd, uint32(mode)); err != nil {
		return err
	}
	if p.like != nil {
		at := unix.NsecToTimespec(from.AccessTime.UnixNano())
		mt := unix.NsecToTimespec(from.ModTime.UnixNano())
		err := unix.UtimesNanoAt(fd, "", []unix.Timespec{at, mt}, unix.AT_EMPTY_PATH)
		if err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EINVAL) {
			return err
		}
	}
	return nil
}

// copyAttrs copies the access list and the extended attributes, as far as they
// can be read and set. Most files have none.
func (d *fdFolder) copyAttrs(fd int, name string) {
	h, _, err := d.openFile(name)
	if err != nil {
		return
	}
	defer h.Close()
	old, ok := h.(*fdFile)
	if !ok {
		return
	}
	list := make([]byte, 4<<10)
	n, err := unix.Flistxattr(old.fd, list)
	if err != nil || n == 0 {
		return
	}
	for attr := range strings.SplitSeq(strings.TrimRight(string(list[:n]), "\x00"), "\x00") {
		if attr == "security.capability" || attr == "security.ima" || attr == "security.evm" {
			continue // these vouch for the old content
		}
		value := make([]byte, 64<<10)
		n, err := unix.Fgetxattr(old.fd, attr, value)
		if err != nil {
			continue
		}
		_ = unix.Fsetxattr(fd, attr, value[:n], 0) // kept when permitted
	}
}
