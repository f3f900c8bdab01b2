//go:build !linux

package guard

import "log/slog"

// confine has nothing to confine the process with here.
func confine(_ *Guard, _ Options, log *slog.Logger) error {
	log.Warn("landlock is not available: the process is not confined by the kernel")
	return nil
}
