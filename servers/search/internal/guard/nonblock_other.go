//go:build !unix

package guard

const nonblock = 0
