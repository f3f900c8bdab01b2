// Command run starts a PostgreSQL of one's own that listens on 127.0.0.1, writes
// its address, and ends it with its input; with -find it only writes where the
// programs are. Benchmarks and make use it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private"
)

func main() {
	find := flag.Bool("find", false, "write where the programs are, and no more")
	flag.Parse()
	if err := run(*find); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(find bool) error {
	if find {
		bin, err := private.Find()
		fmt.Fprintln(os.Stdout, bin)
		return err
	}
	s, err := private.Start(context.Background(), private.Options{TCP: true})
	if err != nil {
		return err
	}
	defer s.Stop()
	fmt.Fprintf(os.Stdout, "postgresql://postgres@127.0.0.1:%d/postgres?sslmode=disable\n", s.Port())
	_, err = io.Copy(io.Discard, os.Stdin) // its end is what counts
	return err
}
