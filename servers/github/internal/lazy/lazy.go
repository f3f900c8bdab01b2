// Package lazy puts off what a program need not have done before it can answer.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp is an expression that is compiled when it is first needed.
func Regexp(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
