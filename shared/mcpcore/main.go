package mcpcore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/config"
)

// Flags is where a server's configuration declares its settings.
type Flags = config.Flags

// Secret is a setting that prints as ****.
type Secret = config.Secret

// NewSecret makes a Secret of a value, for those who embed a server.
func NewSecret(value string) Secret { return config.NewSecret(value) }

// Configurable is implemented by a pointer to a server's configuration that
// has settings of its own.
type Configurable interface{ Flags(*Flags) }

// Validating is implemented by a pointer to a configuration that can tell what
// is wrong with it: everything at once (errors.Join), each with its cure (Hint).
type Validating interface{ Validate() error }

// Logging is implemented by a pointer to a configuration whose server has
// something to tell the operator; it is given the log before the server is
// built.
type Logging interface{ SetLog(*slog.Logger) }

// Confining is implemented by a pointer to a configuration whose server shuts
// the process off from the disk.
type Confining interface {
	// Logs tells which files the process writes to and opens anew when they are
	// moved away: no client may change them.
	Logs(files []string)
	// Keep tells which directories the process goes on reading all the same,
	// such as that of a certificate that is renewed.
	Keep(dirs []string)
	// Stay is called instead where settings were read anew: the process stays
	// as it is, shut off or not, and the server has to do with that.
	Stay()
}

// Extension is a part of a program that not every program should carry, such
// as one that brings a large library. A program opts in by giving it to Main.
type Extension interface {
	// Flags declares its settings.
	Flags(f *Flags)
	// Validate tells what is wrong with them: everything at once, each with its
	// cure (Hint).
	Validate() error
	// Open is called before the server is built, while the process may still
	// read files. It completes the options, and does nothing where no setting
	// asks for the extension.
	Open(ctx context.Context, o *Options) error
	// Close is called once the server is closed, also where Open was not.
	Close() error
}

// Starting is implemented by an Extension that has something to do once the
// server is built and is about to serve. The other commands do without it.
type Starting interface {
	// Start is told how to find out how busy the server is.
	Start(load func() Load) error
}

// Main is the main function of a server's program: it reads the settings,
// builds the server, and serves it or runs one of the commands that every
// server has. It exits with 0 when all went well, 2 for bad usage or settings
// and 1 for everything else.
//
//	func main() { mcpcore.Main("mcp-filesystem", filesystem.New) }
func Main[C any](name string, build func(C) (*Server, error), extensions ...Extension) {
	p := &program{
		name: name, stdout: os.Stdout, stderr: os.Stderr, extensions: extensions,
		fresh: func() *setup {
			var settings C
			return &setup{settings: &settings, build: func() (*Server, error) { return build(settings) }}
		},
	}
	os.Exit(p.run(os.Args[1:]))
}

// program is one run of a server's binary.
type program struct {
	name           string
	stdout, stderr io.Writer
	extensions     []Extension
	fresh          func() *setup

	*setup // that the program began with
	log    *slog.Logger
	level  slog.LevelVar
	audit  *Audit // nil for none
	latest *Flags // as they were when settings last took effect
}

// setup is all settings, as they were read at one time.
type setup struct {
	settings any
	build    func() (*Server, error)
	common   common
	flags    *Flags
}

// common are the settings that every server has.
type common struct {
	options   Options
	confirm   string
	logLevel  string
	logFormat string
	audit     auditing
	keyFile   string
	bounds    bounds
	http      overHTTP
}

func (c *common) declare(f *Flags) {
	c.options = c.options.withDefaults()
	c.logLevel, c.logFormat = "info", "text"
	o := &c.options
	f.Bool(&o.Policy.ReadOnly, "read-only", "offer only tools that change nothing")
	f.Strings(&o.Policy.Allow, "tools", "the only tools to offer; * stands for any text")
	f.Strings(&o.Policy.Deny, "disable-tools", "tools not to offer; * stands for any text")
	f.Strings(&o.Policy.Toolsets, "toolsets", "groups of tools to offer, such as default; all for every group")
	f.Choice(&c.confirm, "confirm", []string{"destructive", "writes", "never"},
		"have the user asked before tools of this kind run; never also silences tools that ask by themselves")
	f.Choice(&c.logLevel, "log-level", []string{"debug", "info", "warn", "error"}, "least level of the log on standard error")
	f.Fixed(func(f *Flags) {
		f.Choice(&c.logFormat, "log-format", []string{"text", "json"}, "form of the log")
		c.audit.declare(f)
		f.Bytes(&o.MaxLineBytes, "max-line-bytes", "most bytes of one message")
	})
	f.Bytes(&o.MaxResultBytes, "max-result-bytes", "most bytes of one result; text beyond is cut with a note")
	f.Duration(&o.CallTimeout, "call-timeout", "longest time for one call")
	f.Int(&o.MaxConcurrent, "max-concurrent", "most calls that run at once")
	f.Int(&o.MaxQueue, "max-queue", "most calls that wait for a place; more are told to come back")
	f.Duration(&o.TaskAfter, "task-after", "how long a call may take before it goes on as a task; -1s: it never does")
	f.Duration(&o.TaskTTL, "task-ttl", "how long a task is kept, its result with it")
	f.Int(&o.MaxTasks, "max-tasks", "most tasks that are at work at once")
	f.Int(&o.MaxTasksPerPrincipal, "max-tasks-per-principal", "most tasks of one principal that are at work at once; 16 times as many are kept")
	f.String(&c.keyFile, "state-key-file", "file with the keys that replicas share: 32 bytes a line, in hexadecimal or base64; the first seals, all open")
	c.bounds.declare(f, o)
	f.Fixed(c.http.declare, "auth-tokens")
}

