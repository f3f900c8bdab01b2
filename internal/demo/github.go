package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const fixCount = `--- a/cart.go
+++ b/cart.go
@@ -24,5 +24,5 @@
 	sum := 0.0
 	for _, l := range c.Lines {
-		sum += l.Price
+		sum += l.Price * float64(l.Count)
 	}
 	return sum
`

// runGitHub holds a session with mcp-github on a GitHub in memory, whose program
// lies beside the server's: a pull request and its diff, a failed test, text of a
// stranger, a repository that is refused, and a patch that is committed.
func runGitHub(server string, out io.Writer) error {
	api, stop, err := fakeGitHub(filepath.Join(filepath.Dir(server), "fake-github"+filepath.Ext(server)))
	if err != nil {
		return err
	}
	defer stop()
	args := []string{"--api-url", api, "--repos", "acme/*,!acme/vault"}
	fmt.Fprintf(out, "\nA GitHub in memory, with the organization acme: %s\nThe server:  %s %s\n", api, server, strings.Join(args, " "))
	s, err := start([]string{"GITHUB_PERSONAL_ACCESS_TOKEN=ghp_0000SampleTokenOfTheDemonstration0000"}, server, args...)
	if err != nil {
		return err
	}
	in := func(repo string, more ...any) map[string]any {
		args := map[string]any{"owner": "acme", "repo": repo}
		for i := 0; i < len(more); i += 2 {
			args[more[i].(string)] = more[i+1]
		}
		return args
	}
	steps := []step{
		{title: "A pull request in one call", tool: "pull_request_read", args: in("shop", "pullNumber", 7)},
		{title: "Its diff of 257 kB: a window, and all files listed", tool: "pull_request_read", args: in("shop", "pullNumber", 7, "method", "get_diff"), most: 40},
		{title: "Why does its test fail?", tool: "diagnose_ci", args: in("shop", "pull_number", 7), most: 20},
		{title: "An issue by a stranger, whose text hides instructions", tool: "issue_read", args: in("shop", "issue_number", 2)},
		{title: "Try a repository that the operator did not allow", tool: "get_file_contents", args: in("vault", "path", "plans/launch.md"), refused: true},
		{title: "A branch for the cure", tool: "create_branch", args: in("shop", "branch", "fix-total")},
		{title: "Commit a patch there", tool: "apply_patch", args: in("shop", "branch", "fix-total", "message", "cart: count the articles", "patch", fixCount)},
		{title: "What has it become?", tool: "compare_commits", args: in("shop", "base", "main", "head", "fix-total", "detail", "full_patch")},
	}
	if err := s.greet(out); err != nil {
		return err
	}
	for i, st := range steps {
		if _, err := s.show(out, i+1, st); err != nil {
			return err
		}
	}
	if err := s.stop(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nThe server has stopped cleanly.")
	return nil
}

// fakeGitHub starts it and returns the address of its API.
func fakeGitHub(program string) (api string, stop func(), err error) {
	cmd := exec.Command(program)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		in.Close() //nolint:errcheck // it ends either way
		cmd.Wait() //nolint:errcheck // it ends either way
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, errors.New("fake-github did not start")
	}
	return strings.TrimSpace(line), stop, nil
}
