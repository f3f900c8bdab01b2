package filesystem

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

type readTextIn struct {
	Path      string `json:"path" jsonschema:"file to read" alias:"file_path" audit:"target"`
	Head      int    `json:"head,omitzero" jsonschema:"only the first N lines" min:"0"`
	Tail      int    `json:"tail,omitzero" jsonschema:"only the last N lines" min:"0"`
	StartLine int    `json:"startLine,omitzero" jsonschema:"first line, from 1" min:"0"`
	EndLine   int    `json:"endLine,omitzero" jsonschema:"last line, included" min:"0"`
}

func (s *server) readText(ctx context.Context, in readTextIn) (string, error) {
	ranges := 0
	for _, asked := range []bool{in.Head > 0, in.Tail > 0, in.StartLine > 0 || in.EndLine > 0} {
		if asked {
			ranges++
		}
	}
	if ranges > 1 {
		return "", errors.New("head, tail and startLine with endLine exclude each other: give one of them")
	}
	if in.EndLine > 0 && in.EndLine < in.StartLine {
		return "", fmt.Errorf("endLine %d is before startLine %d", in.EndLine, in.StartLine)
	}
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	f, err := g.OpenFile(in.Path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := textual(f, in.Path); err != nil {
		return "", err
	}
	budget := textBudget(ctx)
	switch {
	case in.Tail > 0:
		return tail(f, in.Tail, budget)
	case in.Head > 0:
		return lines(ctx, f, 1, in.Head, budget)
	case ranges > 0:
		return lines(ctx, f, max(in.StartLine, 1), in.EndLine, budget)
	}
	return whole(ctx, f, budget)
}

// noteRoom is for what stands round a text in a result, and for the note that
// it was cut.
const noteRoom = 2 << 10

// textBudget is how many bytes of text fit into a result.
func textBudget(ctx context.Context) int {
	return max(mcpcore.ResultBudget(ctx)-noteRoom, noteRoom/2)
}

// sniff is how much of a file decides whether it is text.
const sniff = 8 << 10

// textual refuses a file that is not text: one with a NUL byte near its start.
func textual(f *guard.File, path string) error {
	var start [sniff]byte
	n, err := f.ReadAt(start[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", guard.Quote(path), err)
	}
	if i := bytes.IndexByte(start[:n], 0); i >= 0 {
		return mcpcore.Hint(fmt.Errorf("%s is not a text file (there is a NUL at byte %d)", guard.Quote(path), i), "use read_media_file")
	}
	return nil
}

// text is b as a string without a copy; b must not change any more.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// bytesOf is s as bytes without a copy, for those who only read them.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// whole reads a file, up to what fits in budget.
func whole(ctx context.Context, f *guard.File, budget int) (string, error) {
	size := f.Info().Size
	if size > int64(budget) {
		return lines(ctx, f, 1, 0, budget)
	}
	b := make([]byte, 0, size+1)
	for { // a file in /proc is longer than it says
		n, err := f.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case errors.Is(err, io.EOF), err == nil && len(b) > budget:
			return fitted(b, 1, budget), nil
		case err != nil:
			return "", err
		case len(b) == cap(b):
			b = append(b, 0)[:len(b)]
		}
	}
}

// replaced is a note for text that cannot be shown as it is, or "".
func replaced(s string) string {
	if utf8.ValidString(s) {
		return ""
	}
	return "\n[some bytes are not valid UTF-8 and are shown as \uFFFD]"
}

// fitted is text that begins at line first of its file, cut to what fits. It
// takes b over: the note is put behind what is kept.
func fitted(b []byte, first, budget int) string {
	all := text(b)
	kept := mcpcore.Cut(all, budget)
	if len(kept) == len(all) {
		return all + replaced(all)
	}
	note := fmt.Sprintf("\n[cut inside line %d, which is too long for a result; the next one is startLine %d]", first, first+1)
	if i := strings.LastIndexByte(kept, '\n'); i >= 0 {
		kept = kept[:i+1]
		next := first + strings.Count(kept, "\n")
		note = fmt.Sprintf("\n[cut before line %d; call again with startLine %d]", next, next)
	}
	note = replaced(kept) + note
	return text(append(b[:len(kept)], note...))
}

// lines reads lines first to last, 0 being the end of the file.
func lines(ctx context.Context, f *guard.File, first, last, budget int) (string, error) {
	chunk := make([]byte, 64<<10)
	var out []byte
	if last == 0 { // as far as the file or the budget go
		out = make([]byte, 0, min(f.Info().Size, int64(budget))+int64(len(chunk)))
	}
	ended := true // the line before this one, by a line break
	for line := 1; ; {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		n, err := f.Read(chunk)
		part := chunk[:n]
		for len(part) > 0 {
			end := bytes.IndexByte(part, '\n') + 1
			if ended = end > 0; !ended {
				end = len(part)
			}
			if line >= first {
				if cap(out)-len(out) < end {
					out = slices.Grow(out, max(len(out), end)) // doubles: less to clear away
				}
				out = append(out, part[:end]...)
			}
			if ended {
				line++
			}
			if last > 0 && line > last || len(out) > budget {
				return fitted(trimLast(out, len(out) <= budget), first, budget), nil
			}
			part = part[end:]
		}
		if errors.Is(err, io.EOF) {
			if ended {
				line-- // there is none behind the last line break
			}
			if line < first && first > 1 {
				return "", fmt.Errorf("the file ends with line %d, before startLine %d", line, first)
			}
			return fitted(trimLast(out, last > 0), first, budget), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// trimLast takes the line break off the last of some lines.
func trimLast(b []byte, complete bool) []byte {
	if !complete {
		return b
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// tail reads the last n lines, backwards and no further than it must.
func tail(f *guard.File, n, budget int) (string, error) {
	const step = 64 << 10
	start := f.Info().Size
	if start == 0 { // or so say those in /proc
		all, err := f.ReadAll(int64(budget))
		if err != nil {
			return "", err
		}
		return lastLines(all, n, budget)
	}
	var blocks [][]byte
	have, breaks := 0, 0
	for start > 0 && have <= budget && breaks <= n { // the last line may end in a break too
		from := max(start-step, 0)
		block := make([]byte, start-from)
		if _, err := io.ReadFull(io.NewSectionReader(f, from, start-from), block); err != nil {
			return "", err
		}
		breaks += bytes.Count(block, []byte("\n"))
		blocks, start, have = append(blocks, block), from, have+len(block)
	}
	all := make([]byte, 0, have)
	for _, block := range slices.Backward(blocks) {
		all = append(all, block...)
	}
	return lastLines(all, n, budget)
}

// lastLines is the last n lines of b.
func lastLines(b []byte, n, budget int) (string, error) {
	b = trimLast(b, true)
	for i, left := len(b), n; left > 0; left-- {
		if i = bytes.LastIndexByte(b[:i], '\n'); i < 0 {
			break
		}
		if left == 1 {
			b = b[i+1:]
		}
	}
	if all := text(b); len(b) <= budget && len(mcpcore.Cut(all, budget)) == len(all) {
		return all + replaced(all), nil
	}
	return "", mcpcore.Hint(fmt.Errorf("the last %d lines take more than %d bytes", n, budget), "ask for fewer lines")
}

type readMultipleIn struct {
	Paths []string `json:"paths" jsonschema:"files to read" minItems:"1" maxItems:"1000" audit:"target"`
}

func (s *server) readMultiple(ctx context.Context, in readMultipleIn) (string, error) {
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	// Room is kept for what has to be said of each file that has none.
	const perFile = 150
	left := textBudget(ctx)
	for _, path := range in.Paths {
		left -= perFile + 2*len(path)
	}
	var out strings.Builder
	for i, path := range in.Paths {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if i > 0 {
			out.WriteString("\n---\n")
		}
		switch content, err := readOne(ctx, g, path, left); {
		case err != nil:
			mcpcore.Partly(ctx, err)
			fmt.Fprintf(&out, "%s: error: %v\n", guard.Quote(path), err)
		default:
			fmt.Fprintf(&out, "%s:\n%s\n", guard.Quote(path), content)
			left -= jsonrpc.EscapedLen(content)
		}
	}
	return out.String(), nil
}

func readOne(ctx context.Context, g *guard.Guard, path string, left int) (string, error) {
	f, err := g.OpenFile(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if size := f.Info().Size; size > int64(left) {
		return "", fmt.Errorf("no room left in this result for its %d bytes; read it by itself", size)
	}
	if err := textual(f, path); err != nil {
		return "", err
	}
	return whole(ctx, f, left)
}
