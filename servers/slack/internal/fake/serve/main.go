// Command serve is the fake Slack as a process, for measuring: with any number
// of users and channels, or as an export in a file. It serves until its input
// ends.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/fake"
)

func main() {
	users := flag.Int("users", 50_000, "users")
	channels := flag.Int("channels", 20_000, "channels")
	export := flag.String("export", "", "write an export to this file, and serve nothing")
	messages := flag.Int("messages", 100_000, "messages of the export")
	flag.Parse()
	if err := run(*users, *channels, *export, *messages, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func run(users, channels int, export string, messages int, out io.Writer) error {
	if export != "" {
		f, err := os.Create(export)
		if err != nil {
			return err
		}
		return errors.Join(fake.Export(f, messages, 50, 500), f.Close())
	}
	s := fake.Sample()
	defer s.Close()
	for i := range users {
		s.AddUser(fmt.Sprintf("U%08d", i), fmt.Sprintf("user%d", i), fmt.Sprintf("User Number%d", i))
	}
	for i := range channels {
		s.Add(fmt.Sprintf("C%08d", i), fmt.Sprintf("channel-%d", i), nil)
	}
	// A thread of 50 messages, each by another, with mentions.
	const first = "1795100000.000100"
	size := 0
	for i := range 50 {
		text := fake.Sentence(i, 26) + fmt.Sprintf(" <@U%08d>", i+1)
		size += len(text)
		s.Say("C0PUBLIC1", fmt.Sprintf("17951000%02d.000100", i), fmt.Sprintf("U%08d", i), text, "thread_ts", first)
	}
	fmt.Fprintf(out, "%s %s %s %d\n", s.URL, fake.BotToken, first, size)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
