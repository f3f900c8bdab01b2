package engine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// events sends a request that is answered piece by piece, once: what was begun
// costs money.
func (c *client) events(ctx context.Context, path string, in any, event func([]byte) error) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	settle := func(float64) {}
	if c.spend != nil {
		if settle, err = c.spend.Spend(c.name, c.cost); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return c.hidden(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("User-Agent", "mcp-search")
	c.sign(r)
	if err := c.limits.enter(ctx); err != nil {
		settle(0)
		return err
	}
	response, err := c.http.Do(r)
	if err != nil {
		c.limits.leave(nil)
		settle(0)
		return fmt.Errorf("%s cannot be reached: %w", c.name, c.hidden(err))
	}
	defer response.Body.Close()
	c.limits.leave(response.Header)
	if response.StatusCode != http.StatusOK {
		settle(0)
		raw, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10))
		_, err := c.refused(response, raw, 0)
		return err
	}
	lines := bufio.NewScanner(io.LimitReader(response.Body, 4*maxAnswer))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data:"))
		if data = bytes.TrimSpace(data); !ok || len(data) == 0 {
			continue
		}
		if string(data) == "[DONE]" {
			return nil
		}
		if err := event(data); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("the answer of %s ends early: %w", c.name, c.hidden(err))
	}
	return fmt.Errorf("the answer of %s ends early", c.name)
}
