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
	s, err := start(server, args...)
	if err != nil {
		return err
	}
	if err := s.greet(out); err != nil {
		return err
	}
	message := map[string]any{"channel_id": "#general", "text": "The incident of this week is resolved; the write-up comes by Friday."}
	for i, st := range []step{
		{"What did I miss?", "conversations_unreads", map[string]any{"include_messages": true}, false},
		{"Find a discussion", "conversations_search_messages", map[string]any{"search_query": "certificate"}, false},
		{"Try to read a private channel", "conversations_history", map[string]any{"channel_id": "#leadership"}, true},
		{"Try to write where no rule allows it", "conversations_add_message", map[string]any{"channel_id": "#partner-harbor", "text": "hello"}, true},
		{"Write where one does: the user has to agree", "conversations_add_message", message, false},
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
	if _, err := s.show(out, 6, step{"The user has agreed", "conversations_add_message", message, false}); err != nil {
		return err
	}
	text, err := s.show(out, 7, step{"It is there", "conversations_history", map[string]any{"channel_id": "#general", "limit": 1}, false})
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
