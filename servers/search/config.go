package search

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Config is what an operator decides. The zero value searches nothing.
type Config struct {
	Directories  []string      // of documents, each as DIR or NAME=DIR
	IndexDir     string        // where indexes are kept; default: in the user's cache
	Exclude      []string      // globs of paths that are left out
	MaxFileBytes int           // of a file that is indexed; default 10 MiB
	NoWatch      bool          // do not follow changes as they happen
	Rescan       time.Duration // how often to look for changes; 0: never

	// CollectionAccess are rules PRINCIPAL=COLLECTION. Where there is one, a
	// principal may use only the collections that its rules name, and * stands
	// for any text on both sides.
	CollectionAccess []string

	Engines Engines // that search the web

	DomainsAllow, DomainsDeny []string       // of results and pages; a name stands for what is below it too
	AllowNetworks             []string       // private networks, as CIDR, whose pages may be read
	AllowPorts                []string       // default 80 and 443
	Proxy                     mcpcore.Secret // for pages; none unless it is set
	NoRobots                  bool           // do not ask for robots.txt
	FetchTimeout              time.Duration  // for one page; default 20 s
	MaxPageBytes              int            // default 8 MiB

	Compat []string // brave, fetch: servers whose tools are offered too, by their names

	// Child says that the program calls Child first, so that PDFs can be read by
	// processes of it. The binary's settings say so.
	Child bool

	CacheDir   string // where answers are kept for the next process; "": in memory alone
	CacheBytes int    // of that directory; default 256 MiB

	Log *slog.Logger

	resolver *net.Resolver // of tests
}

// Flags declares the settings of the binary.
func (c *Config) Flags(f *mcpcore.Flags) {
	c.MaxFileBytes, c.Rescan, c.Child = 10<<20, 10*time.Minute, true
	f.Args(&c.Directories, "[NAME=]DIR...", "directories of documents; each is a collection, known by its name")
	f.Strings(&c.Directories, "root", "a directory as above; repeatable")
	f.String(&c.IndexDir, "index-dir", "directory where indexes are kept; by default in the user's cache")
	f.Strings(&c.Exclude, "exclude", "documents to leave out, such as drafts/** or *.log; what is hidden, and node_modules, always are")
	f.Bytes(&c.MaxFileBytes, "max-file-bytes", "most bytes of a file that is indexed")
	f.Bool(&c.NoWatch, "no-watch", "do not follow changes of documents as they happen")
	f.Duration(&c.Rescan, "rescan", "how often to look for changed documents beside that; 0 for never")
	c.FetchTimeout, c.MaxPageBytes, c.CacheBytes = 20*time.Second, 8<<20, 256<<20
	c.Engines.flags(f)
	f.Strings(&c.DomainsAllow, "domains-allow", "the only domains that may be found and read, such as example.com with all that is below it")
	f.Strings(&c.DomainsDeny, "domains-deny", "domains that may not be found nor read")
	f.Strings(&c.AllowNetworks, "allow-networks", "private or reserved networks whose pages may be read all the same, such as 10.1.0.0/16")
	f.Strings(&c.AllowPorts, "allow-ports", "the ports at which pages may be read; by default 80 and 443")
	f.URL(&c.Proxy, "proxy", "proxy through which pages are read; that of the environment is not used")
	f.Bool(&c.NoRobots, "no-robots", "read pages though their sites ask programs not to, in robots.txt")
	f.Duration(&c.FetchTimeout, "fetch-timeout", "longest time for reading one page")
	f.Bytes(&c.MaxPageBytes, "max-page-bytes", "most bytes of one page, as it travels and unpacked")
	f.String(&c.CacheDir, "cache-dir", "directory where answers are kept for the next process; by default they are kept in memory")
	f.Bytes(&c.CacheBytes, "cache-bytes", "most bytes of that directory")
	f.Strings(&c.Compat, "compat", "offer the tools of other servers too, by their names: brave (Brave's own), fetch (the reference server)")
	f.Strings(&c.CollectionAccess, "collection-access", "who may use which collection, as PRINCIPAL=COLLECTION; * stands for any text; without a rule everybody may use all")
}

// SetLog has the server log to the operator.
func (c *Config) SetLog(log *slog.Logger) { c.Log = log }

// Validate reports what is wrong with the settings.
func (c *Config) Validate() error {
	var errs []error
	specs, err := c.collections()
	errs = append(errs, err)
	for _, glob := range c.Exclude {
		if !doublestar.ValidatePattern(glob) {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--exclude %q is no pattern", glob), "write such as drafts/** or *.log"))
		}
	}
	for _, name := range c.Compat {
		if name != "brave" && name != "fetch" {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--compat %q is not known", name), "name brave or fetch"))
		}
	}
	for _, rule := range c.CollectionAccess {
		who, name, ok := strings.Cut(rule, "=")
		fits := func(s spec) bool { return like(name, s.name) }
		switch {
		case !ok || who == "" || name == "":
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--collection-access %q is no rule", rule), "write PRINCIPAL=COLLECTION"))
		case !slices.ContainsFunc(specs, fits):
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--collection-access %q: there is no such collection", rule), "name collections that are served"))
		}
	}
	errs = append(errs, c.Engines.validate())
	if web, err := c.web(); err != nil {
		errs = append(errs, err)
	} else {
		web.Close()
	}
	return errors.Join(errs...)
}

// spec is a collection that is asked for.
type spec struct{ name, dir string }

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// collections splits the names off the directories. A directory without a name
// gets its own, with a number where that is taken.
func (c *Config) collections() ([]spec, error) {
	var out []spec
	var errs []error
	taken := func(name string) bool {
		return slices.ContainsFunc(out, func(s spec) bool { return s.name == name })
	}
	for _, arg := range c.Directories {
		name, dir, named := strings.Cut(arg, "=")
		if named = named && nameForm.MatchString(name); !named {
			dir = arg
		}
		switch {
		case dir == "":
			errs = append(errs, mcpcore.Hint(errors.New("a directory has an empty name"), "write . for the current one"))
			continue
		case named && taken(name):
			errs = append(errs, mcpcore.Hint(fmt.Errorf("two collections are called %s", name), "give each a name of its own: NAME=DIR"))
			continue
		case !named:
			name = ownName(dir)
			for base, n := name, 2; taken(name); n++ {
				name = fmt.Sprintf("%s-%d", base, n)
			}
		}
		out = append(out, spec{name, dir})
	}
	return out, errors.Join(errs...)
}

var notName = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// ownName makes a name of a directory's.
func ownName(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if name := strings.Trim(notName.ReplaceAllString(filepath.Base(dir), "-"), "-."); name != "" {
		return name
	}
	return "documents"
}

// access is who may use which collection.
type access []rule

type rule struct{ who, name string }

func (c *Config) access() access {
	var out access
	for _, r := range c.CollectionAccess {
		who, name, _ := strings.Cut(r, "=")
		out = append(out, rule{who, name})
	}
	return out
}

// allows reports whether a principal may use a collection.
func (a access) allows(who, name string) bool {
	return len(a) == 0 || slices.ContainsFunc(a, func(r rule) bool { return like(r.who, who) && like(r.name, name) })
}

// like reports whether a text fits a pattern in which * stands for any text.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1 : len(parts)-1] {
		_, after, ok := strings.Cut(rest, p)
		if !ok {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
