// Command gosdk is the echo server on the official Go SDK, written the way its
// README shows: a typed tool, run over the stdio transport.
package main

import (
	"context"
	"flag"
	"log"
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
	flag.Parse()
	server := mcp.NewServer(&mcp.Implementation{Name: "echo", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "echo", Description: "Echo the text."}, echo)
	runErr := server.Run(context.Background(), &mcp.StdioTransport{})
	if err := memstat.Write(*stats); err != nil {
		log.Fatal(err)
	}
	if runErr != nil {
		log.Print(runErr)
		os.Exit(1)
	}
}
