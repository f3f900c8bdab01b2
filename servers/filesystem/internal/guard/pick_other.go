//go:build !linux

package guard

import (
	"log/slog"
)

// pickTree has only one implementation to choose.
func pickTree(Options, *slog.Logger) func(string) (tree, string, error) { return openRootTree }
