//go:build !unix

package mcpcore_test

import "os"

// printRaw has nothing to write to where descriptors are not numbers.
func printRaw(text string) error {
	_, err := os.Stderr.WriteString(text)
	return err
}
