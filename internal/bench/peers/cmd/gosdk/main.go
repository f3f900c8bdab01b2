// Command gosdk is the echo server on the official Go SDK, written the way its
// README and its examples show: a typed tool, run over the stdio transport or
// served by a streamable handler.
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

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcp-toolbelt/toolbelt/internal/bench/peers/memstat"
)

type echoIn struct {
	Text string `json:"text" jsonschema:"the text to echo"`
}

func echo(_ context.Context, _ *mcp.CallToolRequest, in echoIn) (*mcp.CallToolResult, any, error) {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: in.Text}}}, nil, nil
}

func main() {
	stats := flag.String("memstats", "", "write the bytes allocated to this file at the end of input")
	overHTTP := flag.Bool("http", false, "serve over HTTP, on the address that is the first line of output")
	stateless := flag.Bool("stateless", false, "over HTTP, serve the revision without sessions: one handler has one era")
	flag.Parse()
	server := mcp.NewServer(&mcp.Implementation{Name: "echo", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "echo", Description: "Echo the text."}, echo)
	var runErr error
	if *overHTTP {
		runErr = serveHTTP(server, *stateless)
	} else {
		runErr = server.Run(context.Background(), &mcp.StdioTransport{})
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
func serveHTTP(server *mcp.Server, stateless bool) error {
	var options *mcp.StreamableHTTPOptions
	if stateless {
		options = &mcp.StreamableHTTPOptions{Stateless: true}
	}
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, options)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	served := make(chan error, 1)
	go func() { served <- http.Serve(listener, handler) }()
	err = memstat.Answer(os.Stdin, os.Stdout, nil)
	if closeErr := listener.Close(); closeErr != nil {
		return errors.Join(err, closeErr)
	}
	<-served // because of the listener
	return err
}
