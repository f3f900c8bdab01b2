package guard

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Refusals and faults that a caller can tell apart with [errors.Is]. Missing
// things are [fs.ErrNotExist], and what the operating system forbids is
// [fs.ErrPermission].
var (
	ErrOutside      = errors.New("outside the allowed directories")
	ErrReadOnly     = errors.New("read-only")
	ErrInvalid      = errors.New("invalid path")
	ErrNotRegular   = errors.New("not a regular file")
	ErrIsDirectory  = errors.New("is a directory")
	ErrNotDirectory = errors.New("not a directory")
	ErrExists       = errors.New("already exists")
	ErrLink         = errors.New("symbolic link refused")
	ErrDangling     = errors.New("link to nothing")
	ErrTooManyLinks = errors.New("too many links")
	ErrTooLarge     = errors.New("too large")
	ErrTooMany      = errors.New("too many entries")
	ErrNoSpace      = errors.New("no space left")
	ErrCrossDevice  = errors.New("on another file system")
	ErrRoot         = errors.New("an allowed directory itself")
	ErrBusy         = errors.New("locked or changing")
)

// errSwapped is internal: a link was met where none was expected, so the path
// has to be resolved again.
var errSwapped = errors.New("guard: link met")

// fault is an error in words for the model. What it wraps is for errors.Is
// only and never printed, so no path but the asked one gets out.
type fault struct {
	text string
	is   []error
}

func (f *fault) Error() string   { return f.text }
func (f *fault) Unwrap() []error { return f.is }

// rules are what the operator is told of refusals, by what they are. The other
// faults are those of a call that nothing forbids.
var rules = map[error]string{
	ErrOutside:    "outside the directories",
	ErrReadOnly:   "read-only directory",
	ErrInvalid:    "invalid path",
	ErrNotRegular: "not a regular file",
	ErrLink:       "--follow-links",
	ErrDangling:   "link to nothing",
	ErrRoot:       "a directory itself",
}

func faultf(is error, format string, args ...any) error {
	err := &fault{text: fmt.Sprintf(format, args...), is: []error{is}}
	if rule := rules[is]; rule != "" {
		return mcpcore.Refused(rule, err)
	}
	return err
}

// outside is the one refusal for everything that is not inside, whether it
// exists or not.
func outside(asked string) error {
	return mcpcore.Hint(
		faultf(ErrOutside, "access denied: %s is outside the allowed directories", quoted(asked)),
		"call list_allowed_directories to see the allowed directories")
}

func (g *Guard) readOnly(asked string) error {
	var rw []string
	for _, r := range g.Roots() {
		if r.Writable {
			rw = append(rw, quoted(r.Path))
		}
	}
	hint := "no allowed directory is writable"
	if len(rw) > 0 {
		hint = "writable directories: " + strings.Join(rw, ", ")
	}
	return mcpcore.Hint(faultf(ErrReadOnly, "access denied: %s is in a read-only directory", quoted(asked)), hint)
}

// explain turns what went wrong at asked into words. Errors that are already
// in words pass through.
func explain(asked string, err error) error {
	if err == nil {
		return nil
	}
	var f *fault
	if errors.As(err, &f) || errors.Is(err, errChanged) {
		return err
	}
	q := quoted(asked)
	is := func(target error) bool { return errors.Is(err, target) }
	switch {
	case is(errSwapped):
		return outside(asked)
	case is(ErrNotRegular):
		return faultf(ErrNotRegular, "%s is not a regular file", q)
	case is(ErrIsDirectory), is(syscall.EISDIR):
		return &fault{text: q + " is a directory, not a file", is: []error{ErrIsDirectory, ErrNotRegular}}
	case is(ErrNotDirectory):
		return faultf(ErrNotDirectory, "%s is not a directory", q)
	case is(syscall.ENOTDIR):
		return faultf(ErrNotDirectory, "%s or a part of it is not a directory", q)
	case is(fs.ErrNotExist):
		return faultf(fs.ErrNotExist, "%s does not exist", q)
	case is(ErrExists), is(fs.ErrExist):
		return &fault{text: q + " already exists", is: []error{ErrExists, fs.ErrExist}}
	case is(syscall.EROFS):
		return &fault{text: q + " is on a read-only file system", is: []error{ErrReadOnly}}
	case is(fs.ErrPermission):
		return faultf(fs.ErrPermission, "permission denied by the operating system: %s", q)
	case is(syscall.ELOOP), is(ErrTooManyLinks):
		return faultf(ErrTooManyLinks, "%s goes through too many links", q)
	case is(syscall.ENAMETOOLONG):
		return &fault{text: q + " has a name that is too long", is: []error{ErrInvalid}}
	case isNoSpace(err):
		return faultf(ErrNoSpace, "no space left on the disk for %s; nothing was changed", q)
	case is(ErrBusy), is(syscall.ETXTBSY):
		return mcpcore.Hint(faultf(ErrBusy, "%s is locked or is being changed by another program", q), "try again")
	}
	return &fault{text: q + ": " + cause(err).Error(), is: []error{cause(err)}}
}

// cause strips what the os package adds, which may be a path or the name of a
// system call.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return cause(pe.Err)
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		return cause(le.Err)
	}
	var se *os.SyscallError
	if errors.As(err, &se) {
		return cause(se.Err)
	}
	return err
}

// quoted puts s between quotation marks, and escapes it only when it could be
// mistaken for something else.
func quoted(s string) string {
	const most = 512 // a longer path is cut: the caller knows what it sent
	cut := ""
	if len(s) > most {
		s, cut = s[:most], "…"
	}
	if q := Quote(s); q != s {
		return q + cut
	}
	return `"` + s + cut + `"`
}

// Quote returns name as it is when every character prints, and as a Go string
// otherwise, so that a name with a line break cannot forge a line of a listing.
func Quote(name string) string {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c < 0x20 || c >= 0x7f || c == '"' {
			return quoteRunes(name)
		}
	}
	return name
}

func quoteRunes(name string) string {
	for _, r := range name {
		if r == '"' || r == '\uFFFD' || !strconv.IsPrint(r) {
			return strconv.Quote(name)
		}
	}
	return name
}
