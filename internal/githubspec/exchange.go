package githubspec

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
)

// exchange is a request and its answer as the fake writes them down.
type exchange struct {
	Name     string      `json:"name"`
	Route    string      `json:"route"`
	Fault    bool        `json:"fault"`
	Method   string      `json:"method"`
	URL      string      `json:"url"`
	Header   http.Header `json:"header"`
	Body     string      `json:"body"`
	Status   int         `json:"status"`
	Answered http.Header `json:"answered"`
	Answer   string      `json:"answer"`
}

// readExchanges hands all of a file to a function, in order.
func readExchanges(name string, yield func(exchange)) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	d := json.NewDecoder(bufio.NewReader(f))
	for {
		var e exchange
		switch err := d.Decode(&e); err {
		case nil:
			yield(e)
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}