// check finds what is wrong with the settings, and completes them.
func (c *common) check() error {
	o := &c.options
	var errs []error
	if o.TaskAfter == 0 || o.TaskTTL <= 0 {
		errs = append(errs, errors.New("--task-after is a time such as 2s, or -1s for never; --task-ttl is one such as 1h"))
	}
	o.Policy.Confirm = Confirmation(c.confirm)
	for _, pattern := range slices.Concat(o.Policy.Allow, o.Policy.Deny) {
		if _, err := path.Match(pattern, ""); err != nil {
			errs = append(errs, fmt.Errorf("--tools, --disable-tools: %q is not a pattern", pattern))
		}
	}
	return errors.Join(append(errs, c.bounds.read(o), c.http.check())...)
}

// loadKeys reads the keys that replicas share.
func (c *common) loadKeys() (err error) {
	if c.keyFile == "" {
		return nil
	}
	if c.options.StateKeys, err = LoadStateKeys(c.keyFile); err != nil {
		return Hint(fmt.Errorf("--state-key-file: %w", err), "openssl rand -hex 32 makes a key; chmod 600 keeps the file to its owner")
	}
	return nil
}

// prepare builds the server from the command line.
func (p *program) prepare(args []string) (*Server, error) {
	err := p.parse(args)
	if err == nil {
		err = p.checkExtensions()
	}
	if err != nil {
		return nil, &usageError{err}
	}
	p.log, p.latest = p.logger(), p.flags
	o := &p.common.options
	o.Log = p.log
	if l, ok := p.settings.(Logging); ok {
		l.SetLog(o.Log)
	}
	p.audit, err = p.common.audit.open(p.name, o.Log) // now, as building may shut the process off from the disk
	if err == nil {
		err = errors.Join(p.common.loadKeys(), p.common.http.loadCertificate(o.Log), p.common.http.prepareAuth(o.Log))
	}
	if err != nil {
		return nil, &usageError{err}
	}
	if c, ok := p.settings.(Confining); ok {
		c.Logs(p.audit.files())
		c.Keep(p.reads())
	}
	for _, x := range p.extensions {
		if err := x.Open(context.Background(), o); err != nil {
			return nil, errors.Join(err, p.closeExtensions())
		}
	}
	if p.audit != nil {
		o.Observers = append(o.Observers, p.audit)
	}
	s, err := p.build()
	if err != nil {
		return nil, errors.Join(&usageError{err}, p.closeExtensions())
	}
	if err := s.checkApart(&p.common.http); err != nil {
		return nil, errors.Join(err, s.Close(), p.closeExtensions())
	}
	p.equip(s, *o)
	s.closeLast(p.closeExtensions)
	if p.audit != nil {
		s.closeLast(p.audit.Log.Close)
	}
	return s, s.unknownNames(p.common.http.principals())
}

// equip gives a server that was built what every program gives its server.
func (p *program) equip(s *Server, o Options) {
	s.Options = o
	for _, remark := range s.remarks {
		if text := remark(s.offered); text != "" {
			p.log.Warn(text)
		}
	}
	if o.Sessions != nil {
		s.Check("replicas", func(ctx context.Context) (string, error) {
			return "the shared state can be reached", o.Sessions.Ping(ctx)
		})
	}
	if p.audit != nil {
		s.Check("audit log", func(context.Context) (string, error) { return p.audit.Log.Path(), p.audit.Log.Ready() })
	}
}

// declare declares the settings, for the program of that name.
func (u *setup) declare(name string) {
	u.flags = config.New(name)
	if own, ok := u.settings.(Configurable); ok {
		own.Flags(u.flags)
	}
	u.common.declare(u.flags)
}

// parse reads the settings, and finds what is wrong with them.
func (u *setup) parse(args []string) error {
	if err := u.flags.Parse(args, nil); err != nil {
		return err
	}
	var err error
	if v, ok := u.settings.(Validating); ok {
		err = v.Validate()
	}
	return errors.Join(err, u.common.check())
}

