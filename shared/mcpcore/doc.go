// Package mcpcore is an MCP server engine: declare tools, resources and
// prompts as plain Go values and serve them to any MCP client, over every
// published revision of the protocol.
package mcpcore
