package slack

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

// entry is a tool and the scopes that a token needs for it, beside those that
// every token needs. One with a slash is for the other kinds of conversations
// too: channels:/history stands for channels:history, groups:history and so on.
type entry struct {
	mcpcore.Tool
	scopes string
}

func (s *server) table() []entry {
	const next = "ask for fewer, and use the cursor"
	all := append([]entry{
		{mcpcore.Read("channels_list", "List conversations: name, id, members, topic.", s.channelsList, mcpcore.Title("List channels"), mcpcore.Resume(next)), ""},
		{mcpcore.Read("conversations_history", "Read the messages of a channel, oldest first.", s.history, mcpcore.Title("Channel history"), mcpcore.Resume(next)), "/history"},
		{mcpcore.Read("conversations_replies", "Read a thread.", s.replies, mcpcore.Title("Thread"), mcpcore.Resume(next)), "/history"},
		{mcpcore.Read("conversations_search_messages", "Find messages by words, author, channel and time.", s.searchMessages, mcpcore.Title("Search messages"), mcpcore.Resume(next)), "search:read"},
		{mcpcore.Read("conversations_unreads", "What the user has not read yet.", s.unreads, mcpcore.Title("Unread messages")), "/history"},
		{mcpcore.Read("channel_info", "What a channel is for, and who is in it.", s.channelInfo, mcpcore.Title("Channel info")), ""},
		{mcpcore.Read("pins_bookmarks", "What is pinned and bookmarked in a channel.", s.pinsBookmarks, mcpcore.Title("Pins and bookmarks")), "pins:read bookmarks:read"},
		{mcpcore.Read("users_search", "Find people by name, id or e-mail address.", s.usersSearch, mcpcore.Title("Search users")), "users:read.email"},
		{mcpcore.Read("usergroups_list", "List the user groups.", s.groupsList, mcpcore.Title("User groups")), "usergroups:read"},
		{mcpcore.Read("files_search", "Find files.", s.filesSearch, mcpcore.Title("Search files")), "files:read"},
		{mcpcore.Read("attachment_get_data", "Read a file: text, or a picture.", s.attachmentData, mcpcore.Title("Read a file")), "files:read"},
		{mcpcore.Read("canvas_read", "Read a canvas as Markdown.", s.canvasRead, mcpcore.Title("Read a canvas")), "canvases:read files:read"},
	}, append(s.writers(), s.longtail()...)...)
	for i := range all {
		all[i].Tool = all[i].With(mcpcore.Choices("workspace", s.aliases))
	}
	if s.compat {
		all = append(all, s.archived()...)
	}
	for i := range all {
		if all[i].Effect() != mcpcore.Reads && !s.mayWrite {
			all[i].Tool = all[i].With(mcpcore.Shut("--allow-write", "nothing may be written without --allow-write"))
		}
	}
	return all
}

func (s *server) writers() []entry {
	asks, same := mcpcore.Asks(), mcpcore.Idempotent()
	return []entry{
		{mcpcore.Write("conversations_add_message", "Send a message, or a reply in a thread.", s.addMessage, mcpcore.Title("Send a message"), asks, mcpcore.OpenWorld()), "chat:write"},
		{mcpcore.Write("message_update", "Replace a message of this account's own.", s.updateMessage, mcpcore.Title("Edit a message"), asks, mcpcore.Destructive()), "chat:write"},
		{mcpcore.Delete("message_delete", "Delete a message of this account's own.", s.deleteMessage, mcpcore.Title("Delete a message"), asks), "chat:write"},
		{mcpcore.Write("message_schedule", "Send a message later; list and cancel such.", s.scheduleMessage, mcpcore.Title("Schedule a message"), asks), "chat:write"},
		{mcpcore.Write("reactions_add", "React to a message with an emoji.", s.addReaction, mcpcore.Title("React"), same), "reactions:write"},
		{mcpcore.Write("reactions_remove", "Take back a reaction of this account's own.", s.removeReaction, mcpcore.Title("Take back a reaction"), same), "reactions:write"},
		{mcpcore.Write("conversations_open", "Open direct messages with people.", s.openConversation, mcpcore.Title("Open direct messages"), same), "im:write mpim:write"},
		{mcpcore.Write("conversations_mark", "Mark a conversation as read.", s.markConversation, mcpcore.Title("Mark as read"), same), "channels:write"},
		{mcpcore.Write("file_upload", "Share a file.", s.uploadFile, mcpcore.Title("Share a file"), asks), "files:write"},
	}
}

