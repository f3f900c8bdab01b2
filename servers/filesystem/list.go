package filesystem

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
)

type listIn struct {
	Path string `json:"path" jsonschema:"directory to list" audit:"target"`
}

func (s *server) list(ctx context.Context, in listIn) (string, error) {
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	entries, err := readDir(ctx, g, in.Path)
	if err != nil {
		return "", err
	}
	size := 0
	for _, e := range entries {
		size += len(e.Name) + len("[FILE] \n")
	}
	out := make([]byte, 0, size)
	for _, e := range entries {
		out = append(out, e.label...)
		out = append(out, guard.Quote(e.Name)...)
		out = append(out, '\n')
	}
	return strings.TrimSuffix(text(out), "\n"), nil
}

// listed is an entry as listings show it.
type listed struct {
	guard.Entry
	label string
}

const (
	labelDir  = "[DIR] "
	labelFile = "[FILE] "
)

// readDir reads a directory, sorted by name. A link that leads to a directory
// the server may use is shown as one.
func readDir(ctx context.Context, g *guard.Guard, path string) ([]listed, error) {
	dir, err := g.OpenDir(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	var out []listed
	err = dir.Entries(func(e guard.Entry) bool {
		label := labelFile
		if e.IsDir() || e.Type&fs.ModeSymlink != 0 && leadsToDir(g, dir.Path(), e.Name) {
			label = labelDir
		}
		out = append(out, listed{e, label})
		return len(out)%tellEvery != 0 || ctx.Err() == nil
	})
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b listed) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func leadsToDir(g *guard.Guard, dir, name string) bool {
	info, err := g.Stat(joined(dir, name))
	return err == nil && info.IsDir
}

type listSizesIn struct {
	Path   string `json:"path" jsonschema:"directory to list" audit:"target"`
	SortBy string `json:"sortBy,omitzero" jsonschema:"order of entries" enum:"name,size" default:"name"`
}

func (s *server) listSizes(ctx context.Context, in listSizesIn) (string, error) {
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	entries, err := readDir(ctx, g, in.Path)
	if err != nil {
		return "", err
	}
	dir, err := g.OpenDir(in.Path)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	sizes := make(map[string]int64, len(entries))
	var total int64
	dirs, tell := 0, tells(ctx)
	for i, e := range entries {
		tell(i, i+1)
		if e.label == labelDir {
			dirs++
			continue
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if info, err := dir.Info(e.Name); err == nil { // one that is gone by now counts as empty
			sizes[e.Name] = info.Size
			total += info.Size
		}
	}
	if in.SortBy == "size" {
		slices.SortStableFunc(entries, func(a, b listed) int { return cmp.Compare(sizes[b.Name], sizes[a.Name]) })
	}
	var out strings.Builder
	for _, e := range entries {
		size := ""
		if e.label == labelFile {
			size = byteSize(sizes[e.Name])
		}
		fmt.Fprintf(&out, "%s%-30s %10s\n", e.label, guard.Quote(e.Name), size)
	}
	fmt.Fprintf(&out, "\nTotal: %d files, %d directories\nCombined size: %s", len(entries)-dirs, dirs, byteSize(total))
	return out.String(), nil
}

func byteSize(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n), ""
	for _, unit = range []string{"KB", "MB", "GB", "TB"} {
		if size /= 1024; size < 1024 {
			break
		}
	}
	return fmt.Sprintf("%.2f %s", size, unit)
}
