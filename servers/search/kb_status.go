package search

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/kb"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type kbStatusIn struct {
	Collection string `json:"collection,omitzero" jsonschema:"all without it" audit:"target"`
}

func (s *server) kbStatus(ctx context.Context, in kbStatusIn) (string, error) {
	all, err := s.chosen(ctx, in.Collection)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, c := range all {
		writeStatus(&b, c.Status())
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

func writeStatus(b *strings.Builder, st kb.Status) {
	fmt.Fprintf(b, "%s: %d documents, %s; index %s\n", st.Name, st.Documents, size(st.Bytes), size(st.IndexBytes))
	if st.Indexing {
		fmt.Fprintf(b, "  indexing: %d of %d files\n", st.Done, st.Total)
	}
	if !st.LastScan.IsZero() {
		fmt.Fprintf(b, "  last looked at all files %s, in %s\n", st.LastScan.UTC().Format(time.RFC3339), st.Took.Round(time.Millisecond))
	}
	if st.Err != nil {
		fmt.Fprintf(b, "  error: %v\n", st.Err)
	}
	for _, f := range st.Faults {
		fmt.Fprintf(b, "  not read: %s: %s\n", f.Path, f.Reason)
	}
}

func size(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

type kbReindexIn struct {
	Collection string `json:"collection" jsonschema:"its name" audit:"target"`
}

func (s *server) kbReindex(ctx context.Context, in kbReindexIn) (string, error) {
	all, err := s.chosen(ctx, in.Collection)
	if err != nil {
		return "", err
	}
	c := all[0]
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if st := c.Status(); st.Indexing {
					mcpcore.Progress(ctx, float64(st.Done), float64(st.Total), fmt.Sprintf("%d of %d files", st.Done, st.Total))
				}
			}
		}
	}()
	if err := c.Reindex(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s is indexed anew: %d documents", c.Name(), c.Status().Documents), nil
}
