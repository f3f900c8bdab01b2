//go:build !unix

package mcpcore

import "os"

// notifyHangups gives a channel by which nothing comes: there is no SIGHUP
// here.
func notifyHangups() <-chan os.Signal { return nil }
