// Command fake-github serves the sample of package fake on a free port of this
// machine, for the demonstration and for tools that are tried by hand. It prints
// the address of the API, and ends when its standard input does.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fake-github:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	hub := fake.Sample(fake.Options{})
	api, err := listen(hub.Handler())
	if err != nil {
		return err
	}
	store, err := listen(hub.Store())
	if err != nil {
		return err
	}
	hub.SetStore(store)
	fmt.Fprintln(out, api)
	_, err = io.Copy(io.Discard, in)
	return err
}

func listen(h http.Handler) (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l) //nolint:errcheck // until the program ends
	return "http://" + l.Addr().String(), nil
}
