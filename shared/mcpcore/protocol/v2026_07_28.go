package protocol

// No handshake and no requests from the server: see Revision.Stateless.
var v20260728 = v20251125.next("2026-07-28", func(r *Revision) {
	r.Stateless = true
	r.CacheHints = true
	r.Polling = false
	r.Tasks = true
	r.StructuredValues = true
	r.CodeNotFound = -32602
	r.remove("initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe")
	r.add("server/discover", "subscriptions/listen", "tasks/get", "tasks/update", "tasks/cancel")
})
