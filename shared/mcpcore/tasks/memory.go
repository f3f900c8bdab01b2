package tasks

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Memory is a Store that lasts as long as the process.
type Memory struct {
	most, mostBytes int

	mu      sync.Mutex
	kept    map[string]*entry
	watches map[string]map[*func()]struct{}
	bytes   int
	owned   map[string]int // bytes of each owner that has a name
}

type entry struct {
	task  Task
	size  int
	timer *time.Timer
}

// NewMemory makes a store of at most so many tasks, whose results and questions
// take at most so many bytes. What is kept is never pushed out before its time:
// a full store takes nothing more. What one owner with a name keeps takes at
// most half of the bytes.
func NewMemory(most, mostBytes int) *Memory {
	return &Memory{
		most: most, mostBytes: mostBytes,
		kept: map[string]*entry{}, watches: map[string]map[*func()]struct{}{}, owned: map[string]int{},
	}
}

// Create is Store's.
func (m *Memory) Create(_ context.Context, t *Task) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	size := sizeOf(t)
	if len(m.kept) >= m.most || !m.room(t.Owner, size) {
		return ErrFull
	}
	e := &entry{task: *clone(t), size: size}
	e.timer = time.AfterFunc(time.Until(t.Created.Add(t.TTL)), func() { m.forget(t.ID, e) })
	m.kept[t.ID] = e
	m.grow(t.Owner, size)
	return nil
}

// room reports whether an owner may have so many bytes more.
func (m *Memory) room(owner string, size int) bool {
	return m.bytes+size <= m.mostBytes && (owner == "" || m.owned[owner]+size <= m.mostBytes/2)
}

func (m *Memory) grow(owner string, size int) {
	m.bytes += size
	if owner == "" {
		return
	}
	if m.owned[owner] += size; m.owned[owner] == 0 {
		delete(m.owned, owner)
	}
}

// Get is Store's.
func (m *Memory) Get(_ context.Context, id string) (*Task, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.kept[id]
	if e == nil {
		return nil, ErrNotFound
	}
	return clone(&e.task), nil
}

// slack is what a task may grow by in a full store: enough to say how it ended.
const slack = 4 << 10

// Change is Store's.
func (m *Memory) Change(_ context.Context, id string, edit func(*Task) bool) error {
	m.mu.Lock()
	e := m.kept[id]
	if e == nil {
		m.mu.Unlock()
		return ErrNotFound
	}
	next := clone(&e.task)
	if !edit(next) {
		m.mu.Unlock()
		return nil
	}
	size := sizeOf(next)
	if grown := size - e.size; grown > slack && !m.room(e.task.Owner, grown) {
		m.mu.Unlock()
		return ErrFull
	}
	m.grow(e.task.Owner, size-e.size)
	e.task, e.size = *next, size
	m.mu.Unlock()
	m.tell(id)
	return nil
}

// Delete is Store's.
func (m *Memory) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	e := m.kept[id]
	m.mu.Unlock()
	if e == nil {
		return ErrNotFound
	}
	e.timer.Stop()
	m.forget(id, e)
	return nil
}

func (m *Memory) forget(id string, e *entry) {
	m.mu.Lock()
	there := m.kept[id] == e
	if there {
		delete(m.kept, id)
		m.grow(e.task.Owner, -e.size)
	}
	m.mu.Unlock()
	if there {
		m.tell(id)
	}
}

// Watch is Store's.
func (m *Memory) Watch(id string, changed func()) (stop func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.watches[id] == nil {
		m.watches[id] = map[*func()]struct{}{}
	}
	m.watches[id][&changed] = struct{}{}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if delete(m.watches[id], &changed); len(m.watches[id]) == 0 {
			delete(m.watches, id)
		}
	}
}

// tell calls those who watch, none of whom holds up a change of another.
func (m *Memory) tell(id string) {
	m.mu.Lock()
	all := slices.Collect(maps.Keys(m.watches[id]))
	m.mu.Unlock()
	for _, changed := range all {
		(*changed)()
	}
}

// clone copies what an edit may change; JSON is never changed in place.
func clone(t *Task) *Task {
	c := *t
	c.Asked = slices.Clone(t.Asked)
	c.Answers = maps.Clone(t.Answers)
	return &c
}

func sizeOf(t *Task) int {
	size := len(t.Result) + len(t.Error) + len(t.Message)
	for _, q := range t.Asked {
		size += len(q.Key) + len(q.Method) + len(q.Params)
	}
	for key, value := range t.Answers {
		size += len(key) + len(value)
	}
	return size
}