// longtail are the tools of the toolsets that are off by default.
func (s *server) longtail() []entry {
	asks, same := mcpcore.Asks(), mcpcore.Idempotent()
	membership, canvas, groups := mcpcore.Extra("membership"), mcpcore.Extra("canvas"), mcpcore.Extra("usergroups")
	return []entry{
		{mcpcore.Write("conversations_join", "Join a public channel.", s.joinChannel, mcpcore.Title("Join a channel"), same, membership), "channels:write"},
		{mcpcore.Delete("conversations_leave", "Leave a channel.", s.leaveChannel, mcpcore.Title("Leave a channel"), same, membership), "channels:write"},
		{mcpcore.Write("conversations_invite", "Invite people to a channel.", s.invite, mcpcore.Title("Invite to a channel"), asks, membership), "channels:write"},
		{mcpcore.Write("conversations_create", "Create a channel.", s.createChannel, mcpcore.Title("Create a channel"), asks, membership), "channels:write"},
		{mcpcore.Write("conversations_describe", "Set the topic or purpose of a channel.", s.describeChannel, mcpcore.Title("Set topic or purpose"), asks, mcpcore.Destructive(), membership), "channels:write"},
		{mcpcore.Write("canvas_write", "Create a canvas in a channel, or change one.", s.canvasWrite, mcpcore.Title("Write a canvas"), asks, mcpcore.Destructive(), canvas), "canvases:write files:read"},
		{mcpcore.Write("usergroups_update", "Replace the members of a user group.", s.groupUpdate, mcpcore.Title("Change a user group"), asks, mcpcore.Destructive(), groups), "usergroups:write"},
	}
}

// archived are the tools of the archived reference server, by the names and
// with the arguments that its users' configurations have.
func (s *server) archived() []entry {
	return []entry{
		{mcpcore.Read("slack_list_channels", "List public channels.", s.archivedChannels, mcpcore.Title("List channels")), ""},
		{mcpcore.Write("slack_post_message", "Send a message to a channel.", s.archivedPost, mcpcore.Title("Send a message"), mcpcore.Asks(), mcpcore.OpenWorld()), "chat:write"},
		{mcpcore.Write("slack_reply_to_thread", "Reply in a thread.", s.archivedReply, mcpcore.Title("Reply"), mcpcore.Asks(), mcpcore.OpenWorld()), "chat:write"},
		{mcpcore.Write("slack_add_reaction", "React to a message with an emoji.", s.archivedReaction, mcpcore.Title("React"), mcpcore.Idempotent()), "reactions:write"},
		{mcpcore.Read("slack_get_channel_history", "Read the messages of a channel.", s.archivedHistory, mcpcore.Title("Channel history")), "/history"},
		{mcpcore.Read("slack_get_thread_replies", "Read a thread.", s.archivedThread, mcpcore.Title("Thread")), "/history"},
		{mcpcore.Read("slack_get_users", "List users.", s.archivedUsers, mcpcore.Title("List users")), ""},
		{mcpcore.Read("slack_get_user_profile", "Look a user up.", s.archivedProfile, mcpcore.Title("User profile")), ""},
	}
}

func (s *server) tools() []mcpcore.Tool {
	var out []mcpcore.Tool
	for _, e := range s.table() {
		out = append(out, e.Tool)
	}
	return out
}
