//go:build !linux

package pdftext

// confine does nothing where the kernel has no such limits: time is limited by
// who started the process.
func confine() {}
