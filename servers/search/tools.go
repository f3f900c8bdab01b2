package search

import (
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

func (s *server) tools() []mcpcore.Tool {
	var out []mcpcore.Tool
	if len(s.engines) > 0 {
		out = append(out,
			mcpcore.Read("web_search", "Search the web, news, images or videos: titles, addresses and snippets, best first.", s.webSearch,
				mcpcore.Title("Search the web"), mcpcore.OpenWorld(), mcpcore.Resume("call again with a lower count, or max_tokens")),
			mcpcore.Read("web_context", "Passages of pages that answer a question, with their sources.", s.webContext,
				mcpcore.Title("Find passages on the web"), mcpcore.OpenWorld(), mcpcore.Resume("call again with lower max_tokens")),
		)
	}
	out = append(out, mcpcore.Read("web_fetch", "Read web pages as Markdown: the main part, a section, or the passages that answer a query.", s.webFetch,
		mcpcore.Title("Read web pages"), mcpcore.OpenWorld(), mcpcore.Resume("call again with a lower max_chars, or a section")))
	if s.brave() != nil {
		out = append(out, mcpcore.Read("local_search", "Find places such as shops: address, hours, rating, description.", s.localSearch,
			mcpcore.Title("Find places"), mcpcore.OpenWorld()))
	}
	if s.suggester() != nil {
		out = append(out, mcpcore.Read("search_suggest", "Complete a query, and correct its spelling.", s.searchSuggest,
			mcpcore.Title("Suggest queries"), mcpcore.OpenWorld()))
	}
	if s.brave() != nil {
		out = append(out, mcpcore.Read("web_answer", "Have a question answered in words from the web, which costs more than a search.", s.webAnswer,
			mcpcore.Title("Answer from the web"), mcpcore.OpenWorld(), mcpcore.Extra("answer"), mcpcore.Long(mcpcore.IfSlow), mcpcore.Timeout(5*time.Minute)))
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
	out = append(out, s.compatTools()...)
	return append(out, mcpcore.Read("search_status", "Which engines there are, what is left of limits and budget, and what is allowed.", s.searchStatus,
		mcpcore.Title("Status of searching")))
}
