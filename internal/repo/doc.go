// Package repo holds the rules of the whole repository as tests: how it is laid
// out, who may import and call what, that every server installs from nothing
// but its module path, and that a release can be built again byte for byte.
package repo

//go:generate go test . -run ^TestDocs$ -update
