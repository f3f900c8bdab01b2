package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// maxPassword bounds a password: tokens of a few kilobytes pass for one.
const maxPassword = 64 << 10

// credential is what a command gave. It is kept in memory alone.
type credential struct {
	turn  chan struct{} // held by whoever asks the command
	given bool
	value string
}

func newCredential() *credential { return &credential{turn: make(chan struct{}, 1)} }

// get is the password, from the command where there is none yet, or it is the
// one that was refused.
func (p *credential) get(ctx context.Context, d *Database, refused string) (string, error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-p.turn }()
	if p.given && (refused == "" || p.value != refused) {
		return p.value, nil
	}
	value, err := ask(ctx, d.PasswordCommand, d.PasswordTime)
	if err == nil {
		p.given, p.value = true, value
	}
	return value, err
}

// ask runs the command, without a shell. Nothing of what it prints is told to
// anybody, be it the password or why there is none.
func ask(ctx context.Context, command []string, most time.Duration) (string, error) {
	limited, stop := context.WithTimeout(ctx, most)
	defer stop()
	var out bounded
	cmd := exec.CommandContext(limited, command[0], command[1:]...)
	cmd.Stdout = &out
	cmd.WaitDelay = time.Second // for what it started and left
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) { // it ended well, and left something behind that holds its output
		err = nil
	}
	value := strings.TrimRight(out.String(), "\r\n")
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case limited.Err() != nil:
		err = fmt.Errorf("it did not end within %s", most)
	case errors.As(err, &exit):
		err = errors.New(exit.ProcessState.String())
	case err != nil: // it could not be started: the error names the program, which may be of the operator's own concern
		err = errors.New("it cannot be run")
	case value == "":
		err = errors.New("it printed nothing")
	case out.full || strings.ContainsAny(value, "\r\n\x00"):
		err = errors.New("it printed more than one line")
	default:
		return value, nil
	}
	return "", mcpcore.Hint(fmt.Errorf("--password-command: %w", err), "run the command by hand, as the user that runs this server: it prints the password and nothing else")
}

// bounded keeps the first bytes of what is written to it.
type bounded struct {
	bytes.Buffer
	full bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxPassword {
		b.full = true
		return len(p), nil
	}
	return b.Buffer.Write(p)
}
