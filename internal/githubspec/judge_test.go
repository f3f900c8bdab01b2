package githubspec

import (
	"net/http"
	"strings"
	"testing"
)

// What is wrong is found: a judge that finds nothing would be worth nothing.
func TestRestJudgeFinds(t *testing.T) {
	rest, err := newRestJudge(octokit(t, "openapi", "generated", "api.github.com.json"))
	if err != nil {
		t.Fatal(err)
	}
	kind := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	label := `{"id":1,"node_id":"L","url":"https://x/y","name":"n","description":null,"color":"fff","default":false}`
	for name, c := range map[string]struct {
		e    exchange
		want string // in what is found; "" for nothing
	}{
		"right":              {exchange{Method: "POST", URL: "/repos/o/r/labels", Body: `{"name":"n"}`, Status: 201, Answer: label}, ""},
		"right, Enterprise":  {exchange{Method: "POST", URL: "/api/v3/repos/o/r/labels", Body: `{"name":"n"}`, Status: 201, Answer: label}, ""},
		"no such path":       {exchange{Method: "GET", URL: "/repos/o/r/lables", Status: 200, Answer: "{}"}, "no operation"},
		"no such method":     {exchange{Method: "PUT", URL: "/repos/o/r/labels", Status: 200, Answer: "{}"}, "no operation"},
		"field missing":      {exchange{Method: "POST", URL: "/repos/o/r/labels", Body: `{"color":"fff"}`, Status: 201, Answer: label}, `"name" is missing`},
		"field unknown":      {exchange{Method: "POST", URL: "/repos/o/r/labels", Body: `{"name":"n","colour":"fff"}`, Status: 201, Answer: label}, "no field colour"},
		"type wrong":         {exchange{Method: "POST", URL: "/repos/o/r/labels", Body: `{"name":7}`, Status: 201, Answer: label}, "must be a string"},
		"parameter unknown":  {exchange{Method: "GET", URL: "/repos/o/r/labels?perpage=3", Status: 200, Answer: "[]"}, "no parameter perpage"},
		"parameter wrong":    {exchange{Method: "GET", URL: "/repos/o/r/labels?per_page=x", Status: 200, Answer: "[]"}, "per_page"},
		"number in the path": {exchange{Method: "GET", URL: "/repos/o/r/issues/x", Status: 200, Answer: "{}"}, "issue_number"},
		"answer lacks":       {exchange{Method: "POST", URL: "/repos/o/r/labels", Body: `{"name":"n"}`, Status: 201, Answer: strings.Replace(label, `"color":"fff",`, "", 1)}, `"color" is missing`},
		"status":             {exchange{Method: "POST", URL: "/repos/o/r/labels", Body: `{"name":"n"}`, Status: 200, Answer: label}, "does not answer with 200"},
		"address wrong":      {exchange{Method: "POST", URL: "/repos/o/r/labels", Body: `{"name":"n"}`, Status: 201, Answer: strings.Replace(label, "https://x/y", "y", 1)}, "uri"},
		"path with slashes":  {exchange{Method: "GET", URL: "/repos/o/r/contents/a/b?ref=main", Status: 404, Answer: `{"message":"Not Found"}`}, ""},
		"body where none is": {exchange{Method: "GET", URL: "/repos/o/r/labels", Body: `{"a":1}`, Status: 200, Answer: "[]"}, "no body"},
	} {
		t.Run(name, func(t *testing.T) {
			c.e.Answered = kind
			c.e.Header = http.Header{"Content-Type": {"application/json"}}
			_, faults := rest.judge(c.e)
			expect(t, faults, c.want)
		})
	}
}

func expect(t *testing.T, faults []string, want string) {
	t.Helper()
	all := strings.Join(faults, "\n")
	if want == "" && len(faults) > 0 || !strings.Contains(all, want) || want != "" && all == "" {
		t.Errorf("found %q, want %q in it", all, want)
	}
}

func TestGraphJudgeFinds(t *testing.T) {
	graph, err := newGraphJudge(octokit(t, "graphql-schema", "schema.graphql"))
	if err != nil {
		t.Fatal(err)
	}
	const question = `query($n: Int!) { repository(owner: \"o\", name: \"r\") { issue(number: $n) { number title state } } }`
	answer := `{"data":{"repository":{"issue":{"number":1,"title":"t","state":"OPEN"}}}}`
	for name, c := range map[string]struct{ body, answer, want string }{
		"right":            {`{"query":"` + question + `","variables":{"n":1}}`, answer, ""},
		"newer":            {`{"query":"{ repository(owner: \"o\", name: \"r\") { issue(number: 1) { issueType { name } } } }"}`, `{"data":{"repository":{"issue":{"issueType":null}}}}`, ""},
		"no such field":    {`{"query":"{ viewer { nick } }"}`, `{"data":{"viewer":{"nick":"n"}}}`, "nick"},
		"no such argument": {`{"query":"{ repository(owner: \"o\", nam: \"r\") { id } }"}`, `{"data":{}}`, "nam"},
		"variable missing": {`{"query":"` + question + `","variables":{}}`, answer, "must be defined"},
		"variable wrong":   {`{"query":"` + question + `","variables":{"n":"x"}}`, answer, "cannot use"},
		"variable unknown": {`{"query":"` + question + `","variables":{"n":1,"m":2}}`, answer, "no $m"},
		"answer lacks":     {`{"query":"` + question + `","variables":{"n":1}}`, `{"data":{"repository":{"issue":{"number":1,"state":"OPEN"}}}}`, "title is missing"},
		"answer null":      {`{"query":"` + question + `","variables":{"n":1}}`, `{"data":{"repository":{"issue":{"number":null,"title":"t","state":"OPEN"}}}}`, "null"},
		"answer enum":      {`{"query":"` + question + `","variables":{"n":1}}`, strings.Replace(answer, "OPEN", "open", 1), "IssueState"},
		"answer empty":     {`{"query":"` + question + `","variables":{"n":1}}`, `{}`, "neither"},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := graph.judge(exchange{Method: "POST", URL: "/graphql", Body: c.body, Status: 200, Answer: c.answer})
			expect(t, faults, c.want)
		})
	}
}
