package httpd

import (
	"net/http"
	"slices"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// known serves a request whose principal is known, and refuses others before
// anything else of them is looked at.
func (h *Handler) known(w http.ResponseWriter, r *http.Request, serve func(*Handler, http.ResponseWriter, *http.Request) *fault) {
	if h.o.Guard != nil {
		p, denial := h.o.Guard.Identify(r)
		if denial != nil {
			h.refuse(w, r, denied(denial))
			return
		}
		r.Header.Del("Authorization") // nothing beyond needs it, so nothing can pass it on
		r = r.WithContext(auth.With(r.Context(), p))
	}
	if fault := serve(h, w, r); fault != nil {
		h.refuse(w, r, fault)
	}
}

func denied(d *auth.Denial) *fault {
	f := refusal(d.Status, codeRefused, "%s", d.Message)
	f.challenge, f.reason = d.Challenge, d.Reason
	if d.Status == http.StatusBadRequest {
		f.rule = "token"
	}
	return f
}

// demand refuses a message, or a batch, that needs scopes which its principal
// lacks.
func (h *Handler) demand(r *http.Request, m *message) *fault {
	p := auth.Of(r.Context())
	if h.o.Guard == nil || p == nil {
		return nil
	}
	var need []string
	add := func(one *jsonrpc.Message) {
		if one.IsResponse() {
			return
		}
		about := metaOf(one.Params)
		for _, scope := range h.o.Scopes(one.Method, jsonrpc.Unquote(about.name)) {
			if !slices.Contains(need, scope) {
				need = append(need, scope)
			}
		}
	}
	if m.batch == nil {
		add(&m.Message)
	}
	for _, raw := range jsonrpc.Elements(m.batch) {
		if one, err := jsonrpc.Parse(raw); err == nil { // the engine refuses the others
			add(&one)
		}
	}
	denial := h.o.Guard.Demand(p, need)
	if denial == nil {
		return nil
	}
	f := denied(denial)
	f.id = m.ID
	return f
}

// metadata tells clients where to get a token.
func (h *Handler) metadata(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		h.refuse(w, r, refusal(http.StatusMethodNotAllowed, codeRefused, "the methods here are GET and HEAD"))
		return
	}
	writeJSON(w, http.StatusOK, h.o.Guard.Metadata())
}
