//go:build unix

package mcpcore

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyHangups has SIGHUP no longer end the program, but come by a channel.
// Several at once are one.
func notifyHangups() <-chan os.Signal {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGHUP)
	return ch
}
