package slack

import (
	"strconv"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// messageRow is a message in JSON.
type messageRow struct {
	TS        string         `json:"ts"`
	Time      string         `json:"time"`
	Channel   string         `json:"channel,omitempty"`
	ChannelID string         `json:"channel_id,omitempty"`
	UserID    string         `json:"user_id,omitempty"`
	User      string         `json:"user"`
	Text      string         `json:"text"`
	ThreadTS  string         `json:"thread_ts,omitempty"`
	Replies   int            `json:"replies,omitempty"`
	Edited    bool           `json:"edited,omitempty"`
	Reactions map[string]int `json:"reactions,omitempty"`
	Files     []fileRow      `json:"files,omitempty"`
	Permalink string         `json:"permalink,omitempty"`
}

// fileRow is a file in JSON.
type fileRow struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	MIME string `json:"mimetype,omitempty"`
	Size int    `json:"size,omitempty"`
}

func (p *page) rows() []messageRow {
	out := make([]messageRow, len(p.messages))
	for i := range p.messages {
		m := &p.messages[i]
		out[i] = messageRow{
			TS: m.TS, Time: wire.Time(m.TS).Format(time.RFC3339), UserID: m.User, User: p.author(m), Channel: p.places[m.Channel], ChannelID: m.Channel,
			Text: string(mrkdwn.Append(nil, m.Text, "", p.names)), ThreadTS: m.ThreadTS, Replies: m.Replies, Edited: m.Edited, Permalink: m.Permalink,
		}
		for _, r := range m.Reactions {
			if out[i].Reactions == nil {
				out[i].Reactions = map[string]int{}
			}
			out[i].Reactions[line(r.Name, 60)] = r.Count
		}
		for _, f := range m.Files {
			out[i].Files = append(out[i].Files, fileRow{f.ID, line(f.Name, 120), line(f.MIME, 60), f.Size})
		}
	}
	return out
}

func (p *page) json() string {
	out := struct {
		Channel   string       `json:"channel,omitempty"`
		ChannelID string       `json:"channel_id,omitempty"`
		ThreadTS  string       `json:"thread_ts,omitempty"`
		Messages  []messageRow `json:"messages"`
		Withheld  int          `json:"withheld,omitempty"`
		Next      string       `json:"next_cursor,omitempty"`
		Note      string       `json:"note,omitempty"`
	}{ThreadTS: p.thread, Messages: p.rows(), Withheld: p.withheld, Next: p.next, Note: p.note}
	if p.channel != nil {
		out.Channel, out.ChannelID = title(&p.channel.Channel, p.names.User), p.channel.ID
	}
	return asJSON(out)
}

func (p *page) csv() string {
	records := [][]string{{"ts", "time", "channel", "user_id", "user", "thread_ts", "replies", "reactions", "files", "text"}}
	for _, r := range p.rows() {
		var reactions, files []string
		for name, n := range r.Reactions {
			reactions = append(reactions, name+":"+strconv.Itoa(n))
		}
		for _, f := range r.Files {
			files = append(files, f.ID+" "+f.Name)
		}
		where := r.Channel
		if where == "" && p.channel != nil {
			where = title(&p.channel.Channel, p.names.User)
		}
		records = append(records, []string{
			r.TS, r.Time, where, r.UserID, r.User, r.ThreadTS, strconv.Itoa(r.Replies), strings.Join(reactions, " "), strings.Join(files, "; "),
			strings.ReplaceAll(r.Text, "\n", " ⏎ "), // one message is one line, whoever reads it
		})
	}
	return asCSV(records) + remarks(p.withheld, "message", p.next, p.note)
}
