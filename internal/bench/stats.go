package main

import (
	"cmp"
	"slices"
	"time"
)

// median returns the middle value, or the mean of the two in the middle.
// It is 0 when there are no values.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	mid := len(s) / 2
	if len(s)%2 == 1 {
		return s[mid]
	}
	return (s[mid-1] + s[mid]) / 2
}

// percentile returns the smallest value that at least p of the sorted values
// do not exceed.
func percentile[T cmp.Ordered](sorted []T, p float64) T {
	i := int(p*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

// ratios divides round by round: two programs of one round met the same noise.
func ratios(a, b []float64) []float64 {
	var out []float64
	for i := range min(len(a), len(b)) {
		if b[i] > 0 {
			out = append(out, a[i]/b[i])
		}
	}
	return out
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// rate returns how many of n happened per second.
func rate(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

func extremes(values []float64) (low, high float64) {
	return slices.Min(values), slices.Max(values)
}
