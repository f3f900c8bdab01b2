package mcpcore

import (
	"log/slog"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/internal/secret"
)

func (c *common) level() (level slog.Level) {
	_ = level.UnmarshalText([]byte(c.logLevel)) // was checked as a choice
	return level
}

func (p *program) logger() *slog.Logger {
	p.level.Set(p.common.level())
	o := &slog.HandlerOptions{Level: &p.level, ReplaceAttr: maskAttr}
	if p.common.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.stderr, o))
	}
	return slog.New(slog.NewTextHandler(p.stderr, o))
}

// maskAttr keeps what looks like a secret out of the log.
func maskAttr(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value; v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(secret.Mask(v.String()))
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			a.Value = slog.StringValue(secret.Mask(err.Error()))
		}
	}
	return a
}
