// Command mcpgo is the echo server on mark3labs/mcp-go, written the way its
// documentation shows: a tool built from options, served by ServeStdio or by a
// StreamableHTTPServer at /mcp.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-toolbelt/toolbelt/internal/bench/peers/memstat"
)

func echo(_ context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	text, err := req.RequireString("text")
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	return mcp.NewToolResultText(text), nil
}

func main() {
	stats := flag.String("memstats", "", "write the bytes allocated to this file at the end of input")
	overHTTP := flag.Bool("http", false, "serve over HTTP, on the address that is the first line of output")
	flag.Parse()
	s := server.NewMCPServer("echo", "1", server.WithToolCapabilities(false), server.WithRecovery())
	s.AddTool(mcp.NewTool("echo",
		mcp.WithDescription("Echo the text."),
		mcp.WithString("text", mcp.Required(), mcp.Description("the text to echo")),
	), echo)
	var runErr error
	if *overHTTP {
		runErr = serveHTTP(s)
	} else {
		runErr = server.ServeStdio(s)
	}
	if err := memstat.Write(*stats); err != nil {
		log.Fatal(err)
	}
	if runErr != nil {
		log.Print(runErr)
		os.Exit(1)
	}
}

// serveHTTP serves until the end of input.
func serveHTTP(s *server.MCPServer) error {
	mux := http.NewServeMux()
	mux.Handle("/mcp", server.NewStreamableHTTPServer(s)) // as its Start does
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	served := make(chan error, 1)
	go func() { served <- http.Serve(listener, mux) }()
	err = memstat.Answer(os.Stdin, os.Stdout, nil)
	if closeErr := listener.Close(); closeErr != nil {
		return errors.Join(err, closeErr)
	}
	<-served // because of the listener
	return err
}
