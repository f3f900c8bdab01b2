package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is rows of cells; the first column is flush left, the rest right.
type table struct {
	title string
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the table with a rule below its first row, the heading.
func (t *table) print(w io.Writer) {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	fmt.Fprintf(w, "\n%s\n\n", t.title)
	for i, row := range t.rows {
		fmt.Fprintln(w, line(row, widths))
		if i == 0 {
			var rule []string
			for _, n := range widths {
				rule = append(rule, strings.Repeat("-", n))
			}
			fmt.Fprintln(w, line(rule, widths))
		}
	}
}

func line(cells []string, widths []int) string {
	var b strings.Builder
	for i, cell := range cells {
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if i == 0 {
			b.WriteString(cell + pad)
		} else {
			b.WriteString("  " + pad + cell)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// none stands where nothing was measured.
const none = "-"

// number prints v with three or more significant digits, and thousands apart.
func number(v float64) string {
	switch {
	case v == 0:
		return none
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// amount is number where 0 was measured.
func amount(v float64) string {
	if v == 0 {
		return "0"
	}
	return number(v)
}

func megabytes(bytes float64) string {
	if bytes == 0 {
		return none
	}
	return strconv.FormatFloat(bytes/1e6, 'f', 1, 64)
}

// times prints a ratio.
func times(v float64) string {
	if v == 0 {
		return none
	}
	return number(v) + "x"
}

// goal is one claim about our own program, and what was measured for it: a
// value per round, of which the median counts.
type goal struct {
	What     string    `json:"what"`
	Op       string    `json:"op"` // >=, <= or <
	Limit    float64   `json:"limit"`
	Unit     string    `json:"unit"` // x, ms, bytes ...
	Values   []float64 `json:"values"`
	Spoilt   string    `json:"spoilt,omitempty"` // why the values do not count
	Measured float64   `json:"measured"`
	Verdict  string    `json:"verdict"`
}

// judge fills in what follows from the values.
func (g *goal) judge() {
	g.Measured = median(g.Values)
	reached := g.Op == ">=" && g.Measured >= g.Limit || g.Op == "<=" && g.Measured <= g.Limit ||
		g.Op == "<" && g.Measured < g.Limit
	switch {
	case len(g.Values) == 0:
		g.Verdict = "not measured"
	case g.Spoilt != "":
		g.Verdict = "spoilt: " + g.Spoilt
	case reached:
		g.Verdict = "reached"
	default:
		g.Verdict = "MISSED"
	}
}

// printGoals judges and prints, the missed ones as loud as the reached.
func printGoals(w io.Writer, title string, goals []*goal) {
	t := table{title: title}
	t.add("goal", "wanted", "measured", "worst..best", "verdict")
	for _, g := range goals {
		g.judge()
		measured, spread := none, none
		if len(g.Values) > 0 {
			low, high := extremes(g.Values)
			if g.Op != ">=" {
				low, high = high, low
			}
			measured = amount(g.Measured) + g.Unit
			spread = amount(low) + ".." + amount(high)
		}
		t.add(g.What, g.Op+" "+strconv.FormatFloat(g.Limit, 'f', -1, 64)+g.Unit, measured, spread, g.Verdict)
	}
	t.print(w)
}
