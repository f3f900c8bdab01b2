package protocol

// Icons, modes of elicitation; the last revision with a handshake.
var v20251125 = v20250618.next("2025-11-25", func(r *Revision) {
	r.Icons = true
	r.FormMode = true
	r.Polling = true
})
