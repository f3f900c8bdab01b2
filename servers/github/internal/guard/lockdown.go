package guard

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// errVeiled refuses what an author without push access made.
func errVeiled(what string) error {
	return mcpcore.Refused("--lockdown-mode", mcpcore.Hint(fmt.Errorf("%s is of an author without push access", what), "a person with push access has to look at it"))
}

// mayShow refuses, with lockdown, the heads of pull requests, which anybody can
// push to.
func (r *Repo) mayShow(ref string) error {
	if r.g.o.Lockdown && strings.HasPrefix(strings.TrimPrefix(ref, "refs/"), "pull/") {
		return errVeiled("what a pull request holds, as far as anybody knows,")
	}
	return nil
}

// veilCommits hides what authors without push access wrote about commits.
func (r *Repo) veilCommits(ctx context.Context, all []Commit) {
	if !r.g.o.Lockdown {
		return
	}
	for i := range all {
		login := ""
		if all[i].Author != nil {
			login = all[i].Author.Login
		}
		if r.Veiled(ctx, login, "") {
			all[i].Commit.Message, all[i].Files = hiddenText, nil
		}
	}
}

// mayShowLog refuses, with lockdown, the log of a job that somebody without
// push access has caused.
func (r *Repo) mayShowLog(ctx context.Context, job int64) error {
	if !r.g.o.Lockdown {
		return nil
	}
	j, err := r.Job(ctx, strconv.FormatInt(job, 10))
	if err != nil {
		return err
	}
	run, err := r.Run(ctx, strconv.FormatInt(j.RunID, 10))
	if err != nil {
		return err
	}
	if r.Veiled(ctx, run.Actor.Login, "") {
		return errVeiled("the run")
	}
	return nil
}
