package fake

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
)

// Keyed is one of the smaller APIs: it takes requests of one form, and answers
// each alike.
type Keyed struct {
	Method  string
	Header  string            // that carries the key
	Key     string            // with what stands before it
	Bodies  map[string]string // answers by path
	Fields  []string          // that a body may have; nil: there is none
	Params  []string          // that a query may have
	Denied  int               // status without the key
	Refusal string            // body of that

	mu     sync.Mutex
	faults []string
	last   map[string]json.RawMessage
}

// Faults are what was wrong with requests.
func (k *Keyed) Faults() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.faults)
}

// Last is the body of the last request.
func (k *Keyed) Last() map[string]json.RawMessage {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

// ServeHTTP answers a request.
func (k *Keyed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get(k.Header) != k.Key {
		w.WriteHeader(k.Denied)
		fmt.Fprint(w, k.Refusal)
		return
	}
	body, ok := k.Bodies[r.URL.Path]
	if !ok || r.Method != k.Method {
		k.faults = append(k.faults, r.Method+" "+r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
		return
	}
	for name := range r.URL.Query() {
		if !slices.Contains(k.Params, name) {
			k.faults = append(k.faults, "parameter "+name)
		}
	}
	if k.Fields != nil {
		raw, _ := io.ReadAll(r.Body)
		k.last = nil
		if err := json.Unmarshal(raw, &k.last); err != nil {
			k.faults = append(k.faults, err.Error())
		}
		for name := range k.last {
			if !slices.Contains(k.Fields, name) {
				k.faults = append(k.faults, "field "+name)
			}
		}
	}
	fmt.Fprint(w, body)
}

// NewTavily makes a stand-in for the API of Tavily.
func NewTavily(key string) *Keyed {
	return &Keyed{
		Method: http.MethodPost, Header: "Authorization", Key: "Bearer " + key, Denied: 401, Refusal: `{"detail":{"error":"Unauthorized: missing or invalid API key."}}`,
		Fields: []string{"query", "search_depth", "topic", "time_range", "start_date", "end_date", "max_results", "include_domains", "exclude_domains", "country", "include_answer"},
		Bodies: map[string]string{"/search": `{"query":"x","follow_up_questions":null,"answer":null,"images":[],"results":[{"title":"T","url":"https://t.example/1","content":"text","score":0.9,"raw_content":null,"published_date":"Fri, 02 Jan 2026 10:00:00 GMT"}],"response_time":1.2}`},
	}
}

// NewExa makes a stand-in for the API of Exa.
func NewExa(key string) *Keyed {
	return &Keyed{
		Method: http.MethodPost, Header: "x-api-key", Key: key, Denied: 401, Refusal: `{"error":"Invalid API key"}`,
		Fields: []string{"query", "type", "numResults", "category", "includeDomains", "excludeDomains", "startPublishedDate", "endPublishedDate", "userLocation", "moderation", "contents"},
		Bodies: map[string]string{"/search": `{"requestId":"1","resolvedSearchType":"neural","results":[{"id":"a","title":null,"url":"https://e.example/1","publishedDate":"2026-01-02T00:00:00.000Z","author":"Ada","highlights":["first","second"]},{"title":"E2","url":"https://e.example/2"}],"costDollars":{"total":0.005}}`},
	}
}

// NewKagi makes a stand-in for the API of Kagi.
func NewKagi(key string) *Keyed {
	return &Keyed{
		Method: http.MethodGet, Header: "Authorization", Key: "Bot " + key, Denied: 401, Refusal: `{"meta":{"id":"1"},"error":[{"code":1,"msg":"Unauthorized","ref":null}]}`,
		Params: []string{"q", "limit"},
		Bodies: map[string]string{
			"/search":      `{"meta":{"id":"1","node":"us","ms":5,"api_balance":1.5},"data":[{"t":0,"rank":1,"url":"https://k.example/1","title":"K","snippet":"text","published":"2026-01-02T00:00:00Z"},{"t":1,"list":["related"]}]}`,
			"/enrich/news": `{"meta":{},"data":[{"t":0,"url":"https://k.example/news","title":"KN","snippet":"text"}]}`,
		},
	}
}

// NewSerper makes a stand-in for the API of Serper.
func NewSerper(key string) *Keyed {
	return &Keyed{
		Method: http.MethodPost, Header: "X-API-KEY", Key: key, Denied: 403, Refusal: `{"message":"Unauthorized."}`,
		Fields: []string{"q", "gl", "hl", "num", "page", "tbs", "safe"},
		Bodies: map[string]string{
			"/search": `{"organic":[{"title":"S","link":"https://s.example/1","snippet":"text","position":1,"date":"Jan 2, 2026"}],"answerBox":{"title":"A","answer":"42"},"knowledgeGraph":{"title":"G","description":"is","website":"https://g.example"},"relatedSearches":[{"query":"related"}]}`,
			"/news":   `{"news":[{"title":"SN","link":"https://s.example/news","snippet":"text","date":"2 hours ago","source":"Paper"}]}`,
			"/images": `{"images":[{"title":"SI","imageUrl":"https://s.example/i.png","imageWidth":10,"imageHeight":20,"link":"https://s.example/i"}]}`,
		},
	}
}
