// Package incidents names, for each published incident of an MCP server that
// could happen to ours, the tests that would show it, and has those that need
// the program as users run it.
package incidents
