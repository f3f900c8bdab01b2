package gate

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Rules that a [Refusal] names.
const (
	RuleText         = "sql-text"          // no text that the server could read
	RuleSyntax       = "sql-syntax"        // no token that the server knows
	RuleOneStatement = "sql-one-statement" // none, or more than one
	RuleStatement    = "sql-statement"     // a statement that no mode allows
	RuleMode         = "--mode"            // a statement that this mode does not allow
	RuleTransaction  = "sql-transaction"   // begins, ends or prepares a transaction
	RuleSession      = "sql-session"       // leaves something in the session
	RuleCode         = "sql-code"          // code that the gate cannot read
	RuleServer       = "sql-server"        // acts on the server, its files or its roles
	RuleExplain      = "sql-explain"       // EXPLAIN of no query
	RuleInto         = "sql-into"          // SELECT INTO, which makes a table
	RuleLock         = "sql-lock"          // locks rows
	RuleCatalog      = "sql-catalog"       // changes the server's own tables
	RuleName         = "sql-name"          // mentions what Rules.Denied denies
)

// Refusal is why a statement may not be sent.
type Refusal struct {
	Rule     string // one of the Rule constants
	Message  string // what was refused
	Hint     string // what to do instead
	Position int    // of what was refused: characters, from 1, as the server counts
}

func (r *Refusal) Error() string { return r.Message }

func refuse(sql string, at int, rule, message, hint string) *Refusal {
	return &Refusal{Rule: rule, Message: message, Hint: hint, Position: utf8.RuneCountInString(sql[:at]) + 1}
}

// shown is the first line of a piece of a statement, quoted, short enough for a message.
func shown(s string) string {
	const most = 40
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > most {
		cut := most
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strconv.Quote(s)
}
