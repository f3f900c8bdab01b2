package archive

import (
	"archive/zip"
	"bytes"
	_ "embed" // of the sample
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// sample is a workspace of a few weeks as a script: see demo.txt itself.
//
//go:embed demo.txt
var sample string

// DemoUser is whom the sample workspace's token belongs to.
const DemoUser = "U00BOT001"

// Demo makes the sample workspace, as it would be at a time.
func Demo(now time.Time) (*Sample, error) {
	script, err := parseScript(sample, now)
	if err != nil {
		return nil, err
	}
	raw, err := script.zip()
	if err != nil {
		return nil, err
	}
	s, err := FromBytes(raw)
	if err != nil {
		return nil, err
	}
	s.self = wire.Self{Team: "Tidewater Labs", TeamID: "T00DEMO01", URL: "https://tidewater-demo.slack.com/", User: "toolbelt", UserID: DemoUser}
	for _, c := range s.channels {
		members := script.members[c.ID]
		c.Member, c.LastRead = slices.Contains(members, DemoUser), wire.Stamp(now.AddDate(0, 0, -2))
		if c.IM {
			c.User = members[1]
		}
	}
	s.groups = script.groups
	return &Sample{Store: s}, nil
}

// script is the sample as an export's JSON.
type script struct {
	lists    map[string][]any // users.json, channels.json and the like
	messages map[string][]any // by path of the day
	members  map[string][]string
	handles  map[string]string // ids of users by handle
	groups   []wire.Group

	folder string
	now    time.Time
	last   map[string]string // timestamp of the last message that began a thread, by folder
	serial int
}

func parseScript(text string, now time.Time) (*script, error) {
	s := &script{
		lists: map[string][]any{}, messages: map[string][]any{}, members: map[string][]string{}, handles: map[string]string{},
		last: map[string]string{}, now: now.UTC(),
	}
	for n, line := range strings.Split(text, "\n") {
		if err := s.line(line); err != nil {
			return nil, fmt.Errorf("demo.txt:%d: %w", n+1, err)
		}
	}
	return s, nil
}

func (s *script) line(line string) error {
	switch fields := strings.Split(line, "\t"); {
	case line == "" || strings.HasPrefix(line, "//"):
	case fields[0] == "user" && len(fields) == 5:
		s.handles[fields[2]] = fields[1]
		s.lists["users.json"] = append(s.lists["users.json"], map[string]any{
			"id": fields[1], "team_id": "T00DEMO01", "name": fields[2], "real_name": fields[3], "is_bot": fields[4] == "bot",
			"profile": map[string]any{"display_name": fields[3], "title": fields[4]},
		})
	case fields[0] == "group" && len(fields) == 5:
		g := wire.Group{ID: fields[1], Handle: fields[2], Name: fields[3]}
		for handle := range strings.SplitSeq(fields[4], ",") {
			g.Users = append(g.Users, s.handles[handle])
		}
		g.Count = len(g.Users)
		s.groups = append(s.groups, g)
	case fields[0] == "channel" && len(fields) == 7:
		s.channel(fields[1], fields[2], fields[3], strings.Split(fields[4], ","), fields[5], fields[6])
	case strings.HasPrefix(fields[0], "-") && len(fields) == 3:
		return s.message(fields[0], fields[1], fields[2])
	default:
		return fmt.Errorf("%q is nothing", line)
	}
	return nil
}

func (s *script) channel(kind, id, name string, members []string, topic, purpose string) {
	ids := []string{}
	for _, m := range members {
		ids = append(ids, s.handles[m])
	}
	s.members[id], s.folder = ids, name
	list := map[string]string{"public": "channels.json", "external": "channels.json", "archived": "channels.json", "private": "groups.json", "im": "dms.json"}[kind]
	c := map[string]any{
		"id": id, "name": name, "created": s.now.AddDate(-1, 0, 0).Unix(), "members": ids, "is_general": name == "general", "is_archived": kind == "archived",
		"is_ext_shared": kind == "external", "topic": map[string]any{"value": topic}, "purpose": map[string]any{"value": purpose},
	}
	if kind == "im" {
		s.folder = id
		delete(c, "name")
	}
	s.lists[list] = append(s.lists[list], c)
}

// message adds one: when is -3d09:14, or -3d09:14> for a reply to the one above.
func (s *script) message(when, who, text string) error {
	days, clock, ok := strings.Cut(strings.TrimSuffix(when[1:], ">"), "d")
	if !ok {
		return fmt.Errorf("%q is no time", when)
	}
	var ago, hour, minute int
	if _, err := fmt.Sscanf(days+" "+clock, "%d %d:%d", &ago, &hour, &minute); err != nil {
		return err
	}
	day := s.now.AddDate(0, 0, -ago)
	t := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, time.UTC)
	if t.After(s.now) {
		t = s.now.Add(-time.Minute)
	}
	s.serial++
	ts := wire.Stamp(t.Add(time.Duration(s.serial*100) * time.Microsecond))
	text = strings.ReplaceAll(text, `\n`, "\n")
	for handle, id := range s.handles {
		text = strings.ReplaceAll(text, "<@"+handle+">", "<@"+id+">")
	}
	text, reactions := s.reactions(text)
	m := map[string]any{"type": "message", "ts": ts, "user": s.handles[who], "text": text, "reactions": reactions}
	if s.handles[who] == "" {
		return fmt.Errorf("there is no user %q", who)
	}
	if strings.HasSuffix(when, ">") {
		m["thread_ts"] = s.last[s.folder]
		s.replied(s.last[s.folder], ts)
	} else {
		s.last[s.folder] = ts
	}
	file := path.Join(s.folder, t.Format("2006-01-02")+".json")
	s.messages[file] = append(s.messages[file], m)
	return nil
}

// reactions cuts {+1 ada,lin} off the end of a text.
func (s *script) reactions(text string) (string, []any) {
	body, marks, ok := strings.Cut(text, " {")
	if !ok {
		return text, nil
	}
	var out []any
	for mark := range strings.SplitSeq(strings.TrimSuffix(marks, "}"), "; ") {
		name, who, _ := strings.Cut(mark, " ")
		users := []string{}
		for handle := range strings.SplitSeq(who, ",") {
			users = append(users, s.handles[handle])
		}
		out = append(out, map[string]any{"name": name, "count": len(users), "users": users})
	}
	return body, out
}

// replied counts a reply where the thread begins.
func (s *script) replied(thread, ts string) {
	for _, messages := range s.messages {
		for _, m := range messages {
			if m := m.(map[string]any); m["ts"] == thread {
				n, _ := m["reply_count"].(int)
				m["thread_ts"], m["reply_count"], m["latest_reply"] = thread, n+1, ts
			}
		}
	}
}

// zip writes the script as an export.
func (s *script) zip() ([]byte, error) {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, part := range []map[string][]any{s.lists, s.messages} {
		for name, list := range part {
			f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
			if err != nil {
				return nil, err
			}
			if err := json.NewEncoder(f).Encode(list); err != nil {
				return nil, err
			}
		}
	}
	err := w.Close()
	return buf.Bytes(), err
}
