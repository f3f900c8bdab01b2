//go:build unix

package guard

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// blocking is a connection whose reads and writes block the thread. A call is
// written and then waited for, so that the runtime's poller would only add its
// own system calls and switches between threads: half of what a short
// statement takes.
type blocking struct {
	net.Conn // for addresses alone; closed
	file     *os.File
	late     *time.Timer // ends the connection
}

// blocked makes a connection block. One with TLS stays as it is: what is slow
// about it is something else.
func blocked(conn net.Conn) net.Conn {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return conn
	}
	own := -1
	err := control(socket, func(fd int) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if own, _ = syscall.Dup(fd); own >= 0 {
			syscall.CloseOnExec(own)
		}
	})
	if err != nil || own < 0 {
		return conn
	}
	_ = conn.Close() // own is a copy, and blocks from here on
	_ = syscall.SetNonblock(own, false)
	b := &blocking{Conn: conn, file: os.NewFile(uintptr(own), "database")}
	b.late = time.AfterFunc(time.Hour, b.shut)
	b.late.Stop()
	return b
}

func (b *blocking) Read(p []byte) (int, error)  { return b.file.Read(p) }
func (b *blocking) Write(p []byte) (int, error) { return b.file.Write(p) }

// shut ends what waits in Read or Write.
func (b *blocking) shut() {
	_ = control(b.file, func(fd int) { _ = syscall.Shutdown(fd, syscall.SHUT_RDWR) }) // it may be closed already
}

func (b *blocking) Close() error {
	b.late.Stop()
	b.shut()
	return b.file.Close()
}

// SetDeadline sets when the connection ends; the zero time is never.
func (b *blocking) SetDeadline(t time.Time) error {
	if t.IsZero() {
		b.late.Stop()
	} else {
		b.late.Reset(time.Until(t))
	}
	return nil
}

func (b *blocking) SetReadDeadline(t time.Time) error { return b.SetDeadline(t) }

// silent reports whether nothing has come on a connection on which nothing is
// awaited: what does come is an end, or the announcement of one.
func silent(conn net.Conn) bool {
	quiet := true
	look := func(fd int) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(fd, one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR)
	}
	var socket syscall.Conn
	switch c := conn.(type) {
	case *blocking:
		socket = c.file
	case *tls.Conn:
		socket, _ = c.NetConn().(syscall.Conn)
	case syscall.Conn:
		socket = c
	}
	return socket == nil || control(socket, look) == nil && quiet
}

func control(c syscall.Conn, do func(fd int)) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) { do(int(fd)) })
}
