// Command pgscan answers each statement on standard input with the tokens that
// PostgreSQL's own scanner finds in it, and with what its parser makes of it: a
// judge of mcp-postgres, which has a scanner of its own. It is built with the
// tag differential alone, as that compiles PostgreSQL's parser from C and takes
// a minute.
package main
