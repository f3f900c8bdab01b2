// Package interop drives the built mcp-filesystem with clients that others
// wrote, in every revision of the protocol that each of them speaks, and
// compares its answers with those of the reference server for files. All of it
// is tests. What comes from npm is pinned in the directory npm, installed once
// into the user's cache, and used offline from then on.
package interop
