package filesystem

import (
	"context"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// tellEvery is how many entries there are between two reports of progress.
const tellEvery = 1000

// tells has the client hear how many entries a tool has met so far.
func tells(ctx context.Context) func(before, now int) {
	return func(before, now int) {
		if before/tellEvery != now/tellEvery {
			mcpcore.Progress(ctx, float64(now), 0, fmt.Sprintf("%d entries seen", now))
		}
	}
}
