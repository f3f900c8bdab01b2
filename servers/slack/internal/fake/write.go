package fake

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// mayWrite says why nothing may be written to a channel, or "".
func (s *Server) mayWrite(id, who string) (*Channel, string) {
	c := s.seen(id, who)
	switch {
	case c == nil:
		return nil, "channel_not_found"
	case c.is("is_archived"):
		return nil, "is_archived"
	case !c.has(who):
		return nil, "not_in_channel"
	}
	return c, ""
}

// blocksOf checks blocks as far as Slack does.
func blocksOf(args url.Values) ([]map[string]any, bool) {
	raw := args.Get("blocks")
	if raw == "" {
		return nil, true
	}
	var out []map[string]any
	if json.Unmarshal([]byte(raw), &out) != nil {
		return nil, false
	}
	for _, b := range out {
		if text(b, "type") == "" {
			return nil, false
		}
	}
	return out, true
}

func post(s *Server, args url.Values, who string) object {
	c, why := s.mayWrite(args.Get("channel"), who)
	if c == nil {
		return refuse(why)
	}
	blocks, ok := blocksOf(args)
	switch {
	case !ok:
		return refuse("invalid_blocks")
	case args.Get("text") == "" && len(blocks) == 0:
		return refuse("no_text")
	case len(args.Get("text")) > 40000:
		return refuse("msg_too_long")
	}
	ts := s.now()
	m := map[string]any{"type": "message", "ts": ts, "user": who, "text": args.Get("text")}
	if who == BotUser {
		m["bot_id"] = BotID
	}
	if blocks != nil {
		m["blocks"] = blocks
	}
	if t := args.Get("thread_ts"); t != "" {
		m["thread_ts"] = t
		for _, first := range c.Messages {
			if text(first, "ts") == t {
				n, _ := first["reply_count"].(int)
				first["thread_ts"], first["reply_count"], first["latest_reply"] = t, n+1, ts
			}
		}
	}
	c.Messages = append(c.Messages, m)
	return object{"channel": c.ID(), "ts": ts, "message": m}
}

func (s *Server) own(args url.Values, who string) (*Channel, int, string) {
	c, why := s.mayWrite(args.Get("channel"), who)
	if c == nil {
		return nil, 0, why
	}
	i := slices.IndexFunc(c.Messages, func(m map[string]any) bool { return text(m, "ts") == args.Get("ts") })
	if i < 0 {
		return nil, 0, "message_not_found"
	}
	return c, i, ""
}

func update(s *Server, args url.Values, who string) object {
	c, i, why := s.own(args, who)
	if c == nil {
		return refuse(why)
	}
	if c.Messages[i]["user"] != who {
		return refuse("cant_update_message")
	}
	c.Messages[i]["text"], c.Messages[i]["edited"] = args.Get("text"), map[string]any{"user": who, "ts": s.now()}
	if blocks, ok := blocksOf(args); ok && blocks != nil {
		c.Messages[i]["blocks"] = blocks
	}
	return object{"channel": c.ID(), "ts": args.Get("ts"), "text": args.Get("text")}
}

func remove(s *Server, args url.Values, who string) object {
	c, i, why := s.own(args, who)
	if c == nil {
		return refuse(why)
	}
	if c.Messages[i]["user"] != who {
		return refuse("cant_delete_message")
	}
	c.Messages = slices.Delete(c.Messages, i, i+1)
	return object{"channel": c.ID(), "ts": args.Get("ts")}
}

func schedule(s *Server, args url.Values, who string) object {
	c, why := s.mayWrite(args.Get("channel"), who)
	if c == nil {
		return refuse(why)
	}
	at, err := strconv.ParseInt(args.Get("post_at"), 10, 64)
	if err != nil {
		return refuse("invalid_time")
	}
	s.serial++
	id := "Q0FAKE" + strconv.Itoa(s.serial)
	s.scheduled = append(s.scheduled, object{"id": id, "channel_id": c.ID(), "post_at": at, "text": args.Get("text"), "date_created": at})
	return object{"channel": c.ID(), "scheduled_message_id": id, "post_at": at, "message": object{"text": args.Get("text")}}
}

func planned(s *Server, args url.Values, _ string) object {
	out := []object{}
	for _, m := range s.scheduled {
		if id := args.Get("channel"); id == "" || m["channel_id"] == id {
			out = append(out, m)
		}
	}
	return paged("scheduled_messages", out, "")
}

func unschedule(s *Server, args url.Values, _ string) object {
	before := len(s.scheduled)
	s.scheduled = slices.DeleteFunc(s.scheduled, func(m map[string]any) bool {
		return m["id"] == args.Get("scheduled_message_id") && m["channel_id"] == args.Get("channel")
	})
	if len(s.scheduled) == before {
		return refuse("invalid_scheduled_message_id")
	}
	return object{}
}

// Scheduled are the messages that will be sent.
func (s *Server) Scheduled() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.scheduled)
}

func (s *Server) reactions(args url.Values, who string, change func([]map[string]any) ([]map[string]any, string)) object {
	c, why := s.mayWrite(args.Get("channel"), who)
	if c == nil {
		return refuse(why)
	}
	for _, m := range c.Messages {
		if text(m, "ts") == args.Get("timestamp") {
			list, _ := m["reactions"].([]map[string]any)
			list, why := change(list)
			if why != "" {
				return refuse(why)
			}
			m["reactions"] = list
			return object{}
		}
	}
	return refuse("message_not_found")
}

