package slack

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

const (
	textType = "text/plain"
	csvType  = "text/csv"
)

// resources offers each workspace under slack://alias/.
func (s *server) resources(out *mcpcore.Server) {
	for _, w := range s.guard.Workspaces() {
		base := "slack://" + w.Alias + "/"
		read := func(ctx context.Context, uri string) ([]mcpcore.Contents, error) { return s.readResource(ctx, w, uri) }
		out.AddResources(
			mcpcore.Resource{URI: base + "channels", Name: w.Alias + " channels", MIMEType: csvType, Description: "The channels that may be read", Read: read},
			mcpcore.Resource{URI: base + "users", Name: w.Alias + " users", MIMEType: csvType, Description: "The first users by name; users_search finds the others", Read: read},
		)
		for _, t := range []mcpcore.Template{
			{URITemplate: base + "channel/{channel}", Name: "channel", MIMEType: textType, Description: "The newest messages of a channel"},
			{URITemplate: base + "thread/{channel}/{ts}", Name: "thread", MIMEType: textType, Description: "A thread"},
			{URITemplate: base + "file/{file}", Name: "file", Description: "A file"},
			{URITemplate: base + "canvas/{file}", Name: "canvas", MIMEType: "text/markdown", Description: "A canvas"},
			{URITemplate: base + "user/{user}", Name: "user", MIMEType: textType, Description: "A user"},
		} {
			t.Read = read
			t.Complete = func(ctx context.Context, ask mcpcore.Completing) ([]string, error) {
				if ask.Argument == "channel" {
					return w.CompleteChannels(ctx, ask.Value, false), nil
				}
				return nil, nil
			}
			out.AddTemplates(t)
		}
	}
}

// resourceLimit is how many rows a resource has.
const resourceLimit = 500

// readResource gives what a URI stands for, by the same rules as the tools.
func (s *server) readResource(ctx context.Context, w *guard.Workspace, uri string) ([]mcpcore.Contents, error) {
	var text string
	var err error
	switch parts := strings.Split(strings.TrimPrefix(uri, "slack://"+w.Alias+"/"), "/"); {
	case len(parts) == 1 && parts[0] == "channels":
		text, err = s.channelsList(ctx, channelsIn{Workspace: w.Alias, Limit: resourceLimit, Format: "csv"})
	case len(parts) == 1 && parts[0] == "users":
		text, err = s.usersSearch(ctx, usersIn{Workspace: w.Alias, Limit: resourceLimit, Format: "csv"})
	case len(parts) == 2 && parts[0] == "channel":
		text, err = s.history(ctx, historyIn{Workspace: w.Alias, Channel: mcpcore.Variable(ctx, "channel"), Limit: "50"})
	case len(parts) == 3 && parts[0] == "thread":
		text, err = s.replies(ctx, repliesIn{Workspace: w.Alias, Channel: mcpcore.Variable(ctx, "channel"), Thread: mcpcore.Variable(ctx, "ts"), Limit: "200"})
	case len(parts) == 2 && parts[0] == "canvas":
		text, err = s.canvasRead(ctx, canvasIn{Workspace: w.Alias, Canvas: mcpcore.Variable(ctx, "file")})
	case len(parts) == 2 && parts[0] == "user":
		text, err = s.usersSearch(ctx, usersIn{Workspace: w.Alias, IDs: []string{mcpcore.Variable(ctx, "user")}})
	case len(parts) == 2 && parts[0] == "file":
		return s.fileResource(ctx, w, mcpcore.Variable(ctx, "file"))
	default:
		err = wire.ErrNotFound
	}
	if err != nil {
		return nil, missing(uri, err)
	}
	return mcpcore.TextContents(text), nil
}

// missing has what is not there, or may not be read, be a resource that does
// not exist: a client need not know which.
func missing(uri string, err error) error {
	if mcpcore.RuleOf(err) != "" {
		return fmt.Errorf("resource %s: %w: %w", uri, mcpcore.ErrNotFound, err)
	}
	if strings.Contains(err.Error(), wire.ErrNotFound.Error()) {
		return fmt.Errorf("resource %s: %w", uri, mcpcore.ErrNotFound)
	}
	return err
}

const fileResourceBytes = 1 << 20

func (s *server) fileResource(ctx context.Context, w *guard.Workspace, id string) ([]mcpcore.Contents, error) {
	f, err := w.File(ctx, id)
	if err != nil {
		return nil, missing("slack://"+w.Alias+"/file/"+id, err)
	}
	raw, err := f.Contents(ctx, fileResourceBytes)
	if err != nil {
		return nil, err
	}
	if utf8.Valid(raw) {
		return mcpcore.TextContents(quoted(fileMark(&f.File), string(raw))), nil
	}
	return []mcpcore.Contents{{MIMEType: http.DetectContentType(raw), Blob: raw}}, nil
}

// complete suggests channels and users for arguments of prompts.
func (s *server) complete(ctx context.Context, ask mcpcore.Completing) ([]string, error) {
	all := s.guard.Workspaces()
	if len(all) == 0 {
		return nil, nil
	}
	switch ask.Argument {
	case "channel":
		return all[0].CompleteChannels(ctx, ask.Value, true), nil
	case "user":
		found, err := all[0].SearchUsers(ctx, ask.Value, 0, 20)
		if err != nil {
			return nil, nil //nolint:nilerr // a suggestion that cannot be had is none
		}
		var out []string
		for i := range found.Users {
			out = append(out, "@"+found.Users[i].Name)
		}
		return out, nil
	case "period":
		var out []string
		for _, unit := range []string{"d", "w"} {
			n := strings.TrimRight(ask.Value, "dwhm")
			if _, err := strconv.Atoi(n); err == nil {
				out = append(out, n+unit)
			}
		}
		return out, nil
	}
	return nil, nil
}
