package postgres

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// String is the plan as a tree, one line for each node and one for what it
// compares.
func (p *plan) String() string {
	var b strings.Builder
	p.Top.write(&b, 0)
	if p.Top.Rows != nil {
		fmt.Fprintf(&b, "planning %s, execution %s\n", millis(p.Planning), millis(p.Execution))
	}
	return b.String()
}

func (n *planNode) write(b *strings.Builder, depth int) {
	indent := strings.Repeat("  ", depth)
	if n.Subplan != "" {
		fmt.Fprintf(b, "%s%s:\n", indent, n.Subplan)
	}
	fmt.Fprintf(b, "%s%s  (%s)\n", indent, n.label(), strings.Join(n.figures(), ", "))
	for _, d := range n.details() {
		fmt.Fprintf(b, "%s    %s\n", indent, oneLine(d, 200))
	}
	for _, child := range n.Plans {
		child.write(b, depth+1)
	}
}

func (n *planNode) figures() []string {
	out := []string{"rows " + rough(n.PlanRows)}
	switch {
	case n.Rows == nil:
	case n.Loops == 0:
		return []string{"never ran"}
	default:
		out[0] = fmt.Sprintf("rows %s, expected %s", rough(*n.Rows), rough(n.PlanRows))
		if n.Loops > 1 {
			out = append(out, rough(n.Loops)+" times")
		}
		out = append(out, "time "+millis(n.total(1)))
	}
	return append(out, "cost "+rough(n.Cost))
}

// details are the conditions of a node, and what running it took.
func (n *planNode) details() []string {
	var out []string
	add := func(name, value string) {
		if value != "" {
			out = append(out, name+" "+value)
		}
	}
	add("index condition", n.IndexCond)
	add("hash condition", n.HashCond)
	add("merge condition", n.MergeCond)
	add("join filter", n.JoinFilter)
	filter := n.Filter
	if filter != "" && n.Removed > 0 {
		filter += fmt.Sprintf(" removed %s rows", rough(n.Removed))
	}
	add("filter", filter)
	add("by", strings.Join(n.SortKey, ", "))
	add("group by", strings.Join(n.GroupKey, ", "))
	return out
}

// remarks are what stands out of a plan, worst first. rows is how many each
// table has, by schema.table.
func (p *plan) remarks(rows map[string]float64) []string {
	var nodes []*planNode
	p.Top.walk(func(n *planNode) { nodes = append(nodes, n) })
	out := slices.Concat(p.slowest(nodes), misestimated(nodes))
	for _, n := range nodes {
		out = append(out, n.spills()...)
		out = append(out, n.scans(rows)...)
	}
	if j := p.JIT.Timing.Total; j > 0.2*p.Execution && j > 10 {
		out = append(out, fmt.Sprintf("compiling (jit) took %s of %s", millis(j), millis(p.Execution)))
	}
	return out
}

// slowest are the nodes that take most of the time, or by estimate of the cost.
func (p *plan) slowest(nodes []*planNode) []string {
	if p.Execution < 1 { // or it did not run
		return nil
	}
	nodes = slices.Clone(nodes)
	slices.SortStableFunc(nodes, func(a, b *planNode) int { return cmp.Compare(b.own(), a.own()) })
	var out []string
	for _, n := range nodes[:min(3, len(nodes))] {
		if t := n.own(); t > 0.1*p.Execution {
			out = append(out, fmt.Sprintf("%s takes %s by itself, %.0f%% of the time", n.label(), millis(t), min(100, 100*t/p.Execution)))
		}
	}
	return out
}

// misestimated is the node whose number of rows was foreseen worst.
func misestimated(nodes []*planNode) []string {
	worst := slices.MaxFunc(nodes, func(a, b *planNode) int { return cmp.Compare(a.misestimate(), b.misestimate()) })
	if worst.misestimate() < 10 {
		return nil
	}
	return []string{fmt.Sprintf("worst estimate: %s was expected to bring %s rows and brought %s; ANALYZE, or CREATE STATISTICS on columns that go together, may help",
		worst.label(), rough(worst.PlanRows), rough(*worst.Rows))}
}

// spills are what did not fit into memory.
func (n *planNode) spills() []string {
	switch {
	case n.SortType == "Disk":
		return []string{fmt.Sprintf("%s spills %s to disk; more work_mem, or an index in this order, avoids it", n.label(), size(int64(1024*n.SortKB)))}
	case n.Batches > 1, n.HashAgg > 1 && n.DiskKB > 0:
		return []string{fmt.Sprintf("%s does not fit into work_mem and goes through disk in %s batches", n.label(), rough(max(n.Batches, n.HashAgg)))}
	case n.Lossy > 0:
		return []string{fmt.Sprintf("%s loses precision for want of work_mem: %s blocks are read as a whole", n.label(), rough(n.Lossy))}
	}
	return nil
}

const (
	largeTable = 10_000 // rows, from which a scan of all is worth a word
	mostOf     = 10     // rows are read for each that is kept
)

// scans are tables that are read as a whole, and rows that are read in vain.
func (n *planNode) scans(rows map[string]float64) []string {
	size := rows[n.Schema+"."+n.Relation]
	switch {
	case n.Type == "Seq Scan" && size >= largeTable && n.Filter != "" && n.PlanRows*mostOf < size:
		return []string{fmt.Sprintf("%s reads all of %s rows for about %s: an index for %s may help; try it with hypothetical_indexes",
			n.label(), rough(size), rough(n.PlanRows), oneLine(n.Filter, 100))}
	case n.Type == "Seq Scan" && size >= largeTable:
		return []string{fmt.Sprintf("%s reads all of %s rows", n.label(), rough(size))}
	case n.Type == "Index Only Scan" && n.Rows != nil && n.Fetches > 100 && n.Fetches > *n.Rows*n.Loops/2:
		return []string{fmt.Sprintf("%s looks into the table for %s rows: VACUUM would spare it that", n.label(), rough(n.Fetches))}
	case n.Type != "Seq Scan" && n.Rows != nil && n.Removed > 1000 && n.scanned() > mostOf*max(*n.Rows, 1):
		return []string{fmt.Sprintf("%s reads %s rows and keeps %s: an index that has the columns of its filter would read fewer", n.label(), rough(n.scanned()), rough(*n.Rows))}
	}
	return nil
}

// rough is a number without digits that mean nothing.
func rough(f float64) string {
	if f < 10 && f != float64(int64(f)) {
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return count(int64(min(f, 1e18) + 0.5))
}

func millis(ms float64) string {
	switch {
	case ms >= 60_000:
		return strconv.FormatFloat(ms/60_000, 'f', 1, 64) + " min"
	case ms >= 1000:
		return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
	}
	return strconv.FormatFloat(ms, 'f', 2, 64) + " ms"
}
