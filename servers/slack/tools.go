package slack

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

func (s *server) tools() []mcpcore.Tool {
	const next = "ask for fewer, and use the cursor"
	tools := []mcpcore.Tool{
		mcpcore.Read("channels_list", "List conversations: name, id, members, topic.", s.channelsList, mcpcore.Title("List channels"), mcpcore.Resume(next)),
		mcpcore.Read("conversations_history", "Read the messages of a channel, oldest first.", s.history, mcpcore.Title("Channel history"), mcpcore.Resume(next)),
		mcpcore.Read("conversations_replies", "Read a thread.", s.replies, mcpcore.Title("Thread"), mcpcore.Resume(next)),
		mcpcore.Read("conversations_search_messages", "Find messages by words, author, channel and time.", s.searchMessages, mcpcore.Title("Search messages"), mcpcore.Resume(next)),
		mcpcore.Read("conversations_unreads", "What the user has not read yet.", s.unreads, mcpcore.Title("Unread messages")),
		mcpcore.Read("channel_info", "What a channel is for, and who is in it.", s.channelInfo, mcpcore.Title("Channel info")),
		mcpcore.Read("pins_bookmarks", "What is pinned and bookmarked in a channel.", s.pinsBookmarks, mcpcore.Title("Pins and bookmarks")),
		mcpcore.Read("users_search", "Find people by name, id or e-mail address.", s.usersSearch, mcpcore.Title("Search users")),
		mcpcore.Read("usergroups_list", "List the user groups.", s.groupsList, mcpcore.Title("User groups")),
		mcpcore.Read("files_search", "Find files.", s.filesSearch, mcpcore.Title("Search files")),
		mcpcore.Read("attachment_get_data", "Read a file: text, or a picture.", s.attachmentData, mcpcore.Title("Read a file")),
		mcpcore.Read("canvas_read", "Read a canvas as Markdown.", s.canvasRead, mcpcore.Title("Read a canvas")),
	}
	for _, t := range []mcpcore.Tool{
		mcpcore.Write("conversations_add_message", "Send a message, or a reply in a thread.", s.addMessage, mcpcore.Title("Send a message"), mcpcore.Asks(), mcpcore.OpenWorld()),
		mcpcore.Write("message_update", "Replace a message of this account's own.", s.updateMessage, mcpcore.Title("Edit a message"), mcpcore.Asks(), mcpcore.Destructive()),
		mcpcore.Delete("message_delete", "Delete a message of this account's own.", s.deleteMessage, mcpcore.Title("Delete a message"), mcpcore.Asks()),
		mcpcore.Write("message_schedule", "Send a message later; list and cancel such.", s.scheduleMessage, mcpcore.Title("Schedule a message"), mcpcore.Asks()),
		mcpcore.Write("reactions_add", "React to a message with an emoji.", s.addReaction, mcpcore.Title("React"), mcpcore.Idempotent()),
		mcpcore.Write("reactions_remove", "Take back a reaction of this account's own.", s.removeReaction, mcpcore.Title("Take back a reaction"), mcpcore.Idempotent()),
		mcpcore.Write("conversations_open", "Open direct messages with people.", s.openConversation, mcpcore.Title("Open direct messages"), mcpcore.Idempotent()),
		mcpcore.Write("conversations_mark", "Mark a conversation as read.", s.markConversation, mcpcore.Title("Mark as read"), mcpcore.Idempotent()),
		mcpcore.Write("file_upload", "Share a file.", s.uploadFile, mcpcore.Title("Share a file"), mcpcore.Asks()),
	} {
		if !s.mayWrite {
			t = t.With(mcpcore.Shut("--allow-write", "nothing may be written without --allow-write"))
		}
		tools = append(tools, t)
	}
	for i := range tools {
		tools[i] = tools[i].With(mcpcore.Choices("workspace", s.aliases))
	}
	return tools
}