// reads are the directories of files that are read while serving: settings,
// secrets, the certificate.
func (u *setup) reads() (dirs []string) {
	for _, file := range append(u.flags.Files(), u.common.keyFile, u.common.http.tokenFile, u.common.http.certFile, u.common.http.keyFile) {
		if file == "" {
			continue
		}
		dirs = append(dirs, filepath.Dir(file))
		if real, err := filepath.EvalSymlinks(file); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func (p *program) checkExtensions() error {
	var errs []error
	for _, x := range p.extensions {
		errs = append(errs, x.Validate())
	}
	return errors.Join(errs...)
}

func (p *program) closeExtensions() error {
	var errs []error
	for _, x := range p.extensions {
		errs = append(errs, x.Close())
	}
	return errors.Join(errs...)
}

// usageError is a mistake in the command line or the settings.
type usageError struct{ error }

func (u *usageError) Unwrap() error { return u.error }

// report prints an error for the operator and returns the exit code.
func (p *program) report(err error) int {
	if err == nil {
		return 0
	}
	for _, one := range flatten(err) {
		fmt.Fprintf(p.stderr, "%s: %s\n", p.name, one)
		if fix := HintOf(one); fix != "" {
			fmt.Fprintf(p.stderr, "hint: %s\n", fix)
		}
	}
	var usage *usageError
	if errors.As(err, &usage) {
		return 2
	}
	return 1
}

// flatten lists the errors that were joined.
func flatten(err error) []error {
	inner := err
	var usage *usageError
	if errors.As(err, &usage) {
		inner = usage.error
	}
	if joined, ok := inner.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, flatten(e)...)
		}
		return all
	}
	return []error{inner}
}

// serve serves over stdio until the client leaves or a signal comes. A second
// signal ends the program at once.
func (p *program) serve(args []string) int {
	signal.Ignore(syscall.SIGPIPE) // a client that has left is an error of Write, not a death
	hangups := notifyHangups()     // now, as one would end the program
	s, err := p.prepare(args)
	if err != nil {
		return p.report(err)
	}
	for _, x := range p.extensions {
		if x, ok := x.(Starting); ok {
			if err := x.Start(s.Load); err != nil {
				return p.report(errors.Join(err, s.Close()))
			}
		}
	}
	tuneMemory()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		os.Exit(1)
	}()
	var reloading sync.WaitGroup
	reloading.Go(func() { p.reloadOn(ctx, hangups, s, args) })
	if p.common.http.addr != "" {
		err = p.common.http.serve(ctx, s)
	} else {
		err = s.ServeStdio(ctx)
	}
	stop()
	reloading.Wait()
	if errors.Is(err, syscall.EPIPE) {
		err = nil // the client left
	}
	return p.report(errors.Join(err, s.Close()))
}

// memoryGoal is where the garbage collector starts to work harder: one large
// result or two fit below it.
const memoryGoal = 32 << 20

// tuneMemory keeps a server small between large calls, unless the operator
// has said otherwise by GOMEMLIMIT.
func tuneMemory() {
	if debug.SetMemoryLimit(-1) == 1<<63-1 {
		debug.SetMemoryLimit(memoryGoal)
	}
}

// usage is the head of the help text.
func (p *program) usage(w io.Writer) {
	fmt.Fprintf(w, `Usage:
  %[1]s [flags] [args]                serve over standard input and output
  %[1]s --http ADDR [flags] [args]    serve over HTTP, at /mcp
  %[1]s tools [--json] [flags]        list the tools that these settings leave
  %[1]s call TOOL [JSON] [flags]      run one tool and print what it gives
  %[1]s doctor [flags]                check the settings and what they reach
  %[1]s audit verify [--head HASH] FILE...    check that an audit log is whole, oldest file first
  %[1]s version                       print version and commit
  %[1]s help

`, p.name)
	p.flags.Help(w)
}

func (p *program) run(args []string) int {
	p.setup = p.fresh()
	p.declare(p.name)
	for _, x := range p.extensions {
		p.flags.Fixed(x.Flags)
	}
	command := ""
	if len(args) > 0 {
		command = args[0]
	}
	switch command {
	case "version", "--version", "-version":
		fmt.Fprintf(p.stdout, "%s %s (commit %s)\n", p.name, Version(), Commit())
		return 0
	case "tools":
		return p.tools(args[1:])
	case "call":
		return p.call(args[1:])
	case "doctor":
		return p.doctor(args[1:])
	case "audit":
		return p.verifyAudit(args[1:])
	}
	for _, arg := range args {
		if arg == "--" {
			break
		}
		if h := strings.TrimLeft(arg, "-"); arg == "help" && arg == command || arg != h && (h == "help" || h == "h") {
			p.usage(p.stdout)
			return 0
		}
	}
	return p.serve(args)
}

// SettingsTable is the table of all settings of a server's program in
// Markdown, for its README.
func SettingsTable[C any](name string, extensions ...Extension) string {
	var settings C
	var c common
	f := config.New(name)
	if own, ok := any(&settings).(Configurable); ok {
		own.Flags(f)
	}
	c.declare(f)
	for _, x := range extensions {
		x.Flags(f)
	}
	return f.Table()
}
