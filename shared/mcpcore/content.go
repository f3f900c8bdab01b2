package mcpcore

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"

// The forms of content, shared by tools, resources and prompts. Their fields
// are described in package protocol, which also writes them for each revision
// of the protocol.
type (
	// Content is one block of a result: Text, Image, Audio, Link or Embedded.
	Content = protocol.Content
	// Text is text for the model.
	Text = protocol.Text
	// Image is a picture.
	Image = protocol.Image
	// Audio is sound.
	Audio = protocol.Audio
	// Link points at a resource that the client may read.
	Link = protocol.Link
	// Embedded is a resource inside a result.
	Embedded = protocol.Embedded
	// Contents is what a resource holds.
	Contents = protocol.Contents
	// Annotations say whom content is for.
	Annotations = protocol.Annotations
	// Icon is a picture for a tool, a prompt, a resource or the server.
	Icon = protocol.Icon
	// Message is one message of a prompt.
	Message = protocol.Message
	// Result is a tool's result in full, for a handler that wants to choose
	// its blocks. Most return a string or a struct instead.
	Result = protocol.ToolResult
)

// TextContents is the contents of a resource that is one text.
func TextContents(text string) []Contents { return []Contents{{Text: text}} }

// User is a prompt's message in the user's voice.
func User(text string) Message { return Message{Role: "user", Content: Text{Text: text}} }

// Assistant is a prompt's message in the model's voice.
func Assistant(text string) Message { return Message{Role: "assistant", Content: Text{Text: text}} }
