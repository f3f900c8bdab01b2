package guard

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

const (
	directoryPage   = 500             // users of one call
	directoryMost   = 200_000         // that are kept
	directoryBudget = 4 * time.Second // for which a call waits
	directoryStays  = 15 * time.Minute
)

// directory is who there is, read page by page in the background once somebody
// searches. It keeps names alone.
type directory struct {
	back backend

	mu    sync.Mutex
	users []wire.User
	stop  context.CancelFunc
	done  chan struct{} // closed when the reading has ended
	ended time.Time
	err   error
}

// begin starts the reading, where it is due, and returns what is closed when it
// ends.
func (d *directory) begin() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done != nil && (d.ended.IsZero() || d.err == nil && time.Since(d.ended) < directoryStays) {
		return d.done
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	d.users, d.done, d.stop, d.ended, d.err = nil, done, stop, time.Time{}, nil
	go d.read(ctx, done)
	return done
}

func (d *directory) read(ctx context.Context, done chan struct{}) {
	defer close(done)
	cursor, count := "", 0
	var err error
	for count < directoryMost && ctx.Err() == nil {
		var page wire.Page[wire.User]
		page, err = d.back.UserPage(ctx, cursor, directoryPage)
		if l, ok := asLimited(err); ok {
			if err = sleep(ctx, l.after); err != nil {
				break
			}
			continue
		}
		if err != nil {
			break
		}
		d.mu.Lock()
		for _, u := range page.Items {
			d.users = append(d.users, wire.User{ID: u.ID, Name: u.Name, Display: u.Display, Real: u.Real, Title: u.Title, Deleted: u.Deleted, Bot: u.Bot, Stranger: u.Stranger})
		}
		count = len(d.users)
		d.mu.Unlock()
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	d.mu.Lock()
	d.ended, d.err = time.Now(), err
	d.mu.Unlock()
}

// close ends the reading.
func (d *directory) close() {
	d.mu.Lock()
	stop, done := d.stop, d.done
	d.mu.Unlock()
	if stop != nil {
		stop()
		<-done
	}
}

// People are the users that were found.
type People struct {
	Users []wire.User
	Next  int // where to go on; 0 at the end
	Note  string
}

// SearchUsers finds users who have all words in their names or titles. Where
// the directory is not read to its end in time, it finds those among the
// first, and says so.
func (w *Workspace) SearchUsers(ctx context.Context, words string, start, limit int) (People, error) {
	done := w.people.begin()
	patience := time.NewTimer(directoryBudget)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
	case <-ctx.Done():
		return People{}, ctx.Err()
	}
	w.people.mu.Lock()
	defer w.people.mu.Unlock()
	var out People
	all := strings.Fields(strings.ToLower(strings.TrimPrefix(words, "@")))
	found := 0
	for i := range w.people.users {
		u := &w.people.users[i]
		if !hasAll(u, all) {
			continue
		}
		if found++; found <= start {
			continue
		}
		if len(out.Users) == limit {
			out.Next = start + limit
			break
		}
		out.Users = append(out.Users, *u)
	}
	switch {
	case w.people.ended.IsZero():
		out.Note = fmt.Sprintf("the directory is still being read: %d users so far; ask again in a while for all", len(w.people.users))
	case w.people.err != nil && len(w.people.users) == 0:
		return out, w.people.err
	case w.people.err != nil:
		out.Note = fmt.Sprintf("not all users: only %d could be read: %v", len(w.people.users), w.people.err)
	}
	return out, nil
}

func hasAll(u *wire.User, words []string) bool {
	for _, word := range words {
		if !containsFold(u.Name, word) && !containsFold(u.Display, word) && !containsFold(u.Real, word) && !containsFold(u.Title, word) {
			return false
		}
	}
	return true
}

func containsFold(text, word string) bool { return strings.Contains(strings.ToLower(text), word) }

var emailLike = regexp.MustCompile(`^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$`)

// UsersByID finds users by their ids.
func (w *Workspace) UsersByID(ctx context.Context, ids []string) ([]wire.User, error) {
	for _, id := range ids {
		if !userID.MatchString(id) {
			return nil, mcpcore.Hint(fmt.Errorf("%q is no id of a user", clip(id)), "send ids such as U0123ABCD, or a part of the name as query")
		}
	}
	users, err := w.back.Users(ctx, ids)
	for i := range users {
		w.names.learnUser(&users[i])
	}
	return users, err
}

// UserByEmail finds the user who has an address.
func (w *Workspace) UserByEmail(ctx context.Context, email string) (wire.User, error) {
	if !emailLike.MatchString(email) {
		return wire.User{}, mcpcore.Hint(fmt.Errorf("this is no e-mail address"), "search by a part of the name as query")
	}
	return w.back.UserByEmail(ctx, email)
}
