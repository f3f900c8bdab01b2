package telemetry

import (
	"context"
	"runtime"
	"runtime/metrics"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// gauge is something that is looked at when metrics are read.
type gauge struct {
	name, unit, doc string
	kind            kind
	read            func(*reading) float64
	labels          []attribute.KeyValue
}

type kind int

const (
	level   kind = iota // it goes up and down, and adds up over processes
	counter             // it only goes up
	fact                // it does not add up
)

// reading is what the gauges are read from: each source is asked once.
type reading struct {
	load    mcpcore.Load
	runtime []metrics.Sample
	uptime  time.Duration
}

// The samples of the Go runtime, by their places in a reading.
const (
	memoryTotal = iota
	memoryReleased
	memoryStacks
	memoryAllocated
	memoryGoal
	goroutines
)

var samples = []string{
	memoryTotal: "/memory/classes/total:bytes", memoryReleased: "/memory/classes/heap/released:bytes",
	memoryStacks: "/memory/classes/heap/stacks:bytes", memoryAllocated: "/gc/heap/allocs:bytes",
	memoryGoal: "/gc/heap/goal:bytes", goroutines: "/sched/goroutines:goroutines",
}

func (r *reading) sample(i int) float64 { return float64(r.runtime[i].Value.Uint64()) }

// gauges are all there are. Those of the runtime have the names that the
// conventions give them.
var gauges = []gauge{
	{running, "{call}", "Calls that run.", level, func(r *reading) float64 { return float64(r.load.Running) }, nil},
	{waiting, "{call}", "Calls that wait for a place.", level, func(r *reading) float64 { return float64(r.load.Waiting) }, nil},
	{working, "{task}", "Tasks at work.", level, func(r *reading) float64 { return float64(r.load.Tasks) }, nil},
	{sessions, "{session}", "Sessions that are open.", level, func(r *reading) float64 { return float64(r.load.Sessions) }, nil},
	{streams, "{stream}", "Streams over HTTP that only listen.", level, func(r *reading) float64 { return float64(r.load.Streams) }, nil},
	{
		"go.memory.used", "By", "Memory used by the Go runtime.", level,
		func(r *reading) float64 { return r.sample(memoryStacks) },
		[]attribute.KeyValue{attribute.String("go.memory.type", "stack")},
	},
	{
		"go.memory.used", "By", "Memory used by the Go runtime.", level,
		func(r *reading) float64 {
			return r.sample(memoryTotal) - r.sample(memoryReleased) - r.sample(memoryStacks)
		},
		[]attribute.KeyValue{attribute.String("go.memory.type", "other")},
	},
	{"go.memory.allocated", "By", "Memory allocated to the heap.", counter, func(r *reading) float64 { return r.sample(memoryAllocated) }, nil},
	{"go.memory.gc.goal", "By", "Heap size target for the end of the GC cycle.", level, func(r *reading) float64 { return r.sample(memoryGoal) }, nil},
	{"go.goroutine.count", "{goroutine}", "Goroutines that there are.", level, func(r *reading) float64 { return r.sample(goroutines) }, nil},
	{"go.processor.limit", "{thread}", "Threads that run Go code at once.", level, func(*reading) float64 { return float64(runtime.GOMAXPROCS(0)) }, nil},
	{"process.uptime", "s", "Time since the process began to serve.", fact, func(r *reading) float64 { return r.uptime.Seconds() }, nil},
}

// observeGauges has the gauges read whenever metrics are.
func observeGauges(m metric.Meter, load func() mcpcore.Load) error {
	began := time.Now()
	instruments := map[string]metric.Float64Observable{}
	var all []metric.Observable
	for _, g := range gauges {
		if instruments[g.name] != nil {
			continue
		}
		i, err := g.instrument(m)
		if err != nil {
			return err
		}
		instruments[g.name] = i
		all = append(all, i)
	}
	_, err := m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		r := &reading{load: load(), uptime: time.Since(began)}
		for _, name := range samples {
			r.runtime = append(r.runtime, metrics.Sample{Name: name})
		}
		metrics.Read(r.runtime)
		for _, g := range gauges {
			o.ObserveFloat64(instruments[g.name], g.read(r), metric.WithAttributes(g.labels...))
		}
		return nil
	}, all...)
	return err
}

func (g gauge) instrument(m metric.Meter) (metric.Float64Observable, error) {
	switch unit, doc := metric.WithUnit(g.unit), metric.WithDescription(g.doc); g.kind {
	case counter:
		return m.Float64ObservableCounter(g.name, unit, doc)
	case fact:
		return m.Float64ObservableGauge(g.name, unit, doc)
	default:
		return m.Float64ObservableUpDownCounter(g.name, unit, doc)
	}
}
