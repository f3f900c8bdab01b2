package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/render"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type executeIn struct {
	SQL       string            `json:"sql" jsonschema:"one statement"`
	Params    []json.RawMessage `json:"params,omitzero" jsonschema:"values for $1, $2, …"`
	DryRun    bool              `json:"dry_run,omitzero" jsonschema:"say what it would do, and do nothing"`
	Format    render.Format     `json:"format,omitzero" jsonschema:"form of the rows of RETURNING" enum:"json,csv,markdown,tsv" default:"json"`
	TimeoutMS int               `json:"timeout_ms,omitzero" jsonschema:"longest time" min:"1"`
	where
}

// mostRounds is how often the user is asked in one call, as what a statement
// comes to may change while the user thinks.
const mostRounds = 3

// errOther is that a statement came to something else than the user was shown.
var errOther = errors.New("the statement came to something else than was confirmed")

// execute runs a statement that changes something, rolls it back, shows the user
// what it came to, and runs it again once that is confirmed. It is committed only
// if it comes to the same again.
func (s *server) execute(ctx context.Context, in executeIn) (*mcpcore.Result, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return nil, err
	}
	w := guard.Write{SQL: in.SQL, Params: paramsOf(in.Params), Timeout: time.Duration(in.TimeoutMS) * time.Millisecond}
	if in.DryRun {
		effect, err := source.Preview(ctx, w)
		if err != nil {
			return nil, err
		}
		return text("Nothing was changed; this is what it would do.\n" + foretold(effect)), nil
	}
	ask, err := mcpcore.NeedsConsent(ctx)
	if err != nil {
		return nil, err
	}
	consent, err := mcpcore.HasConsent(ctx)
	if err != nil {
		return nil, err
	}
	if consent != nil {
		if earlier := s.done.find(consent.ID); earlier != nil {
			return earlier.again(ctx)
		}
	}
	for range mostRounds {
		if consent == nil {
			given, err := s.consent(ctx, source, w, ask)
			if err != nil {
				return nil, err
			}
			consent = &given
		}
		result, err := s.commit(ctx, source, w, in.Format, ask, consent)
		if !errors.Is(err, errOther) {
			return result, err
		}
		consent = nil
	}
	return nil, mcpcore.Hint(errOther, "others change the same rows: try again later, or name the rows by their keys")
}

// consent asks the user, having seen what the statement comes to.
func (s *server) consent(ctx context.Context, source *guard.Source, w guard.Write, ask bool) (mcpcore.Consent, error) {
	if !ask {
		return mcpcore.AskConsent(ctx, "", "")
	}
	effect, err := source.Preview(ctx, w)
	if err != nil {
		return mcpcore.Consent{}, err
	}
	return mcpcore.AskConsent(ctx, s.subject(source, effect), question(source, w, effect))
}

// subject is what a yes is for, beside the arguments of the call, which the
// engine sees to: this database, as this process knows it, and this effect.
func (s *server) subject(source *guard.Source, e *guard.Effect) string {
	user, host, database := source.Address()
	return strings.Join([]string{s.instance, source.Name, user, host, database, e.Sum()}, "\x00")
}

// commit runs the statement for good.
func (s *server) commit(ctx context.Context, source *guard.Source, w guard.Write, format render.Format, asked bool, consent *mcpcore.Consent) (*mcpcore.Result, error) {
	var mine, earlier *outcome
	allow := func(e *guard.Effect) (err error) {
		if asked && s.subject(source, e) != consent.Subject {
			return errOther
		}
		mine, earlier, err = s.done.begin(consent.ID)
		if earlier != nil {
			return errSpent
		}
		return err
	}
	rows := &table{w: render.New(format)}
	effect, answer, err := source.Execute(ctx, w, allow, rows)
	if earlier != nil {
		return earlier.again(ctx)
	}
	if mine == nil {
		return nil, err
	}
	var result *mcpcore.Result
	if err == nil {
		result = committed(effect, answer, rows)
	}
	mine.end(result, err)
	return result, err
}

// committed is what the model is told of a change that was made.
func committed(e *guard.Effect, a guard.Answer, rows *table) *mcpcore.Result {
	said := "Committed. " + told(e)
	if rows.w.Len() == 0 && a.Rows == 0 {
		return text(said)
	}
	return &mcpcore.Result{Content: []mcpcore.Content{mcpcore.Text{Text: rows.w.String()}, mcpcore.Text{Text: said + "\n" + remark(a, "")}}}
}

func text(s string) *mcpcore.Result {
	return &mcpcore.Result{Content: []mcpcore.Content{mcpcore.Text{Text: s}}}
}

// question is what the user is asked.
func question(source *guard.Source, w guard.Write, e *guard.Effect) string {
	user, host, database := source.Address()
	var b strings.Builder
	fmt.Fprintf(&b, "Run this in the database %s of %s, as %s, and keep what it does?\n\n%s\n", oneLine(database, 0), host, oneLine(user, 0), unhidden(middle(w.SQL)))
	for i, p := range w.Params {
		if i == mostShown {
			fmt.Fprintf(&b, "[%d MORE PARAMETERS ARE NOT SHOWN]\n", len(w.Params)-i)
			break
		}
		value := "NULL"
		if !p.Null {
			value = unhidden(oneLine(p.Text, 200))
		}
		fmt.Fprintf(&b, "$%d = %s\n", i+1, value)
	}
	return b.String() + "\n" + foretold(e)
}

// mostShown is how many parameters of a statement, and columns of a row, the user
// is shown.
const mostShown = 20

// unhidden is a text in which nothing hides from the user who reads it: characters
// without a width, and those that turn others round, show as what they are.
func unhidden(text string) string {
	hides := func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) && r != '\u3000' }
	if !strings.ContainsFunc(text, hides) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if hides(r) {
			fmt.Fprintf(&b, "[U+%04X]", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// middle is a long statement without its middle, which is said; its beginning and
// its end are what matters most.
func middle(sql string) string {
	const most, end = 4000, 1500
	runes := []rune(sql)
	if len(runes) <= most {
		return sql
	}
	return fmt.Sprintf("%s\n[%d CHARACTERS ARE LEFT OUT HERE]\n%s", string(runes[:most-end]), len(runes)-most, string(runes[len(runes)-end:]))
}
