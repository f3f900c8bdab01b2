// Package joblog finds in the log of a job what made it fail.
package joblog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/lazy"
)

var (
	stamp = lazy.Regexp(`^\x{FEFF}?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?`)
	ansi  = lazy.Regexp(`\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)`)
)

// maxLine is how much of a line is kept.
const maxLine = 1000

// Lines are those of a log, without times and colours.
func Lines(log string) []string {
	log = strings.TrimSuffix(strings.TrimPrefix(log, "\ufeff"), "\n")
	out := strings.Split(log, "\n")
	for i, l := range out {
		l = strings.TrimRight(l, "\r")
		l = l[len(stamp().FindString(l)):]
		if strings.IndexByte(l, '\r') >= 0 { // a line that was written over, such as progress
			l = l[strings.LastIndexByte(l, '\r')+1:]
		}
		if strings.IndexByte(l, 0x1b) >= 0 {
			l = ansi().ReplaceAllString(l, "")
		}
		if len(l) > maxLine {
			end := maxLine
			for end > 0 && !utf8.RuneStart(l[end]) {
				end--
			}
			l = l[:end] + "…"
		}
		out[i] = l
	}
	return out
}

// signs tell of a failure, surest first.
var signs = []struct {
	score int
	hints []string
	looks func() *regexp.Regexp
}{
	{100, []string{"##[error]"}, lazy.Regexp(`^##\[error\]`)},
	{90, []string{"FAIL"}, lazy.Regexp(`^\s*(?:--- FAIL|FAILED\b|FAIL\b|✗ FAIL|● .* FAIL)`)},
	{90, []string{"anic"}, lazy.Regexp(`\bpanic(?:ked at|: )`)},
	{85, []string{"Traceback", "Exception", "Error"}, lazy.Regexp(`^Traceback \(most recent|^\s*(?:E\s+)?(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception)(?::|\s*$)`)},
	{80, []string{"rror", "RROR"}, lazy.Regexp(`(?i)(?:^|[\s\]):])(?:fatal )?error(?:\[[A-Z]?\d+\]|\s+[A-Z]{1,4}\d{2,5})?\s*:`)},
	{80, []string{"fatal", "FATAL", "Fatal"}, lazy.Regexp(`(?i)(?:^|[\s\]])fatal:`)},
	{78, []string{"✗", "✖", "✘", "❌", "×", "●"}, lazy.Regexp(`^\s*(?:[✗✖✘❌×]|● )`)},
	{78, []string{"npm ERR!", "npm error", "ERR_", "ELIFECYCLE"}, lazy.Regexp(`npm ERR!|npm error|\bERR_[A-Z_]{4,}|ELIFECYCLE`)},
	{75, []string{"ssert", "xpected"}, lazy.Regexp(`(?i)assert(?:ion)? ?(?:failed|error)|\bexpected\b.*\b(?:but )?(?:got|received|was|to (?:be|equal))\b`)},
	{75, []string{"not ok "}, lazy.Regexp(`^\s*not ok \d`)},
	{70, []string{"BUILD FAIL", "Build fail", "egmentation fault", "core dumped", "Out of memory", "OOM", "out of memory", "Killed"},
		lazy.Regexp(`BUILD FAIL|Build failed|[Ss]egmentation fault|core dumped|(?i:out of memory)|\bOOM[ -]?[Kk]ill|^Killed`)},
	{65, []string{"failed", "Failed", "failure", "FAILURE"}, lazy.Regexp(`(?:^|\s)(?:[1-9]\d* (?:tests? |specs? |examples? )?(?:failed|failures?)|[Ff]ailed to\b|FAILURE:|[Tt]ests? failed|failed with)`)},
	{60, []string{"undefined", "annot find", "ot found", "o such file", "ermission denied"}, lazy.Regexp(`undefined(?: reference|:)|[Cc]annot find|command not found|[Nn]o such file or directory|[Pp]ermission denied`)},
	{50, []string{"exit code", "exit status", "exited with"}, lazy.Regexp(`exit(?:ed with)?(?: code| status)? [1-9]\d*`)},
}

