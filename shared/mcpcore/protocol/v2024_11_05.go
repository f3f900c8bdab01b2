package protocol

// The first published revision.
var v20241105 = &Revision{
	Name:         "2024-11-05",
	CodeNotFound: -32002,
	methods: map[string]bool{
		"initialize": true, "ping": true, "logging/setLevel": true,
		"tools/list": true, "tools/call": true,
		"resources/list": true, "resources/templates/list": true, "resources/read": true,
		"resources/subscribe": true, "resources/unsubscribe": true,
		"prompts/list": true, "prompts/get": true,
		"completion/complete": true,
	},
}
