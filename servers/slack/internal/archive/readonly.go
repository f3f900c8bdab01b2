package archive

import (
	"context"
	"errors"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// errReadOnly is what comes of writing to an export.
var errReadOnly = errors.New("an export of a workspace cannot be written to")

// Writer is nobody.
func (s *Store) Writer(context.Context) (wire.Self, error) { return s.self, errReadOnly }

// Target refuses.
func (s *Store) Target(context.Context, string) (wire.Channel, error) {
	return wire.Channel{}, errReadOnly
}

// Sent refuses.
func (s *Store) Sent(context.Context, string, string) (wire.Message, error) {
	return wire.Message{}, errReadOnly
}

// Recent refuses.
func (s *Store) Recent(context.Context, string, string, time.Time) ([]wire.Message, error) {
	return nil, errReadOnly
}

// Post refuses.
func (s *Store) Post(context.Context, wire.Draft) (string, error) { return "", errReadOnly }

// Update refuses.
func (s *Store) Update(context.Context, string, wire.Draft) error { return errReadOnly }

// Delete refuses.
func (s *Store) Delete(context.Context, string, string) error { return errReadOnly }

// Schedule refuses.
func (s *Store) Schedule(context.Context, wire.Draft, time.Time) (string, error) {
	return "", errReadOnly
}

// Scheduled gives none.
func (s *Store) Scheduled(context.Context, string) ([]wire.Scheduled, error) { return nil, nil }

// Unschedule refuses.
func (s *Store) Unschedule(context.Context, string, string) error { return errReadOnly }

// React refuses.
func (s *Store) React(context.Context, string, string, string, bool) error { return errReadOnly }

// OpenDirect refuses.
func (s *Store) OpenDirect(context.Context, []string) (string, error) { return "", errReadOnly }

// Mark refuses.
func (s *Store) Mark(context.Context, string, string) error { return errReadOnly }

// Upload refuses.
func (s *Store) Upload(context.Context, wire.Upload) (string, error) { return "", errReadOnly }
