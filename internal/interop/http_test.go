package interop

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
)

// served starts the server on a free port. end stops it and tells how it ended.
func served(t *testing.T, dir string) (url string, end func() error) {
	t.Helper()
	cmd := exec.Command(server, "--http", "127.0.0.1:0", dir)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	heard, read, out := make(chan string, 1), make(chan struct{}), t.Output()
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if _, url, ok := strings.Cut(lines.Text(), "url="); ok {
				heard <- strings.TrimSpace(url)
			}
			fmt.Fprintln(out, lines.Text())
		}
	}()
	ended := false
	end = func() error {
		if ended {
			return nil
		}
		ended = true
		if runtime.GOOS == "windows" { // has no way to ask
			_ = cmd.Process.Kill()
			<-read
			_ = cmd.Wait()
			return nil
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return err
		}
		<-read
		return cmd.Wait()
	}
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	select {
	case url := <-heard:
		return url, end
	case <-read:
		t.Fatal("the server does not listen")
		return "", nil
	}
}

// TestGoSDKOverHTTP uses the official Go SDK over streamable HTTP.
func TestGoSDKOverHTTP(t *testing.T) {
	for _, revision := range mcp.SupportedProtocolVersions() {
		t.Run(revision, func(t *testing.T) {
			t.Parallel()
			exercise(t, revision, func(t *testing.T, dir string) session {
				url, end := served(t, dir)
				transport := &http.Transport{}
				s := connectGoSDK(t, revision, &mcp.StreamableClientTransport{Endpoint: url, HTTPClient: &http.Client{Transport: transport}})
				s.end = func() error {
					transport.CloseIdleConnections()
					return end()
				}
				return s
			})
		})
	}
}

// TestInspectorOverHTTP uses the Inspector's command line over HTTP.
func TestInspectorOverHTTP(t *testing.T) {
	for era, revision := range map[string]string{"legacy": "2025-11-25", "auto": "2026-07-28", "modern": "2026-07-28"} {
		t.Run(era, func(t *testing.T) {
			t.Parallel()
			i := newInspector(t, era)
			i.url, _ = served(t, i.dir)
			i.introduces(t, revision)
			i.lists(t)
			i.reads(t)
			i.edits(t)
			i.isRefused(t)
		})
	}
}

// TestTypeScriptOverHTTP uses the official TypeScript SDKs over streamable HTTP.
func TestTypeScriptOverHTTP(t *testing.T) {
	for _, c := range generations {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			modules, node := npm.Packages(t)
			exercise(t, c.want, func(t *testing.T, dir string) session {
				url, _ := served(t, dir)
				return openScript(t, node, modules, c.generation, c.ask, url)
			})
		})
	}
}
