package pdftext

import "golang.org/x/sys/unix"

// confine has the kernel end the process rather than let it take more memory or
// time, and lets it open and write no file.
func confine() {
	limit := func(what int, most uint64) { _ = unix.Setrlimit(what, &unix.Rlimit{Cur: most, Max: most}) }
	limit(unix.RLIMIT_DATA, 2*maxMemory)
	limit(unix.RLIMIT_CPU, uint64(maxTime.Seconds()))
	limit(unix.RLIMIT_FSIZE, 0)
	limit(unix.RLIMIT_CORE, 0)
	limit(unix.RLIMIT_NOFILE, 8)
}
