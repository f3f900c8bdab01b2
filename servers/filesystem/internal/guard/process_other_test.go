//go:build unix && !linux

package guard_test

import (
	"errors"
	"os/exec"
)

func mountSmall(string, int) (func(), error) { return nil, errors.New("only done on Linux") }

func become(*exec.Cmd, uint32) error { return errors.New("only done on Linux") }
