package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// Sample is the sample workspace, which takes what is written and forgets it
// when it is closed.
type Sample struct {
	*Store
	planned []wire.Scheduled
	serial  int
}

// Writer is the sample's bot.
func (m *Sample) Writer(context.Context) (wire.Self, error) { return m.self, nil }

// Target looks a conversation up.
func (m *Sample) Target(ctx context.Context, id string) (wire.Channel, error) {
	return m.Channel(ctx, id)
}

// Sent gives one message.
func (m *Sample) Sent(_ context.Context, id, ts string) (wire.Message, error) {
	c, err := m.find(id)
	if err != nil {
		return wire.Message{}, err
	}
	if found := m.message(c, ts); found != nil {
		return *found, nil
	}
	return wire.Message{}, fmt.Errorf("message %s in %s: %w", ts, id, wire.ErrNotFound)
}

// Recent gives what was said since a time.
func (m *Sample) Recent(ctx context.Context, id, thread string, since time.Time) ([]wire.Message, error) {
	span := wire.Span{Oldest: wire.Stamp(since), Limit: 100}
	page, err := m.History(ctx, id, span)
	if thread != "" {
		page, err = m.Replies(ctx, id, thread, span)
	}
	return page.Items, err
}

// Post adds a message.
func (m *Sample) Post(_ context.Context, d wire.Draft) (string, error) {
	c, err := m.find(d.Channel)
	if err != nil {
		return "", err
	}
	if c.Archived {
		return "", errors.New("the channel is archived: nothing can be written to it")
	}
	ts := wire.Stamp(time.Now())
	text := d.Text
	if d.Blocks != nil {
		text = wire.BlocksText(d.Blocks)
	}
	day := folderOf(c) + "/" + wire.Time(ts).Format(time.DateOnly) + ".json"
	err = m.change(c, day, func(list []wire.Message) []wire.Message {
		return append(list, wire.Message{TS: ts, ThreadTS: d.Thread, User: m.self.UserID, Text: text})
	})
	if err != nil || d.Thread == "" {
		return ts, err
	}
	return ts, m.edit(c, d.Thread, func(first *wire.Message) {
		first.ThreadTS, first.LatestReply = first.TS, ts
		first.Replies++
	})
}

func folderOf(c *channel) string {
	if c.IM {
		return c.ID
	}
	return c.Name
}

// change replaces the messages of a day.
func (m *Sample) change(c *channel, day string, how func([]wire.Message) []wire.Message) error {
	list, err := m.day(day)
	if err != nil && !errors.Is(err, wire.ErrNotFound) {
		return err
	}
	changed := how(slices.Clone(list))
	m.mu.Lock()
	m.memory[day] = changed
	delete(m.days, day)
	m.order = slices.DeleteFunc(m.order, func(name string) bool { return name == day })
	if !slices.Contains(c.days, day) {
		days := append(slices.Clone(c.days), day)
		slices.Sort(days)
		c.days = days
	}
	m.mu.Unlock()
	m.building.Lock()
	m.index = nil
	m.building.Unlock()
	return nil
}

// edit changes one message.
func (m *Sample) edit(c *channel, ts string, how func(*wire.Message)) error {
	found := false
	for _, day := range m.daysOf(c) {
		list, err := m.day(day)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(x wire.Message) bool { return x.TS == ts })
		if i < 0 {
			continue
		}
		found = true
		if err := m.change(c, day, func(list []wire.Message) []wire.Message {
			if how == nil {
				return slices.Delete(list, i, i+1)
			}
			how(&list[i])
			return list
		}); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("message %s in %s: %w", ts, c.ID, wire.ErrNotFound)
	}
	return nil
}

// Update replaces the text of a message.
func (m *Sample) Update(_ context.Context, ts string, d wire.Draft) error {
	c, err := m.find(d.Channel)
	if err != nil {
		return err
	}
	return m.edit(c, ts, func(x *wire.Message) { x.Text, x.Edited = d.Text, true })
}

// Delete takes a message away.
func (m *Sample) Delete(_ context.Context, id, ts string) error {
	c, err := m.find(id)
	if err != nil {
		return err
	}
	return m.edit(c, ts, nil)
}

// Schedule notes a message; nothing sends it.
func (m *Sample) Schedule(_ context.Context, d wire.Draft, at time.Time) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.serial++
	id := "Q0DEMO" + strconv.Itoa(m.serial)
	m.planned = append(m.planned, wire.Scheduled{ID: id, Channel: d.Channel, Text: d.Text, At: at.Unix()})
	return id, nil
}

// Scheduled lists what was noted.
func (m *Sample) Scheduled(_ context.Context, id string) ([]wire.Scheduled, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.planned), func(s wire.Scheduled) bool { return id != "" && s.Channel != id }), nil
}

// Unschedule forgets one.
func (m *Sample) Unschedule(_ context.Context, channel, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.planned)
	m.planned = slices.DeleteFunc(m.planned, func(s wire.Scheduled) bool { return s.ID == id && s.Channel == channel })
	if len(m.planned) == before {
		return fmt.Errorf("scheduled message %s: %w", id, wire.ErrNotFound)
	}
	return nil
}

// React adds a reaction or takes it away.
func (m *Sample) React(_ context.Context, id, ts, emoji string, add bool) error {
	c, err := m.find(id)
	if err != nil {
		return err
	}
	return m.edit(c, ts, func(x *wire.Message) {
		reactions := slices.DeleteFunc(slices.Clone(x.Reactions), func(r wire.Reaction) bool {
			return r.Name == emoji && slices.Equal(r.Users, []string{m.self.UserID})
		})
		if add {
			reactions = append(reactions, wire.Reaction{Name: emoji, Count: 1, Users: []string{m.self.UserID}})
		}
		x.Reactions = reactions
	})
}

// OpenDirect finds the direct messages with one user.
func (m *Sample) OpenDirect(_ context.Context, users []string) (string, error) {
	for _, c := range m.channels {
		if c.IM && len(users) == 1 && c.User == users[0] {
			return c.ID, nil
		}
	}
	return "", errors.New("the sample workspace has direct messages with Ada Okafor alone")
}

// Mark notes up to where a conversation was read.
func (m *Sample) Mark(_ context.Context, id, ts string) error {
	c, err := m.find(id)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c.LastRead = ts
	return nil
}

// Upload posts the name of the file, with its text as a preview.
func (m *Sample) Upload(ctx context.Context, u wire.Upload) (string, error) {
	c, err := m.find(u.Channel)
	if err != nil {
		return "", err
	}
	ts, err := m.Post(ctx, wire.Draft{Channel: u.Channel, Thread: u.Thread, Text: u.Comment})
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	m.serial++
	id := "F0DEMO" + strconv.Itoa(m.serial)
	m.mu.Unlock()
	f := wire.File{ID: id, Name: u.Name, Title: u.Title, Size: len(u.Content), User: m.self.UserID, Preview: string(u.Content), MIME: "text/plain"}
	return id, m.edit(c, ts, func(x *wire.Message) { x.Files = []wire.File{f} })
}
