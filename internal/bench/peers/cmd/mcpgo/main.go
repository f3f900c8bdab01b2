// Command mcpgo is the echo server on mark3labs/mcp-go, written the way its
// quickstart shows: a tool built from options, served by ServeStdio.
package main

import (
	"context"
	"flag"
	"log"
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
	flag.Parse()
	s := server.NewMCPServer("echo", "1", server.WithToolCapabilities(false), server.WithRecovery())
	s.AddTool(mcp.NewTool("echo",
		mcp.WithDescription("Echo the text."),
		mcp.WithString("text", mcp.Required(), mcp.Description("the text to echo")),
	), echo)
	runErr := server.ServeStdio(s)
	if err := memstat.Write(*stats); err != nil {
		log.Fatal(err)
	}
	if runErr != nil {
		log.Print(runErr)
		os.Exit(1)
	}
}
