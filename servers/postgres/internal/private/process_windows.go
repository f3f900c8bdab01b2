package private

import (
	"os"
	"os/exec"
	"syscall"
)

var fast = os.Kill

var places = []string{`C:\Program Files\PostgreSQL\*\bin`}

func other(string) (*syscall.SysProcAttr, error) { return &syscall.SysProcAttr{}, nil }

func launch(cmd *exec.Cmd, done chan struct{}) error {
	err := cmd.Start()
	if err == nil {
		go func() {
			_ = cmd.Wait() // how it ended is in its log
			close(done)
		}()
	}
	return err
}
