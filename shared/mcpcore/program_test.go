package mcpcore_test

// programs are the servers that this test binary can play.
var programs = map[string]func(){}
