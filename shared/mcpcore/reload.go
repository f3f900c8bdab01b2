package mcpcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
)

// reloadOn reads the settings anew with each signal, until ctx is done.
func (p *program) reloadOn(ctx context.Context, signals <-chan os.Signal, s *Server, args []string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
		if err := p.reload(s, args); err != nil {
			for _, one := range flatten(err) {
				p.log.Error("the settings are not taken; those before stay, all of them", "error", one, "hint", HintOf(one))
			}
		}
	}
}

// reload reads all settings anew and has the server go on with them. Nothing
// changes unless everything is in order.
func (p *program) reload(s *Server, args []string) error {
	u := p.fresh()
	u.declare(p.name)
	u.flags.Like(p.flags) // of the extensions, which keep theirs
	if err := u.parse(args); err != nil {
		return err
	}
	u.common.http.addr = p.common.http.addr // which stays
	u.complete(p.log, &s.present().Options, p.audit.files())
	if err := errors.Join(u.common.loadKeys(), u.common.http.loadTokens()); err != nil {
		return err
	}
	next, err := p.rebuild(u)
	if err != nil {
		return err
	}
	p.level.Set(min(p.level.Level(), u.common.level())) // whatever it becomes, this is told
	defer p.level.Set(u.common.level())
	lists := s.Adopt(next)
	who := p.common.http.replaceTokens(s, u.common.http.tokens)
	now, later := p.changes(u)
	p.latest = u.flags
	p.log.Info("the settings were read anew", "changed", now, "lists", lists,
		"added", who.Added, "altered", who.Changed, "revoked", who.Revoked)
	if len(later) > 0 {
		p.log.Warn("what differs here counts only after a restart", "settings", later)
	}
	return nil
}

// changes names the settings that have changed since they last took effect, and
// those that differ from the ones at the start and cannot take effect.
func (p *program) changes(u *setup) (now, later []string) {
	now, _ = u.flags.Changed(p.latest)
	_, later = u.flags.Changed(p.flags)
	has, had := &u.common, &p.common
	for name, stays := range map[string]bool{
		"auth-tokens":    (has.http.tokenFile == "") != (had.http.tokenFile == ""), // whether tokens are asked for
		"state-key-file": has.keyFile == "" && had.keyFile != "",
	} {
		if stays {
			now = slices.DeleteFunc(now, func(n string) bool { return n == name })
			later = append(later, name)
		}
	}
	slices.Sort(later)
	return now, later
}

// complete fills in what does not come from settings that are read anew: what
// extensions and the server itself have brought.
func (u *setup) complete(log *slog.Logger, at *Options, logs []string) {
	o := &u.common.options
	o.Log = log
	o.Tasks, o.Sessions, o.Observers = at.Tasks, at.Sessions, at.Observers
	if l, ok := u.settings.(Logging); ok {
		l.SetLog(log)
	}
	if c, ok := u.settings.(Confining); ok {
		c.Logs(logs)
		c.Stay()
	}
}

// rebuild builds a server from new settings. A fault of the program in there
// must not be the end of the one that serves.
func (p *program) rebuild(u *setup) (next *Server, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			p.log.Error("panic", "panic", fault, "stack", string(debug.Stack()))
			next, err = nil, fmt.Errorf("building the server: panic: %v", fault)
		}
	}()
	if next, err = u.build(); err != nil {
		return nil, err
	}
	p.equip(next, u.common.options)
	if err := next.checkApart(&u.common.http); err != nil {
		return nil, errors.Join(err, next.Close())
	}
	if err := next.unknownNames(u.common.http.principals()); err != nil {
		return nil, errors.Join(err, next.Close())
	}
	return next, nil
}