func react(s *Server, args url.Values, who string) object {
	return s.reactions(args, who, func(list []map[string]any) ([]map[string]any, string) {
		for _, r := range list {
			if users, _ := r["users"].([]string); r["name"] == args.Get("name") && slices.Contains(users, who) {
				return nil, "already_reacted"
			}
		}
		return append(list, object{"name": args.Get("name"), "count": 1, "users": []string{who}}), ""
	})
}

func unreact(s *Server, args url.Values, who string) object {
	return s.reactions(args, who, func(list []map[string]any) ([]map[string]any, string) {
		for i, r := range list {
			if users, _ := r["users"].([]string); r["name"] == args.Get("name") && slices.Contains(users, who) {
				return slices.Delete(list, i, i+1), ""
			}
		}
		return nil, "no_reaction"
	})
}

func open(s *Server, args url.Values, who string) object {
	users := strings.Split(args.Get("users"), ",")
	for _, u := range users {
		if s.user(u) == nil {
			return refuse("user_not_found")
		}
	}
	for _, c := range s.Channels {
		if c.is("is_im") && len(users) == 1 && c.has(who) && c.Info["user"] == users[0] {
			return object{"channel": described(c, who), "already_open": true}
		}
	}
	s.serial++
	kind, id := "is_im", "D0FAKE"+strconv.Itoa(s.serial)+"X"
	if len(users) > 1 {
		kind, id = "is_mpim", "G0FAKE"+strconv.Itoa(s.serial)+"X"
	}
	c := &Channel{Info: object{"id": id, kind: true, "is_private": true, "user": users[0]}, Members: append(users, who)}
	s.Channels = append(s.Channels, c)
	return object{"channel": described(c, who)}
}

func mark(s *Server, args url.Values, who string) object {
	c := s.seen(args.Get("channel"), who)
	if c == nil {
		return refuse("channel_not_found")
	}
	c.Info["last_read"] = args.Get("ts")
	return object{}
}

func join(s *Server, args url.Values, who string) object {
	c := s.seen(args.Get("channel"), who)
	if c == nil {
		return refuse("channel_not_found")
	}
	if !c.has(who) {
		c.Members = append(c.Members, who)
	}
	return object{"channel": described(c, who)}
}

func leave(s *Server, args url.Values, who string) object {
	c := s.seen(args.Get("channel"), who)
	if c == nil {
		return refuse("channel_not_found")
	}
	c.Members = slices.DeleteFunc(c.Members, func(m string) bool { return m == who })
	return object{}
}

func uploadURL(s *Server, args url.Values, who string) object {
	s.serial++
	id := "F0FAKE" + strconv.Itoa(s.serial) + "X"
	s.Files = append(s.Files, object{"id": id, "name": args.Get("filename"), "user": who, "size": args.Get("length")})
	return object{"upload_url": s.http.URL + "/upload/" + id, "file_id": id}
}

func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, "/upload/")
	if r.Header.Get("Authorization") != "" {
		s.blame("upload", "the token travels to where files are uploaded")
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.Contents[id] = raw
	s.mu.Unlock()
	_, _ = w.Write([]byte("OK - " + strconv.Itoa(len(raw))))
}

func uploaded(s *Server, args url.Values, who string) object {
	var files []map[string]any
	if json.Unmarshal([]byte(args.Get("files")), &files) != nil || len(files) == 0 {
		return refuse("invalid_arguments")
	}
	c, why := s.mayWrite(args.Get("channel_id"), who)
	if c == nil {
		return refuse(why)
	}
	for _, f := range s.Files {
		if f["id"] == files[0]["id"] {
			f["title"], f["channels"] = files[0]["title"], []string{c.ID()}
		}
	}
	m := map[string]any{"type": "message", "ts": s.now(), "user": who, "text": args.Get("initial_comment"), "files": files}
	if t := args.Get("thread_ts"); t != "" {
		m["thread_ts"] = t
	}
	c.Messages = append(c.Messages, m)
	return object{"files": files}
}

// done does nothing more than to be asked.
func done(*Server, url.Values, string) object { return object{} }

func create(s *Server, args url.Values, who string) object {
	s.serial++
	id := "C0FAKE" + strconv.Itoa(s.serial) + "X"
	c := &Channel{Info: object{"id": id, "name": args.Get("name"), "is_private": args.Get("is_private") == "true"}, Members: []string{who}}
	s.Channels = append(s.Channels, c)
	return object{"channel": described(c, who)}
}

func invite(s *Server, args url.Values, who string) object {
	c, why := s.mayWrite(args.Get("channel"), who)
	if c == nil {
		return refuse(why)
	}
	c.Members = append(c.Members, strings.Split(args.Get("users"), ",")...)
	return object{"channel": described(c, who)}
}

func createCanvas(s *Server, _ url.Values, _ string) object {
	s.serial++
	return object{"canvas_id": "F0FAKE" + strconv.Itoa(s.serial) + "X"}
}
