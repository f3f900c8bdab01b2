package mcpcore

import "errors"

// Hint adds to err what its reader can do next. The model reads it behind the
// error ("…\nhint: …"), a person reads it on a line of its own. A fix names a
// real tool, argument or flag. Hint(nil, …) is nil.
func Hint(err error, fix string) error {
	if err == nil {
		return nil
	}
	return &hinted{err: err, fix: fix}
}

type hinted struct {
	err error
	fix string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// HintOf returns the outermost hint that err carries, or "".
func HintOf(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.fix
	}
	return ""
}
