package mcpcore

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
)

// verifyAudit is the command that checks an audit log: 0 where it is whole, 1 where
// not, 2 where it cannot be checked.
func (p *program) verifyAudit(args []string) int {
	files, known, err := auditArguments(args)
	if err != nil {
		return p.report(&usageError{Hint(err, p.name+" audit verify [--head HASH] FILE..., the oldest file first")})
	}
	if h, ok := audit.Head(files[len(files)-1]); ok { // before the file, to which lines may be added meanwhile
		known = append(known, h)
	}
	r, err := audit.Verify(files, known...)
	var fault *audit.Fault
	switch {
	case errors.As(err, &fault):
		return p.report(fault)
	case err != nil:
		return p.report(&usageError{err})
	case r.Lines == 0:
		fmt.Fprintln(p.stdout, "ok    there are no lines yet")
		return 0
	}
	fmt.Fprintf(p.stdout, "ok    %d lines, from %s to %s\n", r.Lines, r.First.Format(time.RFC3339), r.Last.Format(time.RFC3339))
	note := func(format string, args ...any) { fmt.Fprintf(p.stdout, "note  "+format+"\n", args...) }
	if r.FirstSeq > 1 {
		note("the first line here is number %d of the log; the one before it has the hash %s", r.FirstSeq, r.Before)
	}
	if r.Torn > 0 {
		note("%d times a line was not written whole, as the process ended", r.Torn)
	}
	if r.Lost > 0 {
		note("%d lines could not be written when they should have been", r.Lost)
	}
	if n := len(r.Open); n > 0 {
		note("%d calls began and have not ended here: lines number %s", n, strings.Trim(fmt.Sprint(r.Open[:min(n, 20)]), "[]"))
	}
	fmt.Fprintf(p.stdout, "head  %s\n", r.Head)
	return 0
}

func auditArguments(args []string) (files []string, known []audit.Hash, err error) {
	if len(args) == 0 || args[0] != "verify" {
		return nil, nil, errors.New("audit has one command: verify")
	}
	for args = args[1:]; len(args) > 0; args = args[1:] {
		name, value, joined := strings.Cut(args[0], "=")
		switch {
		case name == "--head" || name == "-head":
			if !joined {
				if args = args[1:]; len(args) == 0 {
					return nil, nil, errors.New("--head needs a hash")
				}
				value = args[0]
			}
			h, err := audit.ParseHash(value)
			if err != nil {
				return nil, nil, fmt.Errorf("--head: %q is not a hash of 64 hexadecimal digits", value)
			}
			known = append(known, h)
		case strings.HasPrefix(args[0], "-"):
			return nil, nil, fmt.Errorf("there is no flag %s", args[0])
		default:
			if info, err := os.Stat(args[0]); err == nil && !info.Mode().IsRegular() {
				return nil, nil, fmt.Errorf("%s is not a file", args[0])
			}
			files = append(files, args[0])
		}
	}
	if len(files) == 0 {
		return nil, nil, errors.New("no file is named")
	}
	return files, known, nil
}
