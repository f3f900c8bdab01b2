package mcpcore

import (
	"context"
	"slices"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// Level is how serious a log message is.
type Level string

// The levels of RFC 5424, mildest first.
const (
	LevelDebug     Level = "debug"
	LevelInfo      Level = "info"
	LevelNotice    Level = "notice"
	LevelWarning   Level = "warning"
	LevelError     Level = "error"
	LevelCritical  Level = "critical"
	LevelAlert     Level = "alert"
	LevelEmergency Level = "emergency"
)

var levels = []Level{
	LevelDebug, LevelInfo, LevelNotice, LevelWarning, LevelError, LevelCritical, LevelAlert, LevelEmergency,
}

// Log sends a message to the client, where it wants messages of this level. It
// is not the operator's log. data is anything that has a form in JSON.
func Log(ctx context.Context, level Level, logger string, data any) {
	k := CallOf(ctx)
	if k == nil || !k.wants(level) {
		return
	}
	raw, err := schema.Marshal(data)
	if err != nil {
		return
	}
	k.notify("notifications/message", func(w *jsonrpc.Writer) {
		w.Key("level").String(string(level))
		w.Optional("logger", logger)
		w.Key("data").Raw(raw)
	})
}

// wants: without a handshake, a request that names no level wants none.
func (k *Call) wants(level Level) bool {
	from := Level(jsonrpc.Unquote(k.params.metaLevel))
	if !k.revision.Stateless {
		from = k.conn.logLevel()
	}
	least := slices.Index(levels, from)
	return least >= 0 && slices.Index(levels, level) >= least
}
