// A client on the TypeScript SDK that a Go test drives through its standard
// input and output, one JSON object a line. The arguments are
//
//	the directory of the npm packages
//	"1" or "2", the generation of the SDK
//	what to ask for: "" (the SDK's default), "auto", or a revision
//	the server and its arguments, or its URL
//
// It answers {id, do, params} with {id, result} or {id, error}; {id, do: "abort"}
// cancels the request of that id. Once connected it says {revision}, and
// {updated} for each resource that changed. When its input ends it leaves the
// server and says {left} with the pid and whether that process is gone.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [packages, generation, asked, command, ...args] = process.argv.slice(2);
const require = createRequire(join(packages, "client.mjs"));
const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");
const identity = { name: "interop", version: "1" };
const overHTTP = command.startsWith("http:");
const isModern = (revision) => revision >= "2026-07-28";

function generation1(changed) {
  const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
  const { StdioClientTransport } = require("@modelcontextprotocol/sdk/client/stdio.js");
  const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const { ResourceUpdatedNotificationSchema } = require("@modelcontextprotocol/sdk/types.js");
  const client = new Client(identity);
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, changed);
  const transport = overHTTP ? new StreamableHTTPClientTransport(new URL(command)) : new StdioClientTransport({ command, args });
  let revision;
  const setProtocolVersion = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (version) => {
    revision = version;
    setProtocolVersion?.(version);
  };
  return {
    client,
    transport,
    revision: () => revision,
    callTool: (params, options) => client.callTool(params, undefined, options),
  };
}

function generation2(changed) {
  const { Client, StreamableHTTPClientTransport } = require("@modelcontextprotocol/client");
  const { StdioClientTransport } = require("@modelcontextprotocol/client/stdio");
  const options = {};
  if (asked === "auto") {
    options.versionNegotiation = { mode: "auto" };
  } else if (isModern(asked)) {
    options.versionNegotiation = { mode: { pin: asked } };
  } else if (asked) {
    options.supportedProtocolVersions = [asked];
  }
  const client = new Client(identity, options);
  client.setNotificationHandler("notifications/resources/updated", changed);
  return {
    client,
    transport: overHTTP ? new StreamableHTTPClientTransport(new URL(command)) : new StdioClientTransport({ command, args }),
    revision: () => client.getNegotiatedProtocolVersion(),
    callTool: (params, options) => client.callTool(params, options),
  };
}

const sdk = (generation === "1" ? generation1 : generation2)((note) => say({ updated: note.params.uri }));
const { client, transport } = sdk;
const listening = new Map();

const requests = {
  "tools/list": (params, options) => client.listTools(params, options),
  "tools/call": (params, options) => sdk.callTool(params, { ...options, onprogress: () => {} }),
  "resources/list": (params, options) => client.listResources(params, options),
  "resources/templates/list": (params, options) => client.listResourceTemplates(params, options),
  "resources/read": (params, options) => client.readResource(params, options),
  "completion/complete": (params, options) => client.complete(params, options),
  "resources/subscribe": async (params, options) => {
    if (!isModern(sdk.revision())) return client.subscribeResource(params, options);
    listening.set(params.uri, await client.listen({ resourceSubscriptions: [params.uri] }, options));
    return {};
  },
  "resources/unsubscribe": async (params, options) => {
    if (!isModern(sdk.revision())) return client.unsubscribeResource(params, options);
    await listening.get(params.uri).close();
    return {};
  },
};

const running = new Map();

async function answer({ id, do: verb, params }) {
  if (verb === "abort") {
    running.get(id)?.abort(new Error("cancelled by the test"));
    return;
  }
  const stop = new AbortController();
  running.set(id, stop);
  try {
    say({ id, result: await requests[verb](params, { signal: stop.signal }) });
  } catch (error) {
    say({ id, error: String(error?.message ?? error) });
  } finally {
    running.delete(id);
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

try {
  await client.connect(transport);
} catch (error) {
  say({ error: `connect: ${error?.message ?? error}` });
  process.exit(1);
}
say({ revision: sdk.revision() });
for await (const line of createInterface({ input: process.stdin })) {
  answer(JSON.parse(line));
}
const pid = transport.pid;
const begun = performance.now();
await client.close();
say({ left: { gone: !alive(pid), ms: Math.round(performance.now() - begun) } });
