package slack

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// line is a text of one line, at most so many characters.
func line(text string, most int) string { return mrkdwn.Line(text, most) }

// channelTable is a list of conversations.
type channelTable struct {
	rows     []wire.Channel
	names    *guard.Names
	withheld int
	next     string
	note     string
}

// channelRow is one of them in JSON.
type channelRow struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Kinds   []string `json:"kinds"`
	Member  bool     `json:"member"`
	Members int      `json:"members,omitempty"`
	Topic   string   `json:"topic,omitempty"`
	Purpose string   `json:"purpose,omitempty"`
}

func (t *channelTable) write(format string) string {
	rows := make([]channelRow, len(t.rows))
	for i := range t.rows {
		c := &t.rows[i]
		rows[i] = channelRow{c.ID, title(c, t.names.User), c.Kinds(), c.Member, max(c.Members, 0), line(c.Topic, 120), line(c.Purpose, 120)}
	}
	switch format {
	case "json":
		return asJSON(struct {
			Channels []channelRow `json:"channels"`
			Withheld int          `json:"withheld,omitempty"`
			Next     string       `json:"next_cursor,omitempty"`
			Note     string       `json:"note,omitempty"`
		}{rows, t.withheld, t.next, t.note})
	case "csv":
		records := [][]string{{"id", "name", "kinds", "member", "members", "topic", "purpose"}}
		for i := range rows {
			r := &rows[i]
			records = append(records, []string{r.ID, r.Name, strings.Join(r.Kinds, " "), strconv.FormatBool(r.Member), strconv.Itoa(r.Members), r.Topic, r.Purpose})
		}
		return asCSV(records) + remarks(t.withheld, "conversation", t.next, t.note)
	}
	var b strings.Builder
	for i := range rows {
		r := &rows[i]
		b.WriteString(r.Name + " " + r.ID + marks(&t.rows[i]))
		if r.Members > 0 {
			b.WriteString(", " + plural(r.Members, "member"))
		}
		if r.Topic == "" {
			r.Topic = r.Purpose
		}
		if r.Topic != "" {
			b.WriteString(": " + r.Topic)
		}
		b.WriteByte('\n')
	}
	if len(rows) == 0 {
		b.WriteString("no conversations\n")
	}
	return b.String() + remarks(t.withheld, "conversation", t.next, t.note)
}

// remarks are what is said below a list.
func remarks(withheld int, what, next, note string) string {
	out := ""
	if withheld > 0 {
		out += fmt.Sprintf("[withheld by the rules: %s]\n", plural(withheld, what))
	}
	if note != "" {
		out += "[" + line(note, 400) + "]\n"
	}
	if next != "" {
		out += "[more: cursor " + line(next, 1000) + "]\n"
	}
	return out
}

func asJSON(v any) string {
	raw, err := schema.Marshal(v)
	if err != nil {
		return err.Error() // of a type that has no form in JSON: none of ours
	}
	return string(raw)
}

func asCSV(records [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(records) // to memory
	return b.String()
}
