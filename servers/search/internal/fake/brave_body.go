package fake

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// braveBody is an answer with what the API may send: parts left out, nulls, marks
// in texts, numbers as texts.
func braveBody(r *http.Request) string {
	q := r.URL.Query()
	text, _ := json.Marshal(q.Get("q"))
	count, err := strconv.Atoi(q.Get("count"))
	if err != nil {
		count = 20
	}
	offset, _ := strconv.Atoi(q.Get("offset"))
	switch r.URL.Path {
	case "/web/search":
		if strings.Contains(q.Get("result_filter"), "locations") && !strings.Contains(q.Get("result_filter"), "web") {
			return `{"type":"search","query":{"original":` + string(text) + `},"locations":{"type":"locations","results":[{"id":"loc1"},{"id":"loc2"}]}}`
		}
		var rows []string
		for i := range count {
			n := offset*count + i + 1
			rows = append(rows, fmt.Sprintf(`{"type":"search_result","subtype":"generic","title":"Brave <strong>hit</strong> %d &amp; more","url":"https://site%d.example/page?utm_source=brave",`+
				`"description":"About <strong>%s</strong> &#x27;%d&#x27;","is_source_local":false,"is_source_both":false,"family_friendly":true,"page_age":"2026-04-12T14:22:41","age":"April 12, 2026",`+
				`"meta_url":{"scheme":"https","netloc":"site%d.example","hostname":"site%d.example","favicon":"x","path":"› page"},"extra_snippets":["further %d"]}`,
				n, n, strings.Trim(string(text), `"`), n, n, n, n))
		}
		return `{"type":"search","query":{"original":` + string(text) + `,"more_results_available":true},"mixed":{"type":"mixed","main":[],"top":[],"side":[]},` +
			`"infobox":{"type":"graph","results":[{"title":"Box","description":"short","long_desc":"A <b>long</b> text","url":"https://box.example/"}]},` +
			`"web":{"type":"search","family_friendly":true,"results":[` + strings.Join(rows, ",") + `]}}`
	case "/news/search":
		return `{"type":"news","query":{"original":` + string(text) + `},"results":[{"type":"news_result","title":"News one","url":"https://news.example/1","description":"it happened","age":"2 hours ago","breaking":true,"meta_url":{"hostname":"news.example"}}]}`
	case "/videos/search":
		return `{"type":"videos","query":{"original":` + string(text) + `},"extra":{"might_be_offensive":false},"results":[` +
			`{"type":"video_result","title":"Video one","url":"https://video.example/1","video":{"duration":"01:02","views":1234,"creator":"Ada"},"meta_url":{}},` +
			`{"type":"video_result","title":"Video two","url":"https://video.example/2","video":{"views":"5678"}},{"type":"video_result","title":"Video three","url":"https://video.example/3","video":null}]}`
	case "/images/search":
		return `{"type":"images","query":{"original":` + string(text) + `},"extra":{"might_be_offensive":false},"results":[` +
			`{"type":"image_result","title":"Picture one","url":"https://pic.example/1","source":"pic.example","thumbnail":{"src":"https://t.example/1"},"properties":{"url":"https://pic.example/1.png","width":640,"height":480},"confidence":"high"},` +
			`{"type":"image_result","title":"Picture two","url":"https://pic.example/2","thumbnail":{"width":null},"properties":{"url":"https://pic.example/2.png","width":null}},` +
			`{"type":"image_result","title":null,"url":"https://pic.example/3","thumbnail":{},"properties":{}}]}`
	case "/llm/context":
		return `{"grounding":{"generic":[{"url":"https://ground.example/1","title":"Ground","snippets":["A passage that answers.","\"{\\\"a\\\":1}\""]}],"poi":null,"map":[]},` +
			`"sources":{"https://ground.example/1":{"title":"Ground","hostname":"ground.example","age":["Wednesday, January 15, 2025","2025-01-15","392 days ago"]}}}`
	case "/local/pois":
		return `{"type":"local_pois","results":[` + place("loc1", `{"days":[[{"abbr_name":"Mon","full_name":"Monday","opens":"08:00","closes":"12:00"},{"abbr_name":"Mon","full_name":"Monday","opens":"13:00","closes":"17:00"}],{"abbr_name":"Tue","full_name":"Tuesday","opens":"09:00","closes":"17:00"}]}`) + "," + place("loc2", "null") + `]}`
	case "/local/place_search":
		return `{"type":"locations","results":[` + place("near1", "null") + `]}`
	case "/local/descriptions":
		return `{"type":"local_descriptions","results":[{"type":"local_description","id":"loc1","description":"Good **bread**."},null,{"type":"local_description","id":"loc2","description":null}]}`
	case "/suggest/search":
		return `{"type":"suggest","query":{"original":` + string(text) + `},"results":[{"query":"` + strings.Trim(string(text), `"`) + ` recipe"},{"query":"other","is_entity":true}]}`
	case "/spellcheck/search":
		return `{"type":"spellcheck","query":{"original":` + string(text) + `},"results":[{"query":"corrected"}]}`
	case "/chat/completions":
		return chat(r)
	}
	return "{}"
}

func place(id, hours string) string {
	return fmt.Sprintf(`{"title":"Bakery %s","url":"https://bakery.example/%s","type":"location_result","id":%q,"postal_address":{"type":"PostalAddress","displayAddress":"1 Main Street, Town"},`+
		`"contact":{"telephone":"+1 555"},"rating":{"ratingValue":4.5,"bestRating":5,"reviewCount":"12"},"opening_hours":%s,"coordinates":[48.1,11.5],"distance":{"value":0.4,"units":"km"},"categories":["bakery"],"price_range":"$"}`, id, id, id, hours)
}

// chat answers a question whole, or, for research, piece by piece.
func chat(r *http.Request) string {
	raw, _ := io.ReadAll(r.Body)
	var in struct {
		Stream   bool
		Research bool `json:"enable_research"`
		Messages []struct{ Role, Content string }
	}
	if json.Unmarshal(raw, &in) != nil || len(in.Messages) != 1 || in.Messages[0].Role != "user" || in.Research && !in.Stream {
		return `{"choices":[]}`
	}
	if !in.Stream {
		return `{"object":"chat.completion","choices":[{"message":{"role":"assistant","content":"It is so.<usage>{\"X-Request-Total-Cost\":0.0123}</usage>"}}]}`
	}
	var b strings.Builder
	for _, piece := range []string{"<queries>[\"a\"]</queries>", "<thinking>hm</thinking>", "<answer>It is ", "indeed so.</answer>", `<usage>{"X-Request-Total-Cost":"0.05"}</usage>`} {
		content, _ := json.Marshal(piece)
		b.WriteString(`data: {"object":"chat.completion.chunk","choices":[{"delta":{"content":` + string(content) + `}}]}` + "\n\n")
	}
	return b.String() + "data: [DONE]\n\n"
}
