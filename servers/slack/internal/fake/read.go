package fake

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func authTest(_ *Server, _ url.Values, who string) object {
	out := object{"url": "https://fake.slack.com/", "team": "Fake", "team_id": "T0FAKE001", "user": "human", "user_id": who}
	if who == BotUser {
		out["user"], out["bot_id"] = "bot", BotID
	}
	return out
}

// described is a channel as one user sees it.
func described(c *Channel, who string) object {
	out := maps.Clone(c.Info)
	out["is_member"] = c.has(who)
	return out
}

func info(s *Server, args url.Values, who string) object {
	c := s.seen(args.Get("channel"), who)
	if c == nil {
		return refuse("channel_not_found")
	}
	out := described(c, who)
	if args.Get("include_num_members") == "true" {
		out["num_members"] = len(c.Members)
	}
	return object{"channel": out}
}

// pageOf cuts a list: a cursor is the number of the first item, made opaque.
func pageOf[T any](items []T, args url.Values, most, usual int) ([]T, string) {
	start, _ := strconv.Atoi(strings.TrimPrefix(args.Get("cursor"), "dXNlcjp"))
	limit, err := strconv.Atoi(args.Get("limit"))
	if err != nil || limit <= 0 {
		limit = usual
	}
	start = min(start, len(items))
	end := min(start+min(limit, most), len(items))
	if end < len(items) {
		return items[start:end], "dXNlcjp" + strconv.Itoa(end)
	}
	return items[start:end], ""
}

func paged(key string, items any, next string) object {
	return object{key: items, "response_metadata": object{"next_cursor": next}}
}

func (s *Server) ofTypes(args url.Values, who string, mine bool) []object {
	types := strings.Split(args.Get("types"), ",")
	if args.Get("types") == "" {
		types = []string{"public_channel"}
	}
	out := []object{}
	for _, c := range s.Channels {
		kind := "public_channel"
		switch {
		case c.is("is_im"):
			kind = "im"
		case c.is("is_mpim"):
			kind = "mpim"
		case c.is("is_private"):
			kind = "private_channel"
		}
		if !slices.Contains(types, kind) || c.is("is_archived") && args.Get("exclude_archived") == "true" || s.seen(c.ID(), who) == nil || mine && !c.has(who) {
			continue
		}
		out = append(out, described(c, who))
	}
	return out
}

func listChannels(s *Server, args url.Values, who string) object {
	items, next := pageOf(s.ofTypes(args, who, false), args, 1000, 100)
	return paged("channels", items, next)
}

func myChannels(s *Server, args url.Values, who string) object {
	found := s.ofTypes(args, who, true)
	for _, c := range found {
		delete(c, "is_member") // which Slack does not tell here
	}
	items, next := pageOf(found, args, 999, 100)
	return paged("channels", items, next)
}

func members(s *Server, args url.Values, who string) object {
	c := s.seen(args.Get("channel"), who)
	if c == nil {
		return refuse("channel_not_found")
	}
	items, next := pageOf(c.Members, args, 1000, 100)
	return paged("members", items, next)
}

// mayRead says why the messages of a channel may not be read, or "".
func (s *Server) mayRead(id, who string) (*Channel, string) {
	c := s.seen(id, who)
	switch {
	case c == nil:
		return nil, "channel_not_found"
	case who == BotUser && !c.has(who):
		return nil, "not_in_channel"
	}
	return c, ""
}

func text(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}

// inSpan keeps messages between oldest and latest.
func inSpan(messages []map[string]any, args url.Values) []map[string]any {
	oldest, latest, inclusive := args.Get("oldest"), args.Get("latest"), args.Get("inclusive") == "true"
	var out []map[string]any
	for _, m := range messages {
		ts := text(m, "ts")
		if oldest != "" && (ts < oldest || ts == oldest && !inclusive) || latest != "" && (ts > latest || ts == latest && !inclusive) {
			continue
		}
		out = append(out, m)
	}
	return out
}

func history(s *Server, args url.Values, who string) object {
	c, why := s.mayRead(args.Get("channel"), who)
	if c == nil {
		return refuse(why)
	}
	var top []map[string]any
	for _, m := range slices.Backward(c.Messages) {
		if t := text(m, "thread_ts"); t == "" || t == text(m, "ts") || text(m, "subtype") == "thread_broadcast" {
			top = append(top, m)
		}
	}
	items, next := pageOf(inSpan(top, args), args, 999, 100)
	out := paged("messages", items, next)
	out["has_more"] = next != ""
	return out
}

func replies(s *Server, args url.Values, who string) object {
	c, why := s.mayRead(args.Get("channel"), who)
	if c == nil {
		return refuse(why)
	}
	var first, rest []map[string]any
	for _, m := range c.Messages {
		switch {
		case text(m, "ts") == args.Get("ts"):
			first = append(first, m)
		case text(m, "thread_ts") == args.Get("ts"):
			rest = append(rest, m)
		}
	}
	if len(first) == 0 {
		return refuse("thread_not_found")
	}
	items, next := pageOf(append(first, inSpan(rest, args)...), args, 1000, 1000)
	out := paged("messages", items, next)
	out["has_more"] = next != ""
	return out
}

func (s *Server) user(id string) map[string]any {
	for _, u := range s.Users {
		if u["id"] == id {
			return u
		}
	}
	return nil
}

func userInfo(s *Server, args url.Values, _ string) object {
	if ids := args.Get("users"); ids != "" && !s.NoBatch {
		found := []map[string]any{}
		for id := range strings.SplitSeq(ids, ",") {
			if u := s.user(id); u != nil {
				found = append(found, u)
			}
		}
		return object{"users": found}
	}
	if u := s.user(args.Get("user")); u != nil {
		return object{"user": u}
	}
	return refuse("user_not_found")
}

