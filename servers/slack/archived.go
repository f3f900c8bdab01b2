package slack

import (
	"context"
	"strconv"
)

type archivedChannelsIn struct {
	Limit  int    `json:"limit,omitzero" min:"1" max:"200" default:"100" jsonschema:"most to list"`
	Cursor string `json:"cursor,omitzero" jsonschema:"from the answer before"`
}

func (s *server) archivedChannels(ctx context.Context, in archivedChannelsIn) (string, error) {
	return s.channelsList(ctx, channelsIn{Limit: in.Limit, Cursor: in.Cursor})
}

type archivedPostIn struct {
	Channel string `json:"channel_id" jsonschema:"id of the channel" audit:"target"`
	Text    string `json:"text" jsonschema:"what to say"`
	Draft   string `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

func (s *server) archivedPost(ctx context.Context, in archivedPostIn) (string, error) {
	return s.addMessage(ctx, postIn{Channel: in.Channel, Text: in.Text, Type: "text/mrkdwn", Draft: in.Draft})
}

type archivedReplyIn struct {
	Channel string `json:"channel_id" jsonschema:"id of the channel" audit:"target"`
	Thread  string `json:"thread_ts" jsonschema:"timestamp of the thread's first message"`
	Text    string `json:"text" jsonschema:"what to say"`
	Draft   string `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

func (s *server) archivedReply(ctx context.Context, in archivedReplyIn) (string, error) {
	return s.addMessage(ctx, postIn{Channel: in.Channel, Thread: in.Thread, Text: in.Text, Type: "text/mrkdwn", Draft: in.Draft})
}

type archivedReactionIn struct {
	Channel string `json:"channel_id" jsonschema:"id of the channel" audit:"target"`
	TS      string `json:"timestamp" jsonschema:"timestamp of the message"`
	Emoji   string `json:"reaction" jsonschema:"name of the emoji"`
}

func (s *server) archivedReaction(ctx context.Context, in archivedReactionIn) (string, error) {
	return s.addReaction(ctx, reactionIn{Channel: in.Channel, TS: in.TS, Emoji: in.Emoji})
}

type archivedHistoryIn struct {
	Channel string `json:"channel_id" jsonschema:"id of the channel" audit:"target"`
	Limit   int    `json:"limit,omitzero" min:"1" max:"1000" default:"10" jsonschema:"most messages"`
}

func (s *server) archivedHistory(ctx context.Context, in archivedHistoryIn) (string, error) {
	return s.history(ctx, historyIn{Channel: in.Channel, Limit: strconv.Itoa(in.Limit)})
}

type archivedThreadIn struct {
	Channel string `json:"channel_id" jsonschema:"id of the channel" audit:"target"`
	Thread  string `json:"thread_ts" jsonschema:"timestamp of the thread's first message"`
}

func (s *server) archivedThread(ctx context.Context, in archivedThreadIn) (string, error) {
	return s.replies(ctx, repliesIn{Channel: in.Channel, Thread: in.Thread, Limit: "200"})
}

type archivedUsersIn struct {
	Cursor string `json:"cursor,omitzero" jsonschema:"from the answer before"`
	Limit  int    `json:"limit,omitzero" min:"1" max:"200" default:"100" jsonschema:"most to list"`
}

func (s *server) archivedUsers(ctx context.Context, in archivedUsersIn) (string, error) {
	return s.usersSearch(ctx, usersIn{Cursor: in.Cursor, Limit: in.Limit})
}

type archivedProfileIn struct {
	User string `json:"user_id" jsonschema:"id of the user"`
}

func (s *server) archivedProfile(ctx context.Context, in archivedProfileIn) (string, error) {
	return s.usersSearch(ctx, usersIn{IDs: []string{in.User}})
}
