package filesystem

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

func (s *server) tools() []mcpcore.Tool {
	const lines = "call read_text_file with startLine and endLine"
	slow := mcpcore.Long(mcpcore.IfSlow) // on a large tree or a slow disk
	return []mcpcore.Tool{
		mcpcore.Read("read_text_file", "Read a text file, whole or in part.", s.readText,
			mcpcore.Title("Read text file"), mcpcore.Alias("read_file"), mcpcore.Resume(lines)),
		mcpcore.Read("read_media_file", "Read an image, a sound or another binary file.", s.readMedia,
			mcpcore.Title("Read media file")),
		mcpcore.Read("read_multiple_files", "Read several text files at once. What is wrong with one file is said in its place.", s.readMultiple,
			mcpcore.Title("Read multiple files"), mcpcore.Resume(lines), slow),
		mcpcore.Write("write_file", "Create a file, or replace all of its content.", s.write,
			mcpcore.Title("Write file"), mcpcore.Destructive(), mcpcore.Idempotent()),
		mcpcore.Write("edit_file", "Replace pieces of a text file, in order, all or none. Returns a diff.", s.edit,
			mcpcore.Title("Edit file"), mcpcore.Destructive()),
		mcpcore.Write("create_directory", "Create a directory and those above it. An existing one is left as it is.", s.createDirectory,
			mcpcore.Title("Create directory"), mcpcore.Idempotent()),
		mcpcore.Read("list_directory", "List a directory, one [DIR] or [FILE] a line.", s.list,
			mcpcore.Title("List directory"), mcpcore.Resume("use search_files with a pattern"), slow),
		mcpcore.Read("list_directory_with_sizes", "List a directory with the sizes of its files.", s.listSizes,
			mcpcore.Title("List directory with sizes"), mcpcore.Resume("use search_files with a pattern"), slow),
		mcpcore.Read("directory_tree", "All that is below a directory, as a JSON tree of name, type and children.", s.tree,
			mcpcore.Title("Directory tree"), slow),
		mcpcore.Write("move_file", "Move or rename a file or directory. Fails if the destination exists.", s.move,
			mcpcore.Title("Move file"), mcpcore.Destructive()),
		mcpcore.Read("search_files", "Find files and directories by name, at any depth. Returns full paths.", s.search,
			mcpcore.Title("Search files"), mcpcore.Resume("use a narrower pattern or path"), slow),
		mcpcore.Read("get_file_info", "Size, times, type and permissions of a file or directory.", s.info,
			mcpcore.Title("Get file info")),
		mcpcore.Read("list_allowed_directories", "The directories this server may use.", s.allowed,
			mcpcore.Title("List allowed directories")),
	}
}
