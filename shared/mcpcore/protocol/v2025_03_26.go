package protocol

// Streamable HTTP, audio, tool annotations; the only revision with batches.
var v20250326 = v20241105.next("2025-03-26", func(r *Revision) {
	r.Batches = true
	r.AudioContent = true
	r.ToolAnnotations = true
	r.ProgressMessage = true
	r.CompletionsFlag = true
})
