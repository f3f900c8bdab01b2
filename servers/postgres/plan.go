package postgres

import (
	"encoding/json"
	"errors"
	"strings"
)

// planNode is a node of a plan, in the terms of EXPLAIN (FORMAT JSON).
type planNode struct {
	Type        string   `json:"Node Type"`
	Parent      string   `json:"Parent Relationship"`
	Subplan     string   `json:"Subplan Name"`
	Join        string   `json:"Join Type"`
	Strategy    string   `json:"Strategy"`
	Partial     string   `json:"Partial Mode"`
	Schema      string   `json:"Schema"`
	Relation    string   `json:"Relation Name"`
	Alias       string   `json:"Alias"`
	Index       string   `json:"Index Name"`
	Function    string   `json:"Function Name"`
	CTE         string   `json:"CTE Name"`
	Filter      string   `json:"Filter"`
	JoinFilter  string   `json:"Join Filter"`
	IndexCond   string   `json:"Index Cond"`
	RecheckCond string   `json:"Recheck Cond"`
	HashCond    string   `json:"Hash Cond"`
	MergeCond   string   `json:"Merge Cond"`
	SortKey     []string `json:"Sort Key"`
	GroupKey    []string `json:"Group Key"`

	Startup  float64 `json:"Startup Cost"`
	Cost     float64 `json:"Total Cost"`
	PlanRows float64 `json:"Plan Rows"`
	Width    int     `json:"Plan Width"`

	Rows      *float64 `json:"Actual Rows"` // of one loop; nil where the query did not run
	Time      float64  `json:"Actual Total Time"`
	Loops     float64  `json:"Actual Loops"`
	Removed   float64  `json:"Rows Removed by Filter"`
	Rechecked float64  `json:"Rows Removed by Index Recheck"`
	Fetches   float64  `json:"Heap Fetches"`
	SortType  string   `json:"Sort Space Type"`
	SortKB    float64  `json:"Sort Space Used"`
	Batches   float64  `json:"Hash Batches"`
	HashAgg   float64  `json:"HashAgg Batches"`
	DiskKB    float64  `json:"Disk Usage"`
	Lossy     float64  `json:"Lossy Heap Blocks"`
	Hit       float64  `json:"Shared Hit Blocks"`
	Read      float64  `json:"Shared Read Blocks"`
	Temp      float64  `json:"Temp Written Blocks"`
	Planned   int      `json:"Workers Planned"`
	Launched  *int     `json:"Workers Launched"`

	Plans []*planNode `json:"Plans"`

	cut bool // it may be stopped before it has brought all its rows
}

// plan is the answer to EXPLAIN (FORMAT JSON).
type plan struct {
	Top       *planNode `json:"Plan"`
	Planning  float64   `json:"Planning Time"`
	Execution float64   `json:"Execution Time"`
	JIT       struct {
		Timing struct {
			Total float64 `json:"Total"`
		} `json:"Timing"`
	} `json:"JIT"`
}

func parsePlan(text string) (*plan, error) {
	var plans []*plan
	if err := json.Unmarshal([]byte(text), &plans); err != nil || len(plans) != 1 || plans[0].Top == nil {
		return nil, errors.New("the server's plan cannot be read")
	}
	plans[0].Top.mark(false)
	return plans[0], nil
}

// mark notes which nodes are below one that may want no more rows.
func (n *planNode) mark(cut bool) {
	n.cut = cut || n.Parent == "InitPlan" || n.Parent == "SubPlan"
	cut = n.cut || n.Type == "Limit" || n.Join == "Semi" || n.Join == "Anti" || n.Type == "Merge Join"
	for _, child := range n.Plans {
		child.mark(cut)
	}
}

// walk calls do for each node, those above first.
func (n *planNode) walk(do func(*planNode)) {
	do(n)
	for _, child := range n.Plans {
		child.walk(do)
	}
}

// total is the time of all loops of a node and what is below it, in
// milliseconds. Workers do their loops at the same time.
func (n *planNode) total(workers float64) float64 { return n.Time * n.Loops / max(workers, 1) }

// own is the time of a node without that of the nodes below it. Those that hang
// off it on the side, such as a CTE, are counted where they are used.
func (n *planNode) own() float64 {
	workers := 1.0
	if n.Type == "Gather" || n.Type == "Gather Merge" {
		if n.Launched != nil {
			workers = float64(*n.Launched) + 1
		}
	}
	t := n.total(1)
	for _, child := range n.Plans {
		t -= child.total(workers)
	}
	return max(t, 0)
}

// misestimate is how many times more, or fewer, rows came than were expected.
func (n *planNode) misestimate() float64 {
	if n.Rows == nil || n.Loops == 0 {
		return 1
	}
	rows, expected := max(*n.Rows, 1), max(n.PlanRows, 1)
	if n.cut && rows < expected {
		return 1
	}
	return max(rows/expected, expected/rows)
}

// scanned is how many rows a scan has read in one loop.
func (n *planNode) scanned() float64 {
	if n.Rows == nil {
		return 0
	}
	return *n.Rows + n.Removed
}

// table is the relation that a node reads.
func (n *planNode) table() string {
	switch {
	case n.Relation != "" && n.Schema != "" && n.Schema != "public":
		return n.Schema + "." + n.Relation
	case n.Relation != "":
		return n.Relation
	case n.CTE != "":
		return n.CTE
	}
	return n.Function
}

// label names a node.
func (n *planNode) label() string {
	var b strings.Builder
	if n.Partial == "Partial" || n.Partial == "Finalize" {
		b.WriteString(n.Partial + " ")
	}
	switch {
	case n.Type == "Aggregate" && n.Strategy == "Hashed":
		b.WriteString("HashAggregate")
	case n.Type == "Aggregate" && n.Strategy == "Sorted":
		b.WriteString("GroupAggregate")
	default:
		b.WriteString(n.Type)
	}
	if n.Join != "" && n.Join != "Inner" {
		b.WriteString(" " + strings.ToLower(n.Join))
	}
	if t := n.table(); t != "" {
		b.WriteString(" on " + t)
		if n.Alias != "" && n.Alias != n.Relation && n.Alias != n.CTE {
			b.WriteString(" " + n.Alias)
		}
	}
	if n.Index != "" {
		b.WriteString(" using " + n.Index)
	}
	return b.String()
}
