package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

var draftToken = regexp.MustCompile(`draft_token (\S+)`)

// runSlack holds a session with mcp-slack on its sample workspace: catch up,
// search, a message that is refused and one that is sent once the user agrees.
func runSlack(server string, out io.Writer) error {
	args := []string{"--demo", "--allow-write", "--write-allow", "name:general"}
	fmt.Fprintf(out, "\nA sample Slack workspace, in which #general may be written to\nThe server:  %s %s\n", server, strings.Join(args, " "))
	s, err := start(nil, server, args...)
	if err != nil {
		return err
	}
	if err := s.greet(out); err != nil {
		return err
	}
	message := map[string]any{"channel_id": "#general", "text": "The incident of this week is resolved; the write-up comes by Friday."}
	for i, st := range []step{
		{title: "What did I miss?", tool: "conversations_unreads", args: map[string]any{"include_messages": true}},
		{title: "Find a discussion", tool: "conversations_search_messages", args: map[string]any{"search_query": "certificate"}},
		{title: "Try to read a private channel", tool: "conversations_history", args: map[string]any{"channel_id": "#leadership"}, refused: true},
		{title: "Try to write where no rule allows it", tool: "conversations_add_message", args: map[string]any{"channel_id": "#partner-harbor", "text": "hello"}, refused: true},
		{title: "Write where one does: the user has to agree", tool: "conversations_add_message", args: message},
	} {
		text, err := s.show(out, i+1, st)
		if err != nil {
			return err
		}
		if token := draftToken.FindStringSubmatch(text); token != nil {
			message["draft_token"] = token[1]
		}
	}
	if message["draft_token"] == nil {
		return errors.New("the message was sent though nobody agreed")
	}
	if _, err := s.show(out, 6, step{title: "The user has agreed", tool: "conversations_add_message", args: message}); err != nil {
		return err
	}
	text, err := s.show(out, 7, step{title: "It is there", tool: "conversations_history", args: map[string]any{"channel_id": "#general", "limit": 1}})
	if err != nil {
		return err
	}
	if !strings.Contains(text, "the write-up comes by Friday") {
		return errors.New("the message did not arrive")
	}
	if err := s.stop(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nThe server has stopped, and the sample has forgotten the message. For your own workspace set SLACK_BOT_TOKEN: see servers/slack/README.md.")
	return nil
}
