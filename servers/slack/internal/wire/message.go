package wire

import (
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// ReadPage reads an answer with a page of messages, which is walked over once.
func ReadPage(raw []byte) Page[Message] {
	var out Page[Message]
	more := true
	for key, v := range jsonrpc.Members(raw) {
		switch key {
		case "messages":
			out.Items = ReadMessages(v)
		case "has_more":
			more = Bool(v)
		case "response_metadata":
			out.Next = Text(Field(v, "next_cursor"))
		}
	}
	if !more {
		out.Next = ""
	}
	return out
}

// ReadMessages reads a list of messages.
func ReadMessages(raw []byte) []Message {
	var out []Message
	for _, e := range jsonrpc.Elements(raw) {
		if jsonrpc.Kind(e) == '{' {
			out = append(out, ReadMessage(e))
		}
	}
	return out
}

// ReadMessage reads a message. Its text is what it says in whatever form: text,
// or blocks where there is none, and then its attachments.
func ReadMessage(raw []byte) Message {
	var m Message
	var blocks, attachments, profile, file []byte
	for key, v := range jsonrpc.Members(raw) {
		switch key {
		case "ts":
			m.TS = Text(v)
		case "thread_ts":
			m.ThreadTS = Text(v)
		case "user":
			m.User = Text(v)
		case "bot_id":
			m.Bot = Text(v)
		case "username":
			m.Author = Text(v)
		case "subtype":
			m.Subtype = Text(v)
		case "text":
			m.Text = Text(v)
		case "permalink":
			m.Permalink = Text(v)
		case "latest_reply":
			m.LatestReply = Text(v)
		case "reply_count":
			m.Replies = Int(v)
		case "edited":
			m.Edited = jsonrpc.Kind(v) == '{'
		case "reactions":
			m.Reactions = readReactions(v)
		case "files":
			for _, e := range jsonrpc.Elements(v) {
				m.Files = append(m.Files, ReadFile(e))
			}
		case "file":
			file = v
		case "channel":
			if m.Channel = Text(v); m.Channel == "" {
				m.Channel = Text(Field(v, "id"))
			}
		case "blocks":
			blocks = v
		case "attachments":
			attachments = v
		case "bot_profile", "user_profile":
			profile = v
		}
	}
	if len(m.Files) == 0 && jsonrpc.Kind(file) == '{' { // as old exports have it
		m.Files = []File{ReadFile(file)}
	}
	if m.Author == "" && m.User == "" && profile != nil {
		m.Author = Text(Field(profile, "name"))
	}
	if strings.TrimSpace(m.Text) == "" && blocks != nil {
		m.Text = blocksText(blocks)
	}
	if attachments != nil {
		m.Text = join(m.Text, attachmentsText(attachments, m.Text))
	}
	return m
}

func readReactions(raw []byte) []Reaction {
	var out []Reaction
	for _, e := range jsonrpc.Elements(raw) {
		var r Reaction
		for key, v := range jsonrpc.Members(e) {
			switch key {
			case "name":
				r.Name = Text(v)
			case "count":
				r.Count = Int(v)
			case "users":
				r.Users = Texts(v)
			}
		}
		if r.Count = max(r.Count, len(r.Users)); r.Name != "" {
			out = append(out, r)
		}
	}
	return out
}

// join puts two texts on lines of their own.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "\n" + b
}

