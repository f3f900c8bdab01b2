package search_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/servers/search"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestMain(m *testing.M) {
	if !search.Child(os.Stdout) {
		goleak.VerifyTestMain(m)
	}
}

type args = map[string]any

func newServer(t testing.TB, config search.Config) *mcpcore.Server {
	t.Helper()
	if config.IndexDir == "" {
		config.IndexDir = t.TempDir()
	}
	s, err := search.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func serve(t testing.TB, config search.Config) *mcptest.Client {
	t.Helper()
	return mcptest.Connect(t, newServer(t, config), mcptest.Options{})
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// library is a directory with a few documents.
func library(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir+"/guide/deploy.md", "# Deploying\n\nHow to run it.\n\n## Behind a proxy\nSet the header X-Forwarded-For.\n\n## Certificates\nRenew the certificate with the tool.\n")
	write(t, dir+"/guide/start.md", "# Getting started\nInstall the program and start it. A certificate is not needed.\n")
	write(t, dir+"/server.go", "package server\n\n// parseHeader reads one header.\nfunc parseHTTPHeader(s string) {}\n")
	return dir
}
