package fake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// SearXNG is an instance of SearXNG, or of searx.
type SearXNG struct {
	Old      bool // it is searx 1.1.0
	NoJSON   bool // as most public instances are
	Base     string
	Requests atomic.Int64
}

// ServeHTTP answers a request.
func (s *SearXNG) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Requests.Add(1)
	q := r.FormValue("q")
	switch r.URL.Path {
	case "/autocompleter":
		_ = json.NewEncoder(w).Encode([]any{q, []string{q + " one", q + " two"}})
		return
	case "/search", "/":
	default:
		http.NotFound(w, r)
		return
	}
	page, err := strconv.Atoi(r.FormValue("pageno"))
	bad := r.FormValue("pageno") != "" && (err != nil || page < 1)
	w.Header().Set("Content-Type", "application/json")
	switch {
	case s.NoJSON || r.FormValue("format") != "json":
		w.WriteHeader(http.StatusForbidden)
		return
	case q == "" || bad:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"No query"}`)
		return
	}
	var rows []string
	for i := range 10 {
		n := i + 1
		link := fmt.Sprintf("https://www.site%d.example/page/", n)
		if s.Base != "" {
			link = fmt.Sprintf("%s/page%d", s.Base, n)
		}
		rows = append(rows, fmt.Sprintf(`{"title":"Searx hit %d","url":%q,"content":"about %d","engine":"x","engines":["x"],"positions":[%d],"score":1.0,"category":"general","template":"default.html","parsed_url":["https","a","/","","",""],"publishedDate":null}`, n, link, n, n))
	}
	answers, numbers := `[{"answer":"42","url":null,"template":"answer/legacy.html"}]`, ""
	if s.Old {
		answers, numbers = `["42"]`, `"number_of_results":10,`
	}
	text, _ := json.Marshal(q)
	fmt.Fprintf(w, `{"query":%s,%s"results":[%s],"answers":%s,"corrections":[],"infoboxes":[],"suggestions":["try this"],"unresponsive_engines":[["slow","timeout"]]}`,
		text, numbers, strings.Join(rows, ","), answers)
}