// attachmentsText is what attachments say beyond the message's own text. The
// fallback counts only where nothing else does.
func attachmentsText(raw []byte, own string) string {
	out := ""
	for _, a := range jsonrpc.Elements(raw) {
		var pretext, author, title, link, text, fallback, fields, blocks string
		for key, v := range jsonrpc.Members(a) {
			switch key {
			case "pretext":
				pretext = Text(v)
			case "author_name":
				author = Text(v)
			case "title":
				title = Text(v)
			case "title_link", "from_url":
				link = Text(v)
			case "text":
				text = Text(v)
			case "fallback":
				fallback = Text(v)
			case "fields":
				for _, f := range jsonrpc.Elements(v) {
					fields = join(fields, strings.Trim(Text(Field(f, "title"))+": "+Text(Field(f, "value")), ": "))
				}
			case "blocks":
				blocks = blocksText(v)
			case "message_blocks":
				for _, b := range jsonrpc.Elements(v) {
					blocks = join(blocks, blocksText(Field(b, "message", "blocks")))
				}
			}
		}
		if title != "" && link != "" {
			title = "<" + link + "|" + title + ">"
		}
		said := pretext
		for _, part := range []string{author, title, text, fields} {
			said = join(said, part)
		}
		if text == "" {
			said = join(said, blocks)
		}
		if said == "" {
			said = fallback
		}
		if said != "" && !strings.Contains(own, said) {
			out = join(out, said)
		}
	}
	return out
}

// BlocksText is the text of blocks in Slack's markup.
func BlocksText(raw []byte) string { return blocksText(raw) }

// blocksText is the text of blocks in Slack's markup. Blocks and elements of
// kinds that are not known give the text that lies in them in the usual places.
func blocksText(raw []byte) string {
	out := ""
	for _, b := range jsonrpc.Elements(raw) {
		out = join(out, blockText(b, 0))
	}
	return out
}

const deepest = 12 // that blocks are looked into

func blockText(raw []byte, depth int) string {
	if depth > deepest {
		return ""
	}
	if s := Text(raw); s != "" {
		return s
	}
	kind := Text(Field(raw, "type"))
	switch kind {
	case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
		return inline(raw, depth)
	case "image":
		return "[" + strings.Join(strings.Fields("image: "+blockText(Field(raw, "title"), depth+1)+" "+Text(Field(raw, "alt_text"))), " ") + "]"
	case "button":
		return "[" + blockText(Field(raw, "text"), depth+1) + "]"
	}
	out := ""
	for key, v := range jsonrpc.Members(raw) {
		switch key {
		case "text", "title", "label", "description":
			out = join(out, blockText(v, depth+1))
		case "fields", "elements", "rows", "blocks":
			for _, e := range jsonrpc.Elements(v) {
				if jsonrpc.Kind(e) == '[' { // a row of a table
					cells := []string{}
					for _, cell := range jsonrpc.Elements(e) {
						cells = append(cells, strings.ReplaceAll(blockText(cell, depth+1), "\n", " "))
					}
					out = join(out, strings.Join(cells, " | "))
					continue
				}
				said := blockText(e, depth+1)
				if kind == "rich_text_list" && said != "" {
					said = "• " + said
				}
				out = join(out, said)
			}
		}
	}
	return out
}

// inline is the text of rich text, whose elements stand on one line.
func inline(raw []byte, depth int) string {
	var b strings.Builder
	for _, e := range jsonrpc.Elements(Field(raw, "elements")) {
		text := Text(Field(e, "text"))
		switch Text(Field(e, "type")) {
		case "text":
			b.WriteString(Escape(text))
		case "link":
			b.WriteString("<" + Text(Field(e, "url")))
			if text != "" {
				b.WriteString("|" + Escape(text))
			}
			b.WriteString(">")
		case "user":
			b.WriteString("<@" + Text(Field(e, "user_id")) + ">")
		case "channel":
			b.WriteString("<#" + Text(Field(e, "channel_id")) + ">")
		case "usergroup":
			b.WriteString("<!subteam^" + Text(Field(e, "usergroup_id")) + ">")
		case "broadcast":
			b.WriteString("<!" + Text(Field(e, "range")) + ">")
		case "emoji":
			b.WriteString(":" + Text(Field(e, "name")) + ":")
		case "date":
			b.WriteString(Escape(Text(Field(e, "fallback"))))
		case "color":
			b.WriteString(Escape(Text(Field(e, "value"))))
		default:
			b.WriteString(blockText(e, depth+1))
		}
	}
	return b.String()
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Escape writes plain text in Slack's markup.
func Escape(text string) string { return escaper.Replace(text) }
