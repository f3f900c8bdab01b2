package mcptest

// Judge holds a conversation that a test carries on by itself, such as over
// HTTP, against the published schemas.
type Judge struct{ checker *checker }

// NewJudge makes a Judge of one client's conversation.
func NewJudge() *Judge { return &Judge{newChecker()} }

// Sent notes what the client sends.
func (j *Judge) Sent(msg []byte) { j.checker.sent(msg) }

// Received says what is wrong with a message of the server, or nil.
func (j *Judge) Received(msg []byte) error { return j.checker.received(msg) }
