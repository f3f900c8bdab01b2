// Package gitdb keeps git objects in memory: blobs, trees, commits and tags
// under the names that git itself would give them.
package gitdb

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Modes of the entries of a tree.
const (
	File       = "100644"
	Executable = "100755"
	Symlink    = "120000"
	Dir        = "040000"
	Submodule  = "160000"
)

// DB holds objects. Its methods are not for several goroutines at once.
type DB struct {
	objects map[string]object
	commits map[string]*Commit
	tags    map[string]*Tag
	flat    map[string]Files
}

type object struct {
	kind string
	data []byte
}

// Entry is what a path of a tree leads to.
type Entry struct{ Mode, SHA string }

// Kind is that of the object: blob, tree or commit.
func (e Entry) Kind() string {
	switch e.Mode {
	case Dir:
		return "tree"
	case Submodule:
		return "commit"
	}
	return "blob"
}

// Files are all paths of a tree and of those below it, but for directories.
type Files map[string]Entry

// Signature says who did something, and when.
type Signature struct {
	Name, Email string
	When        time.Time
}

func (s Signature) String() string {
	return fmt.Sprintf("%s <%s> %d %s", s.Name, s.Email, s.When.Unix(), s.When.Format("-0700"))
}

// Commit is a commit. SHA is filled in by Put.
type Commit struct {
	SHA, Tree         string
	Parents           []string
	Author, Committer Signature
	Message           string
	GPG               string // an armored signature, or ""
}

// Tag is an annotated tag.
type Tag struct {
	SHA, Object, Kind, Name string
	Tagger                  Signature
	Message                 string
}

// New makes an empty DB.
func New() *DB {
	return &DB{objects: map[string]object{}, commits: map[string]*Commit{}, tags: map[string]*Tag{}, flat: map[string]Files{}}
}

// Name is the SHA of an object.
func Name(kind string, data []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00", kind, len(data))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

func (db *DB) put(kind string, data []byte) string {
	sha := Name(kind, data)
	if _, ok := db.objects[sha]; !ok {
		db.objects[sha] = object{kind, bytes.Clone(data)}
	}
	return sha
}

// Kind is that of an object, or "" if there is none of that name.
func (db *DB) Kind(sha string) string { return db.objects[sha].kind }

// Blob returns the content of a blob.
func (db *DB) Blob(sha string) ([]byte, bool) {
	o, ok := db.objects[sha]
	return o.data, ok && o.kind == "blob"
}

// PutBlob adds a blob.
func (db *DB) PutBlob(data []byte) string { return db.put("blob", data) }

// Commit returns a commit, or nil.
func (db *DB) Commit(sha string) *Commit { return db.commits[sha] }

// Tag returns an annotated tag, or nil.
func (db *DB) Tag(sha string) *Tag { return db.tags[sha] }

// PutCommit adds a commit and fills in its SHA.
func (db *DB) PutCommit(c Commit) *Commit {
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", c.Tree)
	for _, p := range c.Parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	fmt.Fprintf(&b, "author %s\ncommitter %s\n", c.Author, c.Committer)
	if c.GPG != "" {
		fmt.Fprintf(&b, "gpgsig %s\n", strings.ReplaceAll(strings.TrimSuffix(c.GPG, "\n"), "\n", "\n "))
	}
	b.WriteString("\n" + c.Message)
	c.SHA = db.put("commit", []byte(b.String()))
	db.commits[c.SHA] = &c
	return &c
}

// PutTag adds an annotated tag and fills in its SHA.
func (db *DB) PutTag(t Tag) *Tag {
	data := fmt.Sprintf("object %s\ntype %s\ntag %s\ntagger %s\n\n%s", t.Object, t.Kind, t.Name, t.Tagger, t.Message)
	t.SHA = db.put("tag", []byte(data))
	db.tags[t.SHA] = &t
	return &t
}

// PutTree adds the trees that files are made of, and returns the SHA of the root.
func (db *DB) PutTree(files Files) string {
	here := Files{}
	below := map[string]Files{}
	for name, e := range files {
		dir, rest, deep := strings.Cut(name, "/")
		if !deep {
			here[name] = e
			continue
		}
		if below[dir] == nil {
			below[dir] = Files{}
		}
		below[dir][rest] = e
	}
	for dir, files := range below {
		here[dir] = Entry{Dir, db.PutTree(files)}
	}
	names := make([]string, 0, len(here))
	for name := range here {
		names = append(names, name)
	}
	// git sorts a directory as if its name ended in a slash.
	key := func(name string) string {
		if here[name].Mode == Dir {
			return name + "/"
		}
		return name
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(key(a), key(b)) })
	var b bytes.Buffer
	for _, name := range names {
		raw, _ := hex.DecodeString(here[name].SHA)
		fmt.Fprintf(&b, "%s %s\x00%s", strings.TrimPrefix(here[name].Mode, "0"), name, raw)
	}
	return db.put("tree", b.Bytes())
}

