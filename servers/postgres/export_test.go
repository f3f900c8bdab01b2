package postgres

// SampleSQL makes the database of samples.
var SampleSQL = sampleSQL
