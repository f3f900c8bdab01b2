// Package pdftext reads the text of PDFs in a process of its own, with limits:
// what a PDF can do to a reader of PDFs ends with that process.
package pdftext

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"time"

	"github.com/ledongthuc/pdf"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Argument is the command line of the process that reads.
const Argument = "read-pdf-from-standard-input"

const (
	maxTime   = 20 * time.Second
	maxMemory = 512 << 20
	maxText   = 8 << 20
	maxPages  = 2000
	atOnce    = 2 // processes
)

// Child reads a PDF, if the process was started for that, to out, and reports whether it
// was. Nothing else should be done then.
func Child(out io.Writer) bool {
	if len(os.Args) != 2 || os.Args[1] != Argument {
		return false
	}
	confine()
	debug.SetMemoryLimit(maxMemory)
	data, err := io.ReadAll(os.Stdin)
	if err == nil {
		var text string
		if text, err = read(data); err == nil {
			_, err = io.WriteString(out, text)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

// read gives the text of a PDF, a section for each page.
func read(data []byte) (text string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged PDF: %v", p)
		}
	}()
	r, err := pdf.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for n := 1; n <= min(r.NumPage(), maxPages) && b.Len() < maxText; n++ {
		page := r.Page(n)
		if page.V.IsNull() {
			continue
		}
		part, err := page.GetPlainText(nil)
		if err != nil {
			fmt.Fprintf(&b, "## Page %d\n\n[this page could not be read]\n\n", n)
			continue
		}
		if part = strings.TrimSpace(part); part != "" {
			fmt.Fprintf(&b, "## Page %d\n\n%s\n\n", n, part)
		}
	}
	if b.Len() == 0 {
		return "", errors.New("the PDF has no text: its pages may be pictures")
	}
	return strings.ToValidUTF8(b.String(), "�"), nil
}

// Reader starts processes that read PDFs.
type Reader struct {
	Timeout time.Duration // for one PDF; default 20 s

	program string
	places  chan struct{}
}

// New makes a Reader that starts the program that runs, whose main function
// calls Child first.
func New() (*Reader, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &Reader{Timeout: maxTime, program: program, places: make(chan struct{}, atOnce)}, nil
}

// Read gives the text of a PDF as Markdown.
func (r *Reader) Read(ctx context.Context, data []byte) (string, error) {
	select {
	case r.places <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-r.places }()
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.program, Argument)
	cmd.Env = []string{"GOMAXPROCS=1", "GOTRACEBACK=none"} // no key is in there
	cmd.Dir = os.TempDir()
	cmd.Stdin = bytes.NewReader(data)
	out, fault := &capped{most: maxText + 1<<16}, &capped{most: 4 << 10}
	cmd.Stdout, cmd.Stderr = out, fault
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", mcpcore.Hint(fmt.Errorf("the PDF takes longer than %s to read", r.Timeout), "use another source")
	case err != nil:
		reason, _, _ := strings.Cut(strings.TrimSpace(fault.String()), "\n")
		if reason == "" {
			reason = err.Error()
		}
		return "", fmt.Errorf("the PDF cannot be read: %s", reason)
	}
	return out.String(), nil
}

// capped keeps the beginning of what is written.
type capped struct {
	bytes.Buffer
	most int
}

func (c *capped) Write(p []byte) (int, error) {
	if left := c.most - c.Len(); left > 0 {
		c.Buffer.Write(p[:min(left, len(p))])
	}
	return len(p), nil
}
