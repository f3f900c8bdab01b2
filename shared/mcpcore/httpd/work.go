package httpd

import (
	"runtime"
	"sync/atomic"
)

// workers are goroutines that have done something and wait for more: a stack
// that has grown for one request serves the next as it is, and growing it anew
// would cost more than most requests do.
type workers struct {
	work chan func()
	idle atomic.Int64 // how many wait
	most int64        // that may wait
	stop chan struct{}
}

func newWorkers(stop chan struct{}) *workers {
	return &workers{work: make(chan func()), most: int64(4 * runtime.GOMAXPROCS(0)), stop: stop}
}

// do has work done, at once and beside the caller.
func (w *workers) do(work func()) {
	select {
	case w.work <- work:
	default: // nobody waits
		go w.serve(work)
	}
}

func (w *workers) serve(work func()) {
	for {
		work()
		if w.idle.Add(1) > w.most {
			w.idle.Add(-1)
			return
		}
		select {
		case work = <-w.work:
			w.idle.Add(-1)
		case <-w.stop:
			w.idle.Add(-1)
			return
		}
	}
}
