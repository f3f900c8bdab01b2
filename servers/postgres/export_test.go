package postgres

import "time"

// SampleSQL makes the database of samples.
var SampleSQL = sampleSQL

// WithTicks has the server look for changes of the schema when a tick comes;
// stopped is called when nobody wants to know any more.
func (c Config) WithTicks(ticks <-chan time.Time, stopped func()) Config {
	c.ticks = func() (<-chan time.Time, func()) { return ticks, stopped }
	return c
}
