// Package searx tests mcp-search against a real searx.
package searx
