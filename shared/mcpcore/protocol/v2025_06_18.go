package protocol

// Structured results, elicitation, resource links, titles.
var v20250618 = v20250326.next("2025-06-18", func(r *Revision) {
	r.Batches = false
	r.Titles = true
	r.ResourceLinks = true
	r.StructuredContent = true
	r.Elicitation = true
	r.LastModified = true
})
