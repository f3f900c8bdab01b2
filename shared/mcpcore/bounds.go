package mcpcore

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/config"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/rate"
)

// bounds are the settings of how much may be asked of the server that are not
// a number alone.
type bounds struct {
	rate, ratePerPrincipal        string
	toolTimeouts, toolResultBytes []string
}

func (b *bounds) declare(f *Flags, o *Options) {
	b.rate, b.ratePerPrincipal = "0", "0"
	f.Int(&o.MaxConcurrentPerPrincipal, "max-concurrent-per-principal",
		"most calls of one principal, or of one address, that run at once; 0 for half of --max-concurrent where clients have to say who they are, else for all")
	f.String(&b.rate, "rate-limit", "requests that are served of all clients together, such as 100/s, 1000/m or 5000/h: so many at once, then evenly; 0 for any number")
	f.String(&b.ratePerPrincipal, "rate-limit-per-principal", "requests that are served of one principal, or of one address where nobody has to say who they are; 0 for any number")
	f.Strings(&b.toolTimeouts, "tool-timeout", "longest time for one call of a tool, such as search_*=30s; the last that fits the tool counts")
	f.Strings(&b.toolResultBytes, "tool-max-result-bytes", "most bytes of one result of a tool, such as read_*=64KiB; the last that fits the tool counts")
}

// read takes the settings into the options.
func (b *bounds) read(o *Options) error {
	var errs []error
	limit := func(name, text string, into *rate.Limit) {
		l, err := rate.Parse(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		*into = l
	}
	limit("--rate-limit", b.rate, &o.RateLimit)
	limit("--rate-limit-per-principal", b.ratePerPrincipal, &o.RateLimitPerPrincipal)
	if o.MaxConcurrentPerPrincipal < 0 {
		errs = append(errs, errors.New("--max-concurrent-per-principal: a number is not negative"))
	}
	var err error
	o.ToolTimeouts, err = forTools("--tool-timeout", b.toolTimeouts, toolTimeout)
	errs = append(errs, err)
	o.ToolResultBytes, err = forTools("--tool-max-result-bytes", b.toolResultBytes, toolResultBytes)
	return errors.Join(append(errs, err)...)
}

func forTools[T any](setting string, pairs []string, parse func(string) (T, error)) (all []ForTools[T], err error) {
	var errs []error
	for _, pair := range pairs {
		pattern, value, _ := strings.Cut(pair, "=")
		one := ForTools[T]{Pattern: pattern}
		_, err := path.Match(pattern, "")
		if err != nil || pattern == "" {
			err = fmt.Errorf("%q is not a pattern", pattern)
		} else {
			one.Value, err = parse(value)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", setting, err))
		}
		all = append(all, one)
	}
	return all, errors.Join(errs...)
}

func toolTimeout(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a time such as 30s or 5m", text)
	}
	return d, nil
}

// minToolResult leaves room for what a result says when it is cut.
const minToolResult = 1 << 10

func toolResultBytes(text string) (int, error) {
	n, err := config.ParseSize(text)
	if err == nil && n < minToolResult {
		err = fmt.Errorf("%q is less than the %d bytes that a result takes to say anything", text, minToolResult)
	}
	return n, err
}

// unknownToTools finds patterns that no tool fits.
func unknownToTools[T any](setting string, rules []ForTools[T], names []string) (errs []error) {
	for _, r := range rules {
		if !matches([]string{r.Pattern}, names) {
			errs = append(errs, fmt.Errorf("%s: no tool is called %q", setting, r.Pattern))
		}
	}
	return errs
}
