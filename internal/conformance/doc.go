// Package conformance runs the official conformance suite, for every revision
// that it knows, against the fixture server in shared/mcpcore. It counts the
// checks in what the suite writes down: its own summary shows a scenario without
// a check as passed.
package conformance
