// Package mcptest tests MCP servers made with mcpcore: a client in memory that
// speaks every revision of the protocol and holds each message it gets against
// the published JSON Schema of its revision, snapshots of what a model is shown
// of each tool, a driver for raw lines, and a suite that every server passes.
package mcptest
