package slack

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

func (s *server) tools() []mcpcore.Tool {
	const next = "ask for fewer, and use the cursor"
	return []mcpcore.Tool{
		mcpcore.Read("channels_list", "List conversations: name, id, members, topic.", s.channelsList, mcpcore.Title("List channels"), mcpcore.Resume(next)),
		mcpcore.Read("conversations_history", "Read the messages of a channel, oldest first.", s.history, mcpcore.Title("Channel history"), mcpcore.Resume(next)),
		mcpcore.Read("conversations_replies", "Read a thread.", s.replies, mcpcore.Title("Thread"), mcpcore.Resume(next)),
	}
}
