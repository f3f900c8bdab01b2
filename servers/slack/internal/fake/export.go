package fake

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// words are what generated messages are made of; each is in many of them.
var words = strings.Fields(`the of deploy to release and we search index for build is service on cache a test with database plan
	review it that latency customer this error from request team at week be have can will api client server token queue retry page
	meeting note draft budget metric graph alert bug fix merge branch commit docs design feature user login session export import file`)

// Sentence is a text of n words, the same for the same seed.
func Sentence(seed, n int) string {
	var b strings.Builder
	x := uint64(seed)*2654435761 + 12345
	for i := range n {
		x = x*6364136223846793005 + 1442695040888963407
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(words[(x>>33)%uint64(len(words))])
	}
	return b.String()
}

// Needle is in the one message of a generated export that has this number.
func Needle(n int) string { return fmt.Sprintf("needle%dx", n) }

// Export writes an export with so many messages in so many channels over a
// year: a third of them replies, and the word Needle(i) in each thousandth.
func Export(w io.Writer, messages, channels, users int) error {
	z := zip.NewWriter(w)
	put := func(name string, v any) error {
		f, err := z.Create(name)
		if err != nil {
			return err
		}
		return json.NewEncoder(f).Encode(v)
	}
	var people, ids, list []any
	for i := range users {
		ids = append(ids, fmt.Sprintf("U%08d", i))
		people = append(people, object{"id": ids[i], "name": fmt.Sprintf("user%d", i), "profile": object{"display_name": fmt.Sprintf("User %d", i), "email": fmt.Sprintf("user%d@x.example", i)}})
	}
	for i := range channels {
		list = append(list, object{"id": fmt.Sprintf("C%08d", i), "name": fmt.Sprintf("channel-%d", i), "members": ids[:min(20, users)], "topic": object{"value": "topic"}})
	}
	if err := put("users.json", people); err != nil {
		return err
	}
	if err := put("channels.json", list); err != nil {
		return err
	}
	begin := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	per := messages / channels
	for c := range channels {
		days := map[string][]any{}
		var order []string
		thread := ""
		for i := range per {
			at := begin.Add(time.Duration(i) * 365 * 24 * time.Hour / time.Duration(per))
			n := c*per + i
			text := Sentence(n, 12+n%10)
			if n%1000 == 0 {
				text += " " + Needle(n)
			}
			ts := fmt.Sprintf("%d.%06d", at.Unix(), n%1000000)
			m := object{"type": "message", "user": ids[n%users], "ts": ts, "text": text, "client_msg_id": fmt.Sprintf("%032d", n), "team": "T0FAKE001",
				"blocks": []any{object{"type": "rich_text", "block_id": "x", "elements": []any{object{"type": "rich_text_section", "elements": []any{object{"type": "text", "text": text}}}}}}}
			switch n % 3 {
			case 0:
				thread = ts
				m["thread_ts"], m["reply_count"] = ts, 2
			default:
				m["thread_ts"] = thread
			}
			day := at.Format(time.DateOnly)
			if days[day] == nil {
				order = append(order, day)
			}
			days[day] = append(days[day], m)
		}
		for _, day := range order {
			if err := put(fmt.Sprintf("channel-%d/%s.json", c, day), days[day]); err != nil {
				return err
			}
		}
	}
	return z.Close()
}
