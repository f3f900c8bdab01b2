package fake

import "net/url"

// method is what Slack's description says of one, and what the fake does.
type method struct {
	needs, takes      []string
	scope             string
	userOnly, botOnly bool
	run               func(s *Server, args url.Values, who string) object
}

func list(names ...string) []string { return names }

// methods are those that the fake has, with the arguments that they take.
var methods = describe()

func describe() map[string]method {
	chat := list("channel", "text", "blocks", "attachments", "markdown_text", "thread_ts", "reply_broadcast", "unfurl_links", "unfurl_media", "link_names", "parse", "mrkdwn", "metadata", "username", "icon_url", "icon_emoji", "ts", "as_user")
	return map[string]method{
		"auth.test":                  {run: authTest},
		"conversations.info":         {needs: list("channel"), takes: list("include_locale", "include_num_members"), run: info},
		"conversations.list":         {takes: list("cursor", "exclude_archived", "limit", "team_id", "types"), scope: "channels:read", run: listChannels},
		"users.conversations":        {takes: list("cursor", "exclude_archived", "limit", "team_id", "types", "user"), run: myChannels},
		"conversations.members":      {needs: list("channel"), takes: list("cursor", "limit"), run: members},
		"conversations.history":      {needs: list("channel"), takes: list("cursor", "inclusive", "latest", "limit", "oldest", "include_all_metadata"), scope: "channels:history", run: history},
		"conversations.replies":      {needs: list("channel", "ts"), takes: list("cursor", "inclusive", "latest", "limit", "oldest", "include_all_metadata"), scope: "channels:history", run: replies},
		"conversations.open":         {takes: list("channel", "users", "return_im", "prevent_creation"), scope: "im:write", run: open},
		"conversations.mark":         {needs: list("channel", "ts"), run: mark},
		"conversations.join":         {needs: list("channel"), run: join},
		"conversations.leave":        {needs: list("channel"), run: leave},
		"conversations.create":       {needs: list("name"), takes: list("is_private", "team_id"), run: create},
		"conversations.invite":       {needs: list("channel", "users"), takes: list("force"), run: invite},
		"conversations.setTopic":     {needs: list("channel", "topic"), run: done},
		"conversations.setPurpose":   {needs: list("channel", "purpose"), run: done},
		"canvases.create":            {takes: list("title", "document_content", "channel_id"), run: createCanvas},
		"canvases.edit":              {needs: list("canvas_id", "changes"), run: done},
		"usergroups.users.update":    {needs: list("usergroup", "users"), takes: list("include_count", "team_id", "additional_channels", "is_shared"), run: done},
		"users.info":                 {takes: list("user", "users", "include_locale"), scope: "users:read", run: userInfo},
		"users.list":                 {takes: list("cursor", "limit", "include_locale", "team_id"), scope: "users:read", run: listUsers},
		"users.lookupByEmail":        {needs: list("email"), scope: "users:read.email", run: byEmail},
		"usergroups.list":            {takes: list("include_count", "include_disabled", "include_users", "team_id"), scope: "usergroups:read", run: groups},
		"search.messages":            {needs: list("query"), takes: list("count", "page", "cursor", "highlight", "sort", "sort_dir", "team_id"), userOnly: true, scope: "search:read", run: searchMessages},
		"search.files":               {needs: list("query"), takes: list("count", "page", "highlight", "sort", "sort_dir", "team_id"), userOnly: true, scope: "search:read", run: searchFiles},
		"files.list":                 {takes: list("channel", "count", "page", "show_files_hidden_by_limit", "team_id", "ts_from", "ts_to", "types", "user"), scope: "files:read", run: listFiles},
		"files.info":                 {needs: list("file"), takes: list("count", "cursor", "limit", "page"), scope: "files:read", run: fileInfo},
		"files.getUploadURLExternal": {needs: list("filename", "length"), takes: list("alt_txt", "snippet_type"), scope: "files:write", run: uploadURL},
		"files.completeUploadExternal": {
			needs: list("files"), takes: list("channel_id", "channels", "initial_comment", "thread_ts", "blocks"), scope: "files:write", run: uploaded,
		},
		"canvases.getContent":         {needs: list("canvas_id"), takes: list("content_type"), scope: "canvases:read", run: canvas},
		"pins.list":                   {needs: list("channel"), scope: "pins:read", run: pins},
		"bookmarks.list":              {needs: list("channel_id"), scope: "bookmarks:read", run: bookmarks},
		"reactions.add":               {needs: list("channel", "name", "timestamp"), scope: "reactions:write", run: react},
		"reactions.remove":            {needs: list("name"), takes: list("channel", "timestamp", "file", "file_comment"), scope: "reactions:write", run: unreact},
		"chat.postMessage":            {needs: list("channel"), takes: chat, scope: "chat:write", run: post},
		"chat.update":                 {needs: list("channel", "ts"), takes: chat, scope: "chat:write", run: update},
		"chat.delete":                 {needs: list("channel", "ts"), takes: list("as_user"), scope: "chat:write", run: remove},
		"chat.scheduleMessage":        {needs: list("channel", "post_at"), takes: chat, scope: "chat:write", run: schedule},
		"chat.scheduledMessages.list": {takes: list("channel", "cursor", "latest", "limit", "oldest", "team_id"), run: planned},
		"chat.deleteScheduledMessage": {needs: list("channel", "scheduled_message_id"), takes: list("as_user"), run: unschedule},
		"apps.connections.open":       {run: connect},
	}
}
