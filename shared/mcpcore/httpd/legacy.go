package httpd

import "net/http"

func (h *Handler) legacy(w http.ResponseWriter, r *http.Request) {
	refusal(http.StatusNotFound, codeRefused, "there is nothing at this path").write(w)
}