// Named is an entry of one tree under its name.
type Named struct {
	Name string
	Entry
}

// Tree lists the entries of one tree in the order of git.
func (db *DB) Tree(sha string) ([]Named, bool) {
	o, ok := db.objects[sha]
	if !ok || o.kind != "tree" {
		return nil, false
	}
	var out []Named
	for data := o.data; len(data) > 0; {
		head, rest, _ := bytes.Cut(data, []byte{0})
		mode, name, _ := strings.Cut(string(head), " ")
		if mode == "40000" {
			mode = Dir
		}
		out = append(out, Named{name, Entry{mode, hex.EncodeToString(rest[:20])}})
		data = rest[20:]
	}
	return out, true
}

// Files lists all files of a tree. The map is shared: clone it to change it.
func (db *DB) Files(tree string) Files {
	if f, ok := db.flat[tree]; ok {
		return f
	}
	out := Files{}
	entries, _ := db.Tree(tree)
	for _, e := range entries {
		if e.Mode != Dir {
			out[e.Name] = e.Entry
			continue
		}
		for name, below := range db.Files(e.SHA) {
			out[e.Name+"/"+name] = below
		}
	}
	db.flat[tree] = out
	return out
}

// At finds what a path of a tree leads to; the root is "".
func (db *DB) At(tree, name string) (Entry, bool) {
	e := Entry{Dir, tree}
	if name == "" {
		return e, db.Kind(tree) == "tree"
	}
	for part := range strings.SplitSeq(name, "/") {
		entries, ok := db.Tree(e.SHA)
		i := slices.IndexFunc(entries, func(n Named) bool { return n.Name == part })
		if !ok || i < 0 {
			return Entry{}, false
		}
		e = entries[i].Entry
	}
	return e, true
}

// Peel follows tags to what they name.
func (db *DB) Peel(sha string) string {
	for db.tags[sha] != nil {
		sha = db.tags[sha].Object
	}
	return sha
}

// Abbreviated finds the object whose name begins so, or returns "".
func (db *DB) Abbreviated(prefix string) string {
	if _, ok := db.objects[prefix]; ok {
		return prefix
	}
	if len(prefix) < 7 || len(prefix) >= 40 {
		return ""
	}
	found := ""
	for sha := range db.objects {
		if strings.HasPrefix(sha, strings.ToLower(prefix)) {
			if found != "" {
				return ""
			}
			found = sha
		}
	}
	return found
}

// Follow resolves a symbolic link at name within its tree, or returns "".
func (db *DB) Follow(tree, name string) string {
	e, ok := db.At(tree, name)
	target, isBlob := db.Blob(e.SHA)
	if !ok || e.Mode != Symlink || !isBlob || path.IsAbs(string(target)) {
		return ""
	}
	to := path.Join(path.Dir(name), string(target))
	if to == ".." || strings.HasPrefix(to, "../") {
		return ""
	}
	return to
}
