// Command floor is the least that an echo server can do with the standard
// library: over stdio, read a line, decode it, answer it; over HTTP, not even
// decode it. It checks nothing, so it marks the speed that a real engine can
// approach but not honestly reach.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"

	"github.com/mcp-toolbelt/toolbelt/internal/bench/memstat"
)

type request struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Name      string `json:"name"`
		Arguments struct {
			Text string `json:"text"`
		} `json:"arguments"`
	} `json:"params"`
}

type response struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result"`
}

type echo struct {
	Content []content `json:"content"`
}

type content struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

const (
	initialized = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"floor","version":"1"}}`
	discovered  = `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"public"}`
	tools       = `{"tools":[{"name":"echo","inputSchema":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}}]}`
)

func main() {
	stats := flag.String("memstats", "", "write the bytes allocated to this file at the end of input")
	overHTTP := flag.Bool("http", false, "serve over HTTP, on the address that is the first line of output")
	flag.Parse()
	var err error
	if *overHTTP {
		err = serveHTTP()
	} else {
		err = serve(bufio.NewReaderSize(os.Stdin, 64<<10), bufio.NewWriterSize(os.Stdout, 64<<10))
	}
	if err := errors.Join(err, memstat.Write(*stats)); err != nil {
		io.WriteString(os.Stderr, "floor: "+err.Error()+"\n")
		os.Exit(1)
	}
}

// serve answers until the end of input. It flushes when no more input waits,
// so a burst of requests is answered by one write.
func serve(in *bufio.Reader, out *bufio.Writer) error {
	for {
		line, err := in.ReadSlice('\n')
		if err == io.EOF {
			return out.Flush()
		}
		if err != nil {
			return err
		}
		if err := answer(line, out); err != nil {
			return err
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

func answer(line []byte, out *bufio.Writer) error {
	var req request
	if err := json.Unmarshal(line, &req); err != nil {
		return err
	}
	if req.ID == nil {
		return nil
	}
	res := response{JSONRPC: "2.0", ID: req.ID}
	switch req.Method {
	case "initialize":
		res.Result = json.RawMessage(initialized)
	case "server/discover":
		res.Result = json.RawMessage(discovered)
	case "tools/list":
		res.Result = json.RawMessage(tools)
	default:
		res.Result = echo{Content: []content{{Type: "text", Text: req.Params.Arguments.Text}}}
	}
	b, err := json.Marshal(res)
	if err != nil {
		return err
	}
	out.Write(b)
	return out.WriteByte('\n')
}
