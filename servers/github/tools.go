package github

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

func (s *server) tools() []mcpcore.Tool {
	set := mcpcore.Toolset
	return []mcpcore.Tool{
		mcpcore.Read("get_me", "The account in use.", s.getMe, set("context"), mcpcore.Title("Get me")),
		mcpcore.Read("get_file_contents", "Read a file, or list a directory.", s.getFileContents, set("repos"),
			mcpcore.Title("Get file contents"), mcpcore.Resume("use start_line and end_line")),
	}
}
