package search

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

func (s *server) tools() []mcpcore.Tool {
	out := []mcpcore.Tool{
		mcpcore.Read("web_fetch", "Read web pages as Markdown: the main part, a section, or the passages that answer a query.", s.webFetch,
			mcpcore.Title("Read web pages"), mcpcore.OpenWorld(), mcpcore.Resume("call again with a lower max_chars, or a section")),
	}
	if len(s.collections) > 0 {
		out = append(out,
			mcpcore.Read("kb_search", "Find documents by their words, best first, with the lines that fit.", s.kbSearch,
				mcpcore.Title("Search documents"), mcpcore.Resume("call again with a lower count, and the cursor")),
			mcpcore.Read("kb_get", "Read a document: all of it, a section or lines.", s.kbGet,
				mcpcore.Title("Read a document"), mcpcore.Resume("call again with lines")),
			mcpcore.Read("kb_status", "What is indexed, how far that is, and which files could not be read.", s.kbStatus,
				mcpcore.Title("Status of documents")),
			mcpcore.Write("kb_reindex", "Make the index of a collection anew, where it seems wrong. Changes are found without it.", s.kbReindex,
				mcpcore.Title("Index documents anew"), mcpcore.Idempotent(), mcpcore.Long(mcpcore.IfSlow)),
		)
	}
	return out
}
