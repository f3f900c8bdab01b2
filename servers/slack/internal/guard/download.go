package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// hostsOfFiles are where Slack keeps files: the token goes nowhere else.
var hostsOfFiles = []string{"files.slack.com", "slack-files.com", "files.slack-gov.com", "slack.com", "slack-gov.com"}

// fileHost reports whether a file may be fetched from an address with the
// token: at Slack over TLS, or from where the API is.
func (c *client) fileHost(u *url.URL) bool {
	if base, err := url.Parse(c.base); err == nil && u.Scheme == base.Scheme && u.Host == base.Host {
		return true
	}
	if u.Scheme != "https" || u.Port() != "" && u.Port() != "443" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, known := range hostsOfFiles {
		if host == known || strings.HasSuffix(host, "."+known) {
			return true
		}
	}
	return false
}

const mostHops = 3 // redirections of a download

// Download gets the contents of a file.
func (a *api) Download(ctx context.Context, f *wire.File, most int) ([]byte, error) {
	c := a.reader
	u, err := url.Parse(f.URL)
	if err != nil || f.URL == "" {
		return nil, fmt.Errorf("file %s has no contents at Slack", f.ID)
	}
	for range mostHops {
		if !c.fileHost(u) {
			return nil, fmt.Errorf("file %s is kept outside of Slack (%s), where nothing is fetched from", f.ID, u.Hostname())
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return nil, errors.New("the address of the file is none")
		}
		c.sign(req)
		res, err := c.http.Do(req)
		if err != nil {
			return nil, noAnswer(ctx, "the download", err)
		}
		if res.StatusCode/100 == 3 {
			next, err := res.Location()
			res.Body.Close()
			if err != nil {
				return nil, fmt.Errorf("file %s leads nowhere", f.ID)
			}
			u = next
			continue
		}
		return readFile(f, res, most)
	}
	return nil, fmt.Errorf("file %s leads from one address to the next", f.ID)
}

func readFile(f *wire.File, res *http.Response, most int) ([]byte, error) {
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, &status{"the download", res.StatusCode}
	}
	if res.ContentLength > int64(most) {
		return nil, tooLarge(f, res.ContentLength, most)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, int64(most)+1))
	if err != nil {
		return nil, noAnswer(res.Request.Context(), "the download", err)
	}
	if len(raw) > most {
		return nil, tooLarge(f, int64(max(f.Size, len(raw))), most)
	}
	// Whoever lacks the scope gets a page to sign in with, and the status 200.
	isPage := strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") || bytes.HasPrefix(bytes.TrimSpace(raw), []byte("<!DOCTYPE html"))
	if isPage && f.MIME != "text/html" && f.Type != "html" && f.Mode != "quip" && f.Mode != "canvas" {
		return nil, mcpcore.Hint(fmt.Errorf("file %s: a sign-in is asked for in place of the contents", f.ID), "the token lacks the scope files:read: a person has to add it and install the app again")
	}
	return raw, nil
}

func tooLarge(f *wire.File, size int64, most int) error {
	return mcpcore.Hint(fmt.Errorf("file %s has %d bytes, more than %d", f.ID, size, most), "raise max_bytes, up to 10485760, or leave the file to a person")
}
