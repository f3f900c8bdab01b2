package wire

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Check makes raw fit for the functions of this package, or says why it is no
// JSON.
func Check(raw []byte) ([]byte, error) {
	err := jsonrpc.Valid(raw)
	if err != nil {
		raw = bytes.ToValidUTF8(raw, []byte("\uFFFD"))
		err = jsonrpc.Valid(raw)
	}
	return raw, err
}

// Text is a string, or the digits of a number; "" for anything else.
func Text(raw []byte) string {
	switch k := jsonrpc.Kind(raw); {
	case k == '"':
		return jsonrpc.Unquote(raw)
	case k == '-' || '0' <= k && k <= '9':
		return string(bytes.TrimSpace(raw))
	}
	return ""
}

// Int is a whole number, also one written as a string; 0 for anything else.
func Int(raw []byte) int { return int(Int64(raw)) }

// Int64 is Int of 64 bits.
func Int64(raw []byte) int64 {
	text := Text(raw)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		if f, err := strconv.ParseFloat(text, 64); err == nil && f > -1e18 && f < 1e18 {
			return int64(f)
		}
	}
	return n
}

// Bool is true for true, 1 and "true".
func Bool(raw []byte) bool {
	return jsonrpc.Kind(raw) == 't' || Text(raw) == "1" || Text(raw) == "true"
}

// Texts are the strings of a list.
func Texts(raw []byte) []string {
	var out []string
	for _, e := range jsonrpc.Elements(raw) {
		if s := Text(e); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Field is the value of a member, however deep; nil where there is none.
func Field(raw []byte, path ...string) []byte {
	for _, name := range path {
		var found []byte
		for key, value := range jsonrpc.Members(raw) {
			if key == name {
				found = value
				break
			}
		}
		if raw = found; raw == nil {
			return nil
		}
	}
	return raw
}

// Cursor is the cursor of the next page.
func Cursor(raw []byte) string { return Text(Field(raw, "response_metadata", "next_cursor")) }

// ReadChannel reads a conversation.
func ReadChannel(raw []byte) Channel {
	c := Channel{Members: -1, Unread: -1}
	var group bool
	for key, v := range jsonrpc.Members(raw) {
		switch key {
		case "id":
			c.ID = Text(v)
		case "name":
			c.Name = Text(v)
		case "topic":
			c.Topic = Text(Field(v, "value"))
		case "purpose":
			c.Purpose = Text(Field(v, "value"))
		case "user":
			c.User = Text(v)
		case "creator":
			c.Creator = Text(v)
		case "created":
			c.Created = Int64(v)
		case "num_members":
			c.Members = Int(v)
		case "last_read":
			c.LastRead = Text(v)
		case "latest":
			if c.Latest = Text(v); c.Latest == "" {
				c.Latest = Text(Field(v, "ts"))
			}
		case "unread_count_display":
			c.Unread = Int(v)
		case "is_private":
			c.Private = Bool(v)
		case "is_im":
			c.IM = Bool(v)
		case "is_mpim":
			c.MPIM = Bool(v)
		case "is_group":
			group = Bool(v)
		case "is_ext_shared", "is_pending_ext_shared", "is_org_shared", "is_shared":
			c.External = c.External || Bool(v)
		case "is_archived":
			c.Archived = Bool(v)
		case "is_general":
			c.General = Bool(v)
		case "is_member":
			c.Member = Bool(v)
		}
	}
	// What is not said to be public is not: a conversation whose own fields
	// leave it open is taken for private, by its id or for want of a type.
	switch {
	case c.IM || strings.HasPrefix(c.ID, "D"):
		c.IM, c.MPIM, c.Private, c.Member = true, false, true, true
	case c.MPIM:
		c.Private, c.Member = true, true
	case group || strings.HasPrefix(c.ID, "G") || jsonrpc.Kind(Field(raw, "is_private")) != 'f':
		c.Private = true
	}
	return c
}

// ReadUser reads a user.
func ReadUser(raw []byte) User {
	var u User
	for key, v := range jsonrpc.Members(raw) {
		switch key {
		case "id":
			u.ID = Text(v)
		case "name":
			u.Name = Text(v)
		case "real_name":
			u.Real = Text(v)
		case "tz":
			u.TZ = Text(v)
		case "team_id":
			u.Team = Text(v)
		case "deleted":
			u.Deleted = Bool(v)
		case "is_bot":
			u.Bot = Bool(v)
		case "is_stranger":
			u.Stranger = Bool(v)
		case "profile":
			readProfile(&u, v)
		}
	}
	return u
}

func readProfile(u *User, raw []byte) {
	for key, v := range jsonrpc.Members(raw) {
		switch key {
		case "display_name":
			u.Display = Text(v)
		case "real_name":
			if s := Text(v); s != "" {
				u.Real = s
			}
		case "title":
			u.Title = Text(v)
		}
	}
}

// ReadGroup reads a user group.
func ReadGroup(raw []byte) Group {
	g := Group{Users: Texts(Field(raw, "users"))}
	for key, v := range jsonrpc.Members(raw) {
		switch key {
		case "id":
			g.ID = Text(v)
		case "handle":
			g.Handle = Text(v)
		case "name":
			g.Name = Text(v)
		case "description":
			g.About = Text(v)
		case "user_count":
			g.Count = Int(v)
		case "date_delete":
			g.Disabled = Int64(v) != 0
		}
	}
	g.Count = max(g.Count, len(g.Users))
	return g
}

// ReadFile reads a file.
func ReadFile(raw []byte) File {
	var f File
	for key, v := range jsonrpc.Members(raw) {
		switch key {
		case "id":
			f.ID = Text(v)
		case "name":
			f.Name = Text(v)
		case "title":
			f.Title = Text(v)
		case "mimetype":
			f.MIME = Text(v)
		case "filetype":
			f.Type = Text(v)
		case "mode":
			f.Mode = Text(v)
		case "user":
			f.User = Text(v)
		case "size":
			f.Size = Int(v)
		case "created", "timestamp":
			if f.Created == 0 {
				f.Created = Int64(v)
			}
		case "channels", "groups", "ims":
			f.Channels = append(f.Channels, Texts(v)...)
		case "shares":
			for _, where := range jsonrpc.Members(v) {
				for id := range jsonrpc.Members(where) {
					f.Channels = append(f.Channels, strings.Clone(id))
				}
			}
		case "permalink":
			f.Permalink = Text(v)
		case "url_private_download":
			f.URL = Text(v)
		case "url_private":
			if f.URL == "" {
				f.URL = Text(v)
			}
		case "preview":
			f.Preview = Text(v)
		}
	}
	return f
}
