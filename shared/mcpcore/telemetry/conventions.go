package telemetry

// Names after the OpenTelemetry semantic conventions for MCP, which are in
// development and have no Go package:
// https://github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/mcp.md.
const (
	methodName      = "mcp.method.name"
	protocolVersion = "mcp.protocol.version"
	sessionID       = "mcp.session.id"
	resourceURI     = "mcp.resource.uri"
	toolName        = "gen_ai.tool.name"
	promptName      = "gen_ai.prompt.name"
	operationName   = "gen_ai.operation.name"
	requestID       = "jsonrpc.request.id"
	statusCode      = "rpc.response.status_code"
	errorType       = "error.type"
	transport       = "network.transport"
	networkProtocol = "network.protocol.name"
	networkVersion  = "network.protocol.version"
	clientAddress   = "client.address"
	clientPort      = "client.port"

	operationDuration = "mcp.server.operation.duration"
	sessionDuration   = "mcp.server.session.duration"

	executeTool = "execute_tool" // the operation that a call of a tool is
	toolError   = "tool_error"   // the error of a result that says it is one
	other       = "_OTHER"       // stands for what could be anything
)

// durations are the bounds of the buckets of both durations, in seconds.
var durations = []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300}

// Names of our own, for what the conventions do not have.
const (
	rule       = "toolbelt.rule"        // the setting or rule that refused a request
	refusals   = "toolbelt.refusals"    // requests that rules refused
	resultSize = "toolbelt.result.size" // of the results of calls that went well
	running    = "toolbelt.calls.running"
	waiting    = "toolbelt.calls.waiting"
	working    = "toolbelt.tasks.working"
	sessions   = "toolbelt.sessions"
	streams    = "toolbelt.streams"

	cancelled = "cancelled" // the error of a request that nobody waits for any more
)

// sizes are the bounds of the buckets of the sizes of results, in bytes.
var sizes = []float64{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20}