func listUsers(s *Server, args url.Values, _ string) object {
	items, next := pageOf(s.Users, args, 1000, 100)
	return paged("members", items, next)
}

func byEmail(s *Server, args url.Values, _ string) object {
	for _, u := range s.Users {
		if profile, _ := u["profile"].(map[string]any); profile["email"] == args.Get("email") {
			return object{"user": u}
		}
	}
	return refuse("users_not_found")
}

func groups(s *Server, _ url.Values, _ string) object { return object{"usergroups": s.Groups} }

func counted[T any](items []T, args url.Values) ([]T, object) {
	count, _ := strconv.Atoi(args.Get("count"))
	page, _ := strconv.Atoi(args.Get("page"))
	count, page = max(count, 1), max(page, 1)
	if count > 100 {
		count = 100
	}
	pages := (len(items) + count - 1) / count
	start := min((page-1)*count, len(items))
	return items[start:min(start+count, len(items))], object{"count": count, "total": len(items), "page": page, "pages": pages}
}

// searchMessages finds words in all that the user can see, of every kind, as
// Slack does. Of the filters it knows from, in and the words.
func searchMessages(s *Server, args url.Values, who string) object {
	matches := []object{}
	for _, c := range s.Channels {
		if s.seen(c.ID(), who) == nil {
			continue
		}
		for _, m := range c.Messages {
			if !fits(m, c, args.Get("query")) {
				continue
			}
			hit := maps.Clone(m)
			hit["channel"] = object{"id": c.ID(), "name": c.Info["name"], "is_private": c.Info["is_private"]}
			hit["permalink"] = "https://fake.slack.com/archives/" + c.ID() + "/p" + strings.Replace(text(m, "ts"), ".", "", 1)
			if t := text(m, "thread_ts"); t != "" {
				hit["permalink"] = hit["permalink"].(string) + "?thread_ts=" + t
				delete(hit, "thread_ts")
			}
			matches = append(matches, hit)
		}
	}
	items, paging := counted(matches, args)
	return object{"query": args.Get("query"), "messages": object{"matches": items, "paging": paging, "total": len(matches)}}
}

func fits(m map[string]any, c *Channel, query string) bool {
	said := strings.ToLower(text(m, "text"))
	for part := range strings.FieldsSeq(query) {
		switch key, value, _ := strings.Cut(part, ":"); key {
		case "in":
			if value != c.Info["name"] {
				return false
			}
		case "from":
			if strings.Trim(value, "<@>") != text(m, "user") {
				return false
			}
		case "before", "after", "is", "with":
		default:
			if !strings.Contains(said, strings.ToLower(strings.Trim(part, `"`))) {
				return false
			}
		}
	}
	return true
}

func searchFiles(s *Server, args url.Values, _ string) object {
	word, _, _ := strings.Cut(args.Get("query"), " ")
	matches := []map[string]any{}
	for _, f := range s.Files {
		if strings.Contains(text(f, "name"), word) {
			matches = append(matches, f)
		}
	}
	items, paging := counted(matches, args)
	return object{"files": object{"matches": items, "paging": paging, "total": len(matches)}}
}

func listFiles(s *Server, args url.Values, _ string) object {
	items, paging := counted(s.Files, args)
	return object{"files": items, "paging": paging}
}

func fileInfo(s *Server, args url.Values, _ string) object {
	for _, f := range s.Files {
		if f["id"] == args.Get("file") {
			return object{"file": f}
		}
	}
	return refuse("file_not_found")
}

func canvas(s *Server, args url.Values, _ string) object {
	if c, ok := s.Canvases[args.Get("canvas_id")]; ok {
		return object{"content": c}
	}
	return refuse("canvas_not_found")
}

func pins(s *Server, args url.Values, who string) object {
	c, why := s.mayRead(args.Get("channel"), who)
	if c == nil {
		return refuse(why)
	}
	return object{"items": c.Pins}
}

func bookmarks(s *Server, args url.Values, who string) object {
	c, why := s.mayRead(args.Get("channel_id"), who)
	if c == nil {
		return refuse(why)
	}
	return object{"bookmarks": c.Marks}
}

// other answers what is no method: downloads, uploads and the socket.
func (s *Server) other(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case strings.HasPrefix(r.URL.Path, "/files/"):
		s.download(w, r)
	case strings.HasPrefix(r.URL.Path, "/upload/"):
		s.upload(w, r)
	case r.URL.Path == "/socket":
		s.live.serve(w, r)
	default:
		return false
	}
	return true
}

func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, "/files/")
	s.mu.Lock()
	s.calls = append(s.calls, Call{Method: "download", Args: url.Values{"file": {id}}, Token: r.Header.Get("Authorization")})
	raw, ok := s.Contents[id]
	p := s.planned("download")
	s.mu.Unlock()
	switch {
	case p != nil && p.status/100 == 3:
		http.Redirect(w, r, p.body, p.status)
	case !ok || r.Header.Get("Authorization") == "":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!DOCTYPE html><html>sign in</html>"))
	default:
		_, _ = w.Write(raw)
	}
}

// Redirect has downloads lead elsewhere.
func (s *Server) Redirect(times int, to string) {
	s.plan("download", plan{times: times, status: http.StatusFound, body: to})
}

// Files are served under this address.
func (s *Server) FileURL(id string) string { return s.http.URL + "/files/" + id }
