package github

import (
	"context"
	"fmt"
	"strings"
)

type noArguments struct{}

func (s *server) getMe(ctx context.Context, _ noArguments) (string, error) {
	me, err := s.guard.Me(ctx)
	if err != nil {
		return "", err
	}
	f := facts{}
	f.add("login", me.Login)
	f.add("name", line(me.Name, 100))
	f.add("type", me.Type)
	f.add("company", line(me.Company, 100))
	f.add("email", line(me.Email, 100))
	f.add("bio", line(me.Bio, 200))
	f.add("repositories", fmt.Sprintf("%d public, %d private", me.Public, me.Private))
	f.add("since", day(me.Created))
	return f.String(), nil
}

// facts are lines of a name and a value.
type facts struct{ b strings.Builder }

func (f *facts) add(name, value string) {
	if value != "" {
		fmt.Fprintf(&f.b, "%s: %s\n", name, value)
	}
}

func (f *facts) String() string { return strings.TrimSuffix(f.b.String(), "\n") }

// day is the date of a time of GitHub.
func day(t string) string {
	date, _, _ := strings.Cut(t, "T")
	return date
}

// minute is a time of GitHub without its seconds.
func minute(t string) string {
	if len(t) >= 16 {
		return t[:10] + " " + t[11:16]
	}
	return t
}
