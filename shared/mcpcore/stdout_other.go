//go:build !unix

package mcpcore

import "os"

// takeStdout keeps standard output for the caller and points os.Stdout at
// standard error.
func takeStdout() (*os.File, error) {
	out := os.Stdout
	os.Stdout = os.Stderr
	return out, nil
}
