package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"

	"github.com/mcp-toolbelt/toolbelt/internal/bench/memstat"
)

// serveHTTP is the least that net/http can do: it reads the body and writes an
// answer of which all but the id and the text is fixed. It serves until the
// end of input.
func serveHTTP() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	served := make(chan error, 1)
	go func() { served <- http.Serve(listener, http.HandlerFunc(post)) }()
	err = memstat.Answer(os.Stdin, os.Stdout, nil)
	if closeErr := listener.Close(); closeErr != nil {
		return errors.Join(err, closeErr)
	}
	<-served // because of the listener
	return err
}

func post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id, text := cut(body, `"id":`, ','), cut(body, `"text":`, '}')
	if id == nil { // a notification
		w.WriteHeader(http.StatusAccepted)
		return
	}
	answer := append([]byte(`{"jsonrpc":"2.0","id":`), id...)
	switch {
	case text != nil:
		answer = append(append(append(answer, `,"result":{"content":[{"type":"text","text":`...), text...), `}]}}`...)
	case bytes.Contains(body, []byte(`"initialize"`)):
		w.Header().Set("Mcp-Session-Id", "floor")
		answer = append(append(append(answer, `,"result":`...), initialized...), '}')
	case bytes.Contains(body, []byte(`"server/discover"`)):
		answer = append(append(append(answer, `,"result":`...), discovered...), '}')
	default:
		answer = append(append(append(answer, `,"result":`...), tools...), '}')
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	w.Write(answer)
}

// cut returns what stands in body between start and the next end, or nil.
func cut(body []byte, start string, end byte) []byte {
	_, rest, found := bytes.Cut(body, []byte(start))
	if !found {
		return nil
	}
	before, _, _ := bytes.Cut(rest, []byte{end})
	return before
}
