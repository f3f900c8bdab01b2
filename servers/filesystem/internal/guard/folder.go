package guard

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// errChanged is internal: what was to be replaced is not what was seen.
var errChanged = errors.New("guard: changed meanwhile")

// folder is one directory, held open while an entry of it is changed. Names
// are single components and links are never followed.
type folder interface {
	lstat(name string) (Info, error)
	openFile(name string) (handle, Info, error)
	put(name string, p put) (Info, error)
	mkdir(name string) error
	sub(name string) (folder, error)
	// rename fails when something is at the new name.
	rename(name string, to folder, newName string) error
	remove(name string) error
	close()
}

// put is a file to be written whole.
type put struct {
	fill    func(io.Writer) error
	old     *Info       // what is replaced, or nil when nothing may be there
	like    *Info       // what the file is a copy of, for a move
	mode    fs.FileMode // of a new file, before the umask
	sync    bool
	publish *sync.Mutex
}

// spot is where a change takes place: an entry, which may not exist yet, of an
// open directory.
type spot struct {
	dir    folder
	name   string
	root   *root
	rel    string // without links
	path   string // absolute, as the caller knows it
	info   Info
	exists bool
}

func (s *spot) close() { s.dir.close() }

// key identifies the entry among all that this process changes.
func (s *spot) key() string { return filepath.Join(s.root.real, s.rel) }

// spot finds where a change to asked takes place. With last, a link at the end
// is followed, and one that leads to nothing is refused.
func (g *Guard) spot(asked string, last bool) (*spot, error) {
	r, rel, err := g.find(asked)
	if err != nil {
		return nil, err
	}
	path := r.logical(rel)
	if r.tree.strict() && rel != "." {
		s, err := spotAt(r, rel, path)
		if err == nil && (!s.info.IsLink || !last && g.shared.follow) {
			return s, g.mayChange(asked, s)
		}
		if err == nil {
			s.close()
		}
	}
	for range maxRetries {
		p, err := g.resolve(asked, r, rel, last)
		if err != nil {
			return nil, err
		}
		rel := p.rel
		switch {
		case len(p.missing) > 0 && p.linked:
			return nil, faultf(ErrDangling, "%s is or goes through a link to something that does not exist", quoted(asked))
		case len(p.missing) > 1:
			return nil, mcpcore.Hint(faultf(fs.ErrNotExist, "the parent directory of %s does not exist", quoted(asked)),
				"create it with create_directory")
		case len(p.missing) == 1:
			rel = joinRel(rel, p.missing[0])
		case rel == ".":
			return nil, mcpcore.Refused(rules[ErrRoot],
				&fault{text: quoted(asked) + " is an allowed directory itself", is: []error{ErrRoot, ErrIsDirectory, ErrNotRegular}})
		}
		s, err := spotAt(p.root, rel, path)
		if err != nil {
			if errors.Is(err, errSwapped) || errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return nil, explain(asked, err)
		}
		if s.info.IsLink && (last || !g.shared.follow) {
			s.close()
			if !g.shared.follow {
				return nil, refusedLink(asked)
			}
			continue
		}
		return s, g.mayChange(asked, s)
	}
	return nil, outside(asked)
}

// mayChange refuses changes in read-only directories, and closes s if so.
func (g *Guard) mayChange(asked string, s *spot) error {
	var err error
	switch {
	case !g.writable(s.root, s.rel):
		err = g.readOnly(asked)
	case !plainName(s.name):
		err = faultf(ErrInvalid, "%s cannot be used as a name on this system", quoted(asked))
	case isTemp(s.name):
		err = faultf(ErrInvalid, "%s is a name that this server keeps for its temporary files", quoted(asked))
	}
	if err != nil {
		s.close()
	}
	return err
}

func refusedLink(asked string) error {
	return faultf(ErrLink, "access denied: %s is or goes through a symbolic link, and links are not followed here", quoted(asked))
}

func spotAt(r *root, rel, path string) (*spot, error) {
	parent, name := dirBase(rel)
	dir, err := r.tree.folder(parent)
	if err != nil {
		return nil, err
	}
	s := &spot{dir: dir, name: name, root: r, rel: rel, path: path}
	s.info, err = dir.lstat(name)
	if err == nil {
		s.exists = true
		return s, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	dir.close()
	return nil, err
}

// tempPrefix begins the names of temporary files. They are visible only for
// the moment in which a file is replaced, or after a process was killed in it.
const (
	tempPrefix = ".mcp-filesystem-"
	tempSuffix = ".tmp"
)

func isTemp(name string) bool {
	return strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix)
}
