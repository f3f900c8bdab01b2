// Command demo shows servers at work, as an MCP client meets them: mcp-filesystem
// on a folder of sample files, mcp-github on a GitHub in memory, mcp-postgres on its
// sample database, mcp-slack on its sample workspace, and mcp-search on the
// documents of this repository.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	bin := flag.String("bin", "bin", "the directory of the binaries")
	tree := flag.String("tree", ".", "this repository")
	flag.Parse()
	for _, part := range []struct {
		server string
		run    func(server string, out io.Writer) error
	}{{"mcp-filesystem", run}, {"mcp-github", runGitHub}, {"mcp-postgres", runPostgres}, {"mcp-slack", runSlack}, {"mcp-search", runSearch(*tree)}} {
		if err := part.run(filepath.Join(*bin, part.server), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "demo:", err)
			os.Exit(1)
		}
	}
}

var samples = map[string]string{
	"notes/todo.md":       "# To do\n- water the plants\n- call Ada\n",
	"notes/ideas.md":      "# Ideas\n- a boat\n",
	"src/greet.go":        "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n",
	"src/lib/words.go":    "package lib\n\nvar Words = []string{\"alpha\", \"beta\"}\n",
	"data/customers.json": "[{\"name\": \"Ada\"}, {\"name\": \"Lin\"}]\n",
}

// step is one call of the session.
type step struct {
	title, tool string
	args        map[string]any
	refused     bool // it is right that this one fails
	most        int  // lines of the answer that are shown; 0 for all
}

func run(server string, out io.Writer) error {
	dir, err := os.MkdirTemp("", "toolbelt-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for name, text := range samples {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "A folder with %d sample files: %s\nThe server:  %s %s\n", len(samples), dir, server, dir)
	s, err := start(nil, server, dir)
	if err != nil {
		return err
	}
	todo := filepath.Join(dir, "notes", "todo.md")
	steps := []step{
		{title: "What is in the folder?", tool: "list_directory", args: map[string]any{"path": dir}},
		{title: "Read a file", tool: "read_text_file", args: map[string]any{"path": todo}},
		{title: "Edit it", tool: "edit_file", args: map[string]any{"path": todo, "edits": []any{
			map[string]any{"oldText": "- call Ada", "newText": "- call Ada on Monday\n- buy milk"},
		}}},
		{title: "Search", tool: "search_files", args: map[string]any{"path": dir, "pattern": "**/*.go"}},
		{title: "Try to leave the folder", tool: "read_text_file", args: map[string]any{"path": dir + "/../../etc/passwd"}, refused: true},
	}
	if err := s.greet(out); err != nil {
		return err
	}
	for i, st := range steps {
		if _, err := s.show(out, i+1, st); err != nil {
			return err
		}
	}
	after, err := os.ReadFile(todo)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nOn disk, notes/todo.md now is:\n%s", indent(string(after)))
	if !strings.Contains(string(after), "buy milk") {
		return errors.New("the edit did not reach the disk")
	}
	if err := s.stop(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nThe server has stopped cleanly. To use it, name its binary and your folders in your client's configuration: see README.md.")
	return nil
}

// session is the client's end of a server started as a child process.
type session struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	id  int
}

// start runs a server with settings of the environment beside this program's own.
func start(env []string, server string, args ...string) (*session, error) {
	cmd := exec.Command(server, args...)
	cmd.Env = append(os.Environ(), env...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &session{cmd: cmd, in: in, out: bufio.NewReader(out)}, cmd.Start()
}

func (s *session) stop() error {
	if err := s.in.Close(); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// request sends one request in the newest revision and decodes its result.
func (s *session) request(method string, params map[string]any, result any) error {
	s.id++
	params["_meta"] = map[string]any{
		"io.modelcontextprotocol/protocolVersion":    "2026-07-28",
		"io.modelcontextprotocol/clientInfo":         map[string]any{"name": "demo", "version": "1"},
		"io.modelcontextprotocol/clientCapabilities": map[string]any{},
	}
	line, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": s.id, "method": method, "params": params})
	if err != nil {
		return err
	}
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		return err
	}
	var answer struct {
		ID     int             `json:"id"`
		Result json.RawMessage `json:"result"`
		Error  *struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	line, err = s.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return err
	}
	if answer.Error != nil {
		return errors.New(answer.Error.Message)
	}
	return json.Unmarshal(answer.Result, result)
}

func (s *session) greet(out io.Writer) error {
	var about struct {
		Versions []string `json:"supportedVersions"`
	}
	if err := s.request("server/discover", map[string]any{}, &about); err != nil {
		return err
	}
	var list struct {
		Tools []struct {
			Name string `json:"name"`
		} `json:"tools"`
	}
	if err := s.request("tools/list", map[string]any{}, &list); err != nil {
		return err
	}
	var names []string
	for _, t := range list.Tools {
		names = append(names, t.Name)
	}
	fmt.Fprintf(out, "It speaks:   MCP %s\nIt offers:   %s\n", strings.Join(about.Versions, ", "), strings.Join(names, ", "))
	return nil
}

// show makes a call and shows it. It returns what the server said.
func (s *session) show(out io.Writer, n int, st step) (string, error) {
	args, err := json.Marshal(st.args)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(out, "\n%d. %s\n   -> %s %s\n", n, st.title, st.tool, args)
	var result struct {
		Content []struct {
			Text string `json:"text"`
		} `json:"content"`
		IsError bool `json:"isError"`
	}
	if err := s.request("tools/call", map[string]any{"name": st.tool, "arguments": st.args}, &result); err != nil {
		return "", err
	}
	mark := "<-"
	if result.IsError {
		mark = "<- refused:"
	}
	fmt.Fprintf(out, "   %s\n", mark)
	said := ""
	for _, c := range result.Content {
		said += c.Text
		fmt.Fprint(out, indent(window(c.Text, st.most)))
	}
	if result.IsError != st.refused {
		return "", fmt.Errorf("step %d (%s) did not go as it should", n, st.tool)
	}
	return said, nil
}

// window keeps so many lines of a text and tells of the rest.
func window(text string, most int) string {
	lines := strings.SplitAfter(text, "\n")
	if most == 0 || len(lines) <= most {
		return text
	}
	return strings.Join(lines[:most], "") + fmt.Sprintf("… (%d more lines, %d bytes in all)\n", len(lines)-most, len(text))
}

func indent(text string) string {
	return "      " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n      ") + "\n"
}
