package postgres

import _ "embed" // of the samples

//go:embed sample.sql
var sampleSQL string
