package mcptest

import (
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed schema/*.json schema/extensions/*.json
var published embed.FS

// Revisions lists the revisions of the protocol, oldest first.
func Revisions() []string {
	files, err := fs.Glob(published, "schema/*.json")
	if err != nil {
		panic(err) // only for a bad pattern
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".json")
	}
	slices.Sort(files)
	return files
}

// Latest is the newest revision.
func Latest() string {
	all := Revisions()
	return all[len(all)-1]
}

// stateless tells the revisions without a handshake.
func stateless(revision string) bool { return revision >= "2026-07-28" }

// spec is the schema of one revision, or of an extension.
type spec struct {
	revision string         // or the extension
	raw      map[string]any // the definitions
	at       string         // where they stand

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	done     map[string]*jsonschema.Schema
	methods  map[string]map[string]string // of a union: method to definition
}

var specs = sync.OnceValue(func() map[string]*spec {
	all := map[string]*spec{}
	for _, r := range Revisions() {
		all[r] = load(r)
	}
	return all
})

// tasksSpec is the schema of the tasks extension.
var tasksSpec = sync.OnceValue(func() *spec { return load("extensions/tasks") })

var expression = regexp.MustCompile(`\{[+#./;?&]?[A-Za-z0-9_.%]+(?:\*|:[1-9][0-9]{0,3})?(?:,[A-Za-z0-9_.%]+(?:\*|:[1-9][0-9]{0,3})?)*\}`)

// uriTemplate holds a template to RFC 6570, in which an expression may stand
// anywhere, for a host too: with a word in place of each it is a URI.
func uriTemplate(v any) error {
	text, ok := v.(string)
	if !ok {
		return nil
	}
	plain := expression.ReplaceAllString(text, "x")
	if strings.ContainsAny(plain, "{}") {
		return fmt.Errorf("%q is no URI template", text)
	}
	_, err := url.Parse(plain)
	return err
}

// load reads the schema of a revision, or of an extension.
func load(name string) *spec {
	f, err := published.Open("schema/" + name + ".json")
	if err != nil {
		panic(err)
	}
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		panic(err)
	}
	s := &spec{
		revision: name, at: "definitions", compiler: jsonschema.NewCompiler(),
		done: map[string]*jsonschema.Schema{}, methods: map[string]map[string]string{},
	}
	if doc.(map[string]any)["$defs"] != nil {
		s.at = "$defs"
	}
	s.raw = doc.(map[string]any)[s.at].(map[string]any)
	s.compiler.AssertFormat()
	s.compiler.RegisterFormat(&jsonschema.Format{Name: "uri-template", Validate: uriTemplate})
	if err := s.compiler.AddResource(s.url(), doc); err != nil {
		panic(err)
	}
	return s
}

func (s *spec) url() string { return "mcp:///" + s.revision + ".json" }

// definition compiles one definition, or returns nil where there is none.
func (s *spec) definition(name string) *jsonschema.Schema {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raw[name] == nil {
		return nil
	}
	if known := s.done[name]; known != nil {
		return known
	}
	made, err := s.compiler.Compile(s.url() + "#/" + s.at + "/" + name)
	if err != nil {
		panic(fmt.Sprintf("mcptest: %s of %s: %v", name, s.revision, err))
	}
	s.done[name] = made
	return made
}

// member finds the definition in a union, such as ServerNotification, that has
// the method; "" where there is none.
func (s *spec) member(union, method string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.methods[union] == nil {
		found := map[string]string{}
		u, _ := s.raw[union].(map[string]any)
		refs, _ := u["anyOf"].([]any)
		for _, ref := range refs {
			name := path.Base(ref.(map[string]any)["$ref"].(string))
			properties := s.raw[name].(map[string]any)["properties"].(map[string]any)
			found[properties["method"].(map[string]any)["const"].(string)] = name
		}
		s.methods[union] = found
	}
	return s.methods[union][method]
}

// resultOf names the definition of the result of each method.
var resultOf = map[string]string{
	"initialize":               "InitializeResult",
	"server/discover":          "DiscoverResult",
	"ping":                     "EmptyResult",
	"logging/setLevel":         "EmptyResult",
	"resources/subscribe":      "EmptyResult",
	"resources/unsubscribe":    "EmptyResult",
	"subscriptions/listen":     "SubscriptionsListenResult",
	"tools/list":               "ListToolsResult",
	"tools/call":               "CallToolResult",
	"resources/list":           "ListResourcesResult",
	"resources/templates/list": "ListResourceTemplatesResult",
	"resources/read":           "ReadResourceResult",
	"prompts/list":             "ListPromptsResult",
	"prompts/get":              "GetPromptResult",
	"completion/complete":      "CompleteResult",
	"tasks/get":                "GetTaskResult",
	"tasks/update":             "UpdateTaskResult",
	"tasks/cancel":             "CancelTaskResult",
}

// errorOf names the definition of a whole error response, for the codes that
// have one of their own.
var errorOf = map[string]string{
	"-32020": "HeaderMismatchError",
	"-32021": "MissingRequiredClientCapabilityError",
	"-32022": "UnsupportedProtocolVersionError",
}
