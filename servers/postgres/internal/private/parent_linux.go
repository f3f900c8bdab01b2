package private

import "syscall"

// endWithParent has the server end when this process is gone, even by kill -9.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = fast }
