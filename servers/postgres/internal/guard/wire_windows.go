package guard

import "net"

func blocked(conn net.Conn) net.Conn { return conn }

func silent(net.Conn) bool { return true }
