// Package archive reads an export of a Slack workspace: a ZIP of JSON files, a
// folder for each channel with a file for each day. Opening one reads the lists
// of channels and users; messages are read day by day as they are asked for.
package archive

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Store is an open export. All its methods only read.
type Store struct {
	files    *files
	channels []*channel // sorted by name
	byID     map[string]*channel
	users    map[string]wire.User
	ids      []string // of users, sorted by name
	self     wire.Self
	groups   []wire.Group

	mu     sync.Mutex                // and of the days of channels
	memory map[string][]wire.Message // of days that were written to, in the sample
	days   map[string][]wire.Message // decoded, newest use last in order
	order  []string

	building sync.Mutex
	index    *index // nil until somebody searches
}

// channel is a conversation and the files that hold it.
type channel struct {
	wire.Channel
	days    []string // paths, oldest first
	members []string
	pins    []wire.Pin // Title is the timestamp of the message
}

// lists are the files that tell of conversations, and what those are.
var lists = []struct {
	file string
	set  func(*wire.Channel)
}{
	{"channels.json", func(c *wire.Channel) { c.Private = false }},
	{"groups.json", func(c *wire.Channel) { c.Private = true }},
	{"mpims.json", func(c *wire.Channel) { c.Private, c.MPIM = true, true }},
	{"dms.json", func(c *wire.Channel) { c.Private, c.IM = true, true }},
}

// Open opens the export in a file.
func Open(name string) (*Store, error) {
	f, err := openZip(name)
	if err != nil {
		return nil, err
	}
	s, err := newStore(f)
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	return s, nil
}

// FromBytes opens an export in memory.
func FromBytes(raw []byte) (*Store, error) {
	f, err := readZip(raw)
	if err != nil {
		return nil, err
	}
	return newStore(f)
}

func newStore(f *files) (*Store, error) {
	s := &Store{files: f, byID: map[string]*channel{}, users: map[string]wire.User{}, days: map[string][]wire.Message{}, memory: map[string][]wire.Message{}}
	s.self = wire.Self{Team: "export", TeamID: "export"}
	if err := s.readUsers(); err != nil {
		return nil, err
	}
	found := false
	for _, list := range lists {
		raw, err := f.read(list.file)
		if errors.Is(err, wire.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = true
		for _, e := range jsonrpc.Elements(raw) {
			s.addChannel(e, list.set)
		}
	}
	if !found {
		return nil, errors.New("it holds no channels.json, groups.json, mpims.json or dms.json at its top, and so is no export of Slack")
	}
	slices.SortFunc(s.channels, func(a, b *channel) int { return strings.Compare(a.Name, b.Name) })
	return s, nil
}

func (s *Store) addChannel(raw []byte, set func(*wire.Channel)) {
	c := &channel{Channel: wire.ReadChannel(raw)}
	if c.ID == "" || s.byID[c.ID] != nil {
		return
	}
	set(&c.Channel)
	c.Member = true // as the export is a view of what somebody could read
	members := wire.Texts(wire.Field(raw, "members"))
	c.Members, c.members = len(members), members
	for _, p := range jsonrpc.Elements(wire.Field(raw, "pins")) {
		c.pins = append(c.pins, wire.Pin{
			Kind: "message", Title: wire.Text(wire.Field(p, "id")), By: wire.Text(wire.Field(p, "user")), Created: wire.Int64(wire.Field(p, "created")),
		})
	}
	folder := c.Name
	if c.IM {
		folder = c.ID
		c.Name = ""
		for _, m := range members {
			if c.User == "" || c.User == s.self.UserID {
				c.User = m
			}
		}
	}
	c.days = s.files.days[folder]
	if len(c.days) == 0 {
		c.days = s.files.days[c.ID]
	}
	s.byID[c.ID] = c
	s.channels = append(s.channels, c)
}

func (s *Store) readUsers() error {
	for _, name := range []string{"users.json", "org_users.json"} {
		raw, err := s.files.read(name)
		if errors.Is(err, wire.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range jsonrpc.Elements(raw) {
			if u := wire.ReadUser(e); u.ID != "" {
				s.users[u.ID] = u
				s.ids = append(s.ids, u.ID)
			}
		}
	}
	slices.SortFunc(s.ids, func(a, b string) int {
		return strings.Compare(strings.ToLower(s.users[a].Name), strings.ToLower(s.users[b].Name))
	})
	return nil
}

// Close closes the file.
func (s *Store) Close() error { return s.files.close() }

// Self says that the export is nobody's.
func (s *Store) Self(context.Context) (wire.Self, error) { return s.self, nil }

// keptDays is how many decoded files of one day are kept.
const keptDays = 64

// day gives the messages of one file, oldest first.
func (s *Store) day(name string) ([]wire.Message, error) {
	s.mu.Lock()
	messages, ok := s.days[name]
	s.mu.Unlock()
	if ok {
		return messages, nil
	}
	messages, err := s.readDay(name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) >= keptDays {
		delete(s.days, s.order[0])
		s.order = s.order[1:]
	}
	if _, ok := s.days[name]; !ok {
		s.order = append(s.order, name)
	}
	s.days[name] = messages
	return messages, nil
}

// readDay is day without keeping anything.
func (s *Store) readDay(name string) ([]wire.Message, error) {
	s.mu.Lock()
	written, ok := s.memory[name]
	s.mu.Unlock()
	if ok {
		return written, nil
	}
	raw, err := s.files.read(name)
	if err != nil {
		return nil, err
	}
	messages := wire.ReadMessages(raw)
	slices.SortStableFunc(messages, func(a, b wire.Message) int { return compare(a.TS, b.TS) })
	return messages, nil
}

func compare(a, b string) int {
	switch {
	case a == b:
		return 0
	case wire.Less(a, b):
		return -1
	}
	return 1
}

// daysOf are the files of a conversation.
func (s *Store) daysOf(c *channel) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.days
}

func (s *Store) find(id string) (*channel, error) {
	c := s.byID[id]
	if c == nil {
		return nil, fmt.Errorf("channel %s: %w in the export", id, wire.ErrNotFound)
	}
	return c, nil
}

// dateOf is the day that a file is of.
func dateOf(name string) string { return strings.TrimSuffix(path.Base(name), ".json") }