var (
	harmless = lazy.Regexp(`(?i)\b(?:0|no) (?:errors?|fail(?:ed|ures?))\b|\bwarning\b|continue-on-error|\bignor(?:ed|ing)\b|\bretry(?:ing)?\b|--if-?no-?|error-?handl|\|\| true\b`)
	generic  = lazy.Regexp(`^##\[error\](?:Process completed with exit code|The operation was canceled|The process .* failed with exit code|The job running on runner)`)
	cleaning = lazy.Regexp(`^(?:Post job cleanup|Cleaning up orphan processes|##\[group\]Post |Stop(?:ping)? and remov|Terminate orphan process)`)
	digits   = lazy.Regexp(`[0-9a-f]{7,}|\d+`)
)

type sign struct{ line, score int }

// failures are the lines that tell of failure, surest first.
func failures(lines []string) []sign {
	var out []sign
	alike := map[string]int{}
	clean := false
	for i, l := range lines {
		clean = clean || cleaning().MatchString(l)
		score := scoreOf(l)
		if score == 0 {
			continue
		}
		switch {
		case generic().MatchString(l):
			score = 40
		case harmless().MatchString(l):
			score /= 3
		}
		if clean {
			score /= 4
		}
		shape := digits().ReplaceAllString(l, "#")
		if alike[shape]++; alike[shape] > 3 { // what comes again and again says less
			score /= alike[shape]
		}
		out = append(out, sign{i, score})
	}
	slices.SortStableFunc(out, func(a, b sign) int { return b.score - a.score })
	return out
}

func scoreOf(l string) int {
	for i := range signs {
		s := &signs[i]
		for _, h := range s.hints {
			if strings.Contains(l, h) {
				if s.looks().MatchString(l) {
					return s.score
				}
				break
			}
		}
	}
	return 0
}

const (
	before, after = 6, 12 // lines that are shown round one that tells of failure
	lastLines     = 5
)

// Failure shows, within most bytes, the parts of a log that tell why it
// failed.
func Failure(lines []string, most int) string {
	wanted := make([]bool, len(lines))
	size := 0
	add := func(from, to int) bool {
		more := 0
		for i := max(from, 0); i <= min(to, len(lines)-1); i++ {
			if !wanted[i] {
				more += len(lines[i]) + 1
			}
		}
		if size+more > most-200 {
			return false
		}
		for i := max(from, 0); i <= min(to, len(lines)-1); i++ {
			wanted[i] = true
		}
		size += more + 24 // the mark of what lies between
		return true
	}
	found := failures(lines)
	if len(found) == 0 {
		add(len(lines)-60, len(lines)-1)
		if size == 0 {
			add(len(lines)-lastLines, len(lines)-1)
		}
		return numbered(lines, wanted, most)
	}
	for n, s := range found {
		if s.score < 20 && n > 0 {
			break
		}
		if !add(s.line-before, s.line+after) && !add(s.line-2, s.line+3) && !add(s.line, s.line) {
			break
		}
	}
	add(len(lines)-lastLines, len(lines)-1)
	return numbered(lines, wanted, most)
}

// numbered shows the wanted lines, with the number of the first of each run.
func numbered(lines []string, wanted []bool, most int) string {
	var b strings.Builder
	last := -2
	for i, w := range wanted {
		if !w {
			continue
		}
		if i != last+1 {
			fmt.Fprintf(&b, "[line %d]\n", i+1)
		}
		last = i
		if b.Len()+len(lines[i]) > most {
			b.WriteString("[cut]\n")
			break
		}
		b.WriteString(lines[i] + "\n")
	}
	return b.String()
}

// Grep shows the lines that fit an expression, each with lines round it.
func Grep(lines []string, re *regexp.Regexp, round, most int) (text string, count int) {
	wanted := make([]bool, len(lines))
	for i, l := range lines {
		if !re.MatchString(l) {
			continue
		}
		count++
		for j := max(0, i-round); j <= min(len(lines)-1, i+round); j++ {
			wanted[j] = true
		}
	}
	return numbered(lines, wanted, most), count
}

// Part shows lines from first, which counts from 1.
func Part(lines []string, first, count, most int) string {
	wanted := make([]bool, len(lines))
	for i := max(first-1, 0); i < min(first-1+count, len(lines)); i++ {
		wanted[i] = true
	}
	return numbered(lines, wanted, most)
}
