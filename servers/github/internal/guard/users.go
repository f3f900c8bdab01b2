package guard

import (
	"context"
	"strings"
)

// Me is the account that the token is of.
type Me struct {
	Login     string `json:"login"`
	ID        int64  `json:"id"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	Company   string `json:"company"`
	Email     string `json:"email"`
	Bio       string `json:"bio"`
	Location  string `json:"location"`
	Followers int    `json:"followers"`
	Public    int    `json:"public_repos"`
	Private   int    `json:"total_private_repos"`
	Created   string `json:"created_at"`
	URL       string `json:"html_url"`
	Scopes    string `json:"-"` // of a classic token
	Expires   string `json:"-"`
}

// Me finds out who the token is of.
func (g *Guard) Me(ctx context.Context) (*Me, error) {
	out := &Me{}
	resp, err := g.do(ctx, request{path: []string{"user"}}, out)
	if err != nil {
		return nil, err
	}
	out.Scopes = oneLine(resp.Header.Get("X-OAuth-Scopes"))
	if !resp.TokenExpiration.IsZero() {
		out.Expires = strings.TrimSuffix(resp.TokenExpiration.UTC().Format("2006-01-02 15:04"), " 00:00")
	}
	return out, nil
}
