package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// treeSize says how large the generated files and directories are.
type treeSize struct {
	Dirs      int   `json:"dirs"`
	Files     int   `json:"files"` // of the source-like tree, spread over its dirs
	Flat      int   `json:"flat"`  // files in one directory
	TextBytes int64 `json:"textBytes"`
	Small     int   `json:"small"` // files that are read one by one
}

func newTreeSize(quick bool) treeSize {
	if quick {
		return treeSize{Dirs: 150, Files: 1_500, Flat: 5_000, TextBytes: 1 << 20, Small: 100}
	}
	return treeSize{Dirs: 1_500, Files: 15_000, Flat: 50_000, TextBytes: 10 << 20, Small: 1_000}
}

// grove is the generated files. The same size always gives the same bytes.
type grove struct {
	size    treeSize
	root    string
	source  string // directory of the source-like tree
	flat    string // directory of many files
	text    string // one large text file
	lastLn  string // how the text file ends
	small   []string
	goFiles int // files in source that end in .go
}

// plant writes everything below root.
func plant(root string, size treeSize) (*grove, error) {
	g := &grove{
		size: size, root: root,
		source: filepath.Join(root, "source"), flat: filepath.Join(root, "flat"), text: filepath.Join(root, "large.txt"),
	}
	return g, errors.Join(g.plantSource(), g.plantFlat(), g.plantText(), g.plantSmall())
}

// plantSource makes a tree like a large program's: packages nested a few
// levels deep, most files Go, the rest what lies around them. Every file has
// a number of its own in its name, by which an answer is checked.
func (g *grove) plantSource() error {
	rnd := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("api auth cache client codec config core data disk event graph http index job key log net queue store task tree user view web")
	exts := strings.Fields(".go .go .go .go .go .md .json .js .txt .yaml")
	dirs := []string{g.source}
	if err := os.Mkdir(g.source, 0o755); err != nil {
		return err
	}
	for i := 1; i < g.size.Dirs; i++ {
		parent := dirs[rnd.IntN(min(len(dirs), 1+i/3))]
		dir := filepath.Join(parent, fmt.Sprintf("%s%d", words[rnd.IntN(len(words))], i))
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		dirs = append(dirs, dir)
	}
	body := strings.Repeat("// a line of some source text, as long as such lines are\n", 60)
	for i := range g.size.Files {
		ext := exts[rnd.IntN(len(exts))]
		if ext == ".go" {
			g.goFiles++
		}
		name := fmt.Sprintf("%s_n%05d%s", words[rnd.IntN(len(words))], i, ext)
		content := body[:200+rnd.IntN(len(body)-200)]
		if err := os.WriteFile(filepath.Join(dirs[rnd.IntN(len(dirs))], name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (g *grove) plantFlat() error {
	if err := os.Mkdir(g.flat, 0o755); err != nil {
		return err
	}
	for i := range g.size.Flat {
		if err := os.WriteFile(filepath.Join(g.flat, fmt.Sprintf("entry_n%05d.dat", i)), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (g *grove) plantText() (err error) {
	f, err := os.Create(g.text)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	for n, i := int64(0), 0; n < g.size.TextBytes; i++ {
		g.lastLn = fmt.Sprintf("line %08d: the quick brown fox jumps over the lazy dog", i)
		m, err := fmt.Fprintln(w, g.lastLn)
		if err != nil {
			return err
		}
		n += int64(m)
	}
	return w.Flush()
}

func (g *grove) plantSmall() error {
	dir := filepath.Join(g.root, "small")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for i := range g.size.Small {
		path := filepath.Join(dir, fmt.Sprintf("small_n%05d.txt", i))
		content := strings.Repeat("a small file of a few lines\n", 30) + smallMark(i) + "\n"
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
		g.small = append(g.small, path)
	}
	return nil
}

// smallMark is how small file i ends.
func smallMark(i int) string { return fmt.Sprintf("end of small file %05d", i) }

// countNames counts the different numbered names with this extension in text;
// any extension when ext is empty. Names may come as paths, in JSON, or both.
func countNames(text []byte, ext string, most int) int {
	seen := make([]bool, most)
	count := 0
	for i := 0; i+8 < len(text); i++ {
		if text[i] != '_' || text[i+1] != 'n' || text[i+7] != '.' {
			continue
		}
		n := 0
		for _, c := range text[i+2 : i+7] {
			if c < '0' || c > '9' {
				n = most
				break
			}
			n = n*10 + int(c-'0')
		}
		if n >= most || seen[n] || !strings.HasPrefix(string(text[i+7:min(i+7+len(ext), len(text))]), ext) {
			continue
		}
		seen[n] = true
		count++
	}
	return count
}
