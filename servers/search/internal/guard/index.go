package guard

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// IndexDir makes the directory where indexes are kept: the one that is named,
// or else one in the user's cache.
func IndexDir(named string) (string, error) {
	dir := named
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", mcpcore.Hint(err, "say with --index-dir where indexes are kept")
		}
		dir = filepath.Join(cache, "mcp-search", "index")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return "", mcpcore.Hint(fmt.Errorf("index directory: %w", err), "say with --index-dir where indexes are kept")
	}
	return abs, nil
}

// SpendDir is where is written down what searching cost: in the cache directory
// that is named, or else in the user's, so that all processes share it.
func SpendDir(cacheDir string) (string, error) {
	if cacheDir != "" {
		return filepath.Join(cacheDir, "spend"), nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", mcpcore.Hint(err, "name a directory with --cache-dir")
	}
	return filepath.Join(cache, "mcp-search", "spend"), nil
}
