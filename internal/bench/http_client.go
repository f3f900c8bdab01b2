package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// httpClient is one client on one connection, which it keeps. It does as
// little as it can, so that it is the server that is measured: every request
// is one write of bytes that are the same for each server but for the session.
type httpClient struct {
	conn *net.TCPConn
	era  string
	host string

	session    []byte // the header, from the handshake
	out        []byte // the request
	in         []byte // what was received
	start, end int    // of what is in in and was not looked at yet
	body       []byte // of an answer that came in chunks
}

// httpAnswer is one response, valid until the next.
type httpAnswer struct {
	status  int
	session []byte
	body    []byte
}

func dialHTTP(addr, era string) (*httpClient, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &httpClient{conn: conn.(*net.TCPConn), era: era, host: addr, in: make([]byte, 4<<10)}
	return c, conn.SetDeadline(time.Now().Add(patience))
}

// greet opens the conversation and returns once tools/list is answered.
func (c *httpClient) greet(tool string) error {
	if c.era == modern {
		if err := c.ask("server/discover", request(modern, 1, "server/discover", ""), modern); err != nil {
			return err
		}
		return c.ask("tools/list", request(modern, 2, "tools/list", ""), `"name":"`+tool+`"`)
	}
	if err := c.initialize(); err != nil {
		return err
	}
	a, err := c.post("notifications/initialized", "", []byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`))
	if err == nil && a.status != 202 {
		err = fmt.Errorf("%w to notifications/initialized: %d %s", errAnswer, a.status, a.body)
	}
	if err != nil {
		return err
	}
	return c.ask("tools/list", request(legacy, 2, "tools/list", ""), `"name":"`+tool+`"`)
}

// initialize begins a session.
func (c *httpClient) initialize() error {
	hello := request(legacy, 1, "initialize",
		`"protocolVersion":"`+legacy+`","capabilities":{},"clientInfo":{"name":"bench","version":"1"}`)
	c.session = nil
	a, err := c.post("initialize", "", hello)
	if err == nil && (a.status != 200 || a.session == nil || !bytes.Contains(a.body, []byte(legacy))) {
		err = fmt.Errorf("%w to initialize: %d, session %q: %.300s", errAnswer, a.status, a.session, a.body)
	}
	if err == nil {
		c.session = fmt.Appendf(nil, "Mcp-Session-Id: %s\r\n", a.session)
	}
	return err
}

// ask sends one request and demands that its answer contains want.
func (c *httpClient) ask(method string, req []byte, want string) error {
	a, err := c.post(method, "", req)
	if err == nil && (a.status != 200 || !bytes.Contains(a.body, []byte(want))) {
		err = fmt.Errorf("%w to %s: %d, lacks %s: %.300s", errAnswer, method, a.status, want, a.body)
	}
	return err
}

// post sends a message and returns the answer to it. name is that of a tool.
func (c *httpClient) post(method, name string, msg []byte) (httpAnswer, error) {
	if err := c.send(method, name, msg); err != nil {
		return httpAnswer{}, err
	}
	return c.receive()
}

func (c *httpClient) send(method, name string, msg []byte) error {
	msg = bytes.TrimSuffix(msg, []byte("\n"))
	out := append(c.out[:0], "POST /mcp HTTP/1.1\r\nHost: "...)
	out = append(out, c.host...)
	out = append(out, "\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\nContent-Length: "...)
	out = strconv.AppendInt(out, int64(len(msg)), 10)
	out = append(append(out, "\r\n"...), c.session...)
	if c.era == modern {
		out = append(append(out, "MCP-Protocol-Version: "+modern+"\r\nMcp-Method: "...), method...)
		if name != "" {
			out = append(append(out, "\r\nMcp-Name: "...), name...)
		}
		out = append(out, "\r\n"...)
	} else if c.session != nil {
		out = append(out, "MCP-Protocol-Version: "+legacy+"\r\n"...)
	}
	c.out = append(append(out, "\r\n"...), msg...)
	_, err := c.conn.Write(c.out)
	return err
}

var errHTTP = errors.New("not understood as HTTP")

// receive reads one response to its end.
func (c *httpClient) receive() (httpAnswer, error) {
	a, length, err := c.receiveHead()
	switch {
	case err != nil:
		return a, err
	case length >= 0:
		a.body, err = c.take(length)
		return a, err
	}
	c.body = c.body[:0]
	for {
		chunk, err := c.receiveChunk()
		if err != nil || len(chunk) == 0 {
			a.body = c.body
			return a, err
		}
		c.body = append(c.body, chunk...)
	}
}

// receiveHead reads the head of a response. The length is negative where the
// body comes in chunks.
func (c *httpClient) receiveHead() (a httpAnswer, length int, err error) {
	line, err := c.line()
	if err != nil {
		return a, 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return a, 0, fmt.Errorf("%w: %q", errHTTP, line)
	}
	if a.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return a, 0, fmt.Errorf("%w: %q", errHTTP, line)
	}
	for {
		line, err := c.line()
		if err != nil || len(line) == 0 {
			return a, length, err
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return a, 0, fmt.Errorf("%w: %q", errHTTP, line)
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			length = -1
		case bytes.EqualFold(name, []byte("Mcp-Session-Id")):
			a.session = bytes.Clone(value)
		}
	}
}

// receiveChunk reads one chunk of a body; the last is empty.
func (c *httpClient) receiveChunk() ([]byte, error) {
	line, err := c.line()
	if err != nil {
		return nil, err
	}
	size, err := strconv.ParseUint(string(line), 16, 31)
	if err != nil {
		return nil, fmt.Errorf("%w: chunk of %q", errHTTP, line)
	}
	chunk, err := c.take(int(size) + len("\r\n"))
	if err != nil {
		return nil, err
	}
	return chunk[:size], nil
}

// line takes the next line of what is received.
func (c *httpClient) line() ([]byte, error) {
	for {
		if i := bytes.Index(c.in[c.start:c.end], []byte("\r\n")); i >= 0 {
			line := c.in[c.start : c.start+i]
			c.start += i + 2
			return line, nil
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

// take takes the next n bytes.
func (c *httpClient) take(n int) ([]byte, error) {
	for c.end-c.start < n {
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	c.start += n
	return c.in[c.start-n : c.start], nil
}

// fill reads once, whatever has arrived.
func (c *httpClient) fill() error {
	if c.start > 0 {
		c.end = copy(c.in, c.in[c.start:c.end])
		c.start = 0
	}
	if c.end == len(c.in) {
		c.in = append(c.in, make([]byte, len(c.in))...)
	}
	n, err := c.conn.Read(c.in[c.end:])
	c.end += n
	return err
}
