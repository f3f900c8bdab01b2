package gate

import "strings"

const (
	readOnlyHint = "read with SELECT; only the operator can allow changes, with --mode dml or --mode ddl"
	queryHint    = "write what you need as one SELECT"
)

// ddl refuses statements by their first word, and in mode ddl looks at what
// they create or alter.
func (c *checker) ddl(verb token, tokens []token) *Refusal {
	const startHint = "start with SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN"
	name := c.name(verb)
	if verb.kind != Word {
		return c.refuse(verb, RuleStatement, "a statement cannot start with "+c.shown(verb), startHint)
	}
	if no, ok := never[name]; ok {
		return c.refuse(verb, no.rule, strings.ToUpper(name)+" "+no.why, no.hint)
	}
	check := func() *Refusal { return nil }
	switch name {
	case "create", "alter", "drop", "comment":
		check = func() *Refusal { return c.object(tokens) }
	case "truncate":
		check = func() *Refusal { return c.target(tokens, 1) }
	case "refresh", "analyze", "analyse":
	default:
		return c.refuse(verb, RuleStatement, "no statement that starts with "+c.shown(verb)+" is allowed", startHint)
	}
	if c.rules.Mode != ModeDDL {
		return c.refuse(verb, RuleMode, strings.ToUpper(name)+" changes the database, and this server does not allow that",
			"describe the change to the user; only the operator can allow it, with --mode ddl")
	}
	return check()
}

// no is why a statement is refused in every mode.
type no struct{ rule, why, hint string }

var (
	ownTransaction = no{RuleTransaction, "would move the edge of a transaction", "leave it out: each call is a transaction of its own"}
	ownSession     = no{RuleSession, "would stay behind in the session", "leave it out: calls share no session; a setting for all of them is the operator's, in session-settings"}
	noCursor       = no{RuleSession, "is about a cursor or a prepared statement, and calls share no session", "send the query itself, with $1, $2 and params; the answer has a cursor when there are more rows"}
	noChannel      = no{RuleSession, "is about notifications, and calls share no session", "read the table that the notification is about"}
	noLock         = no{RuleLock, "keeps others from a table", "leave it out: a query sees one moment of the database as it is"}
	noCopy         = no{RuleServer, "moves data past the answer, to files and programs too", "SELECT the rows; INSERT them where rows may be changed"}
	noCode         = no{RuleCode, "runs code that can do anything, which is not looked into", queryHint}
	noRights       = no{RuleServer, "is about who may do what, and that is for people to decide", "ask the user to have it done by whoever administers the database"}
	noUpkeep       = no{RuleServer, "is upkeep of the server", "ask the user to have it done by whoever administers the database"}
)

// never are the first words of statements that no mode allows.
var never = map[string]no{
	"begin": ownTransaction, "start": ownTransaction, "commit": ownTransaction, "end": ownTransaction, "rollback": ownTransaction,
	"abort": ownTransaction, "savepoint": ownTransaction, "release": ownTransaction,
	"set": ownSession, "reset": ownSession, "discard": ownSession,
	"lock":    noLock,
	"prepare": noCursor, "execute": noCursor, "deallocate": noCursor, "declare": noCursor, "fetch": noCursor, "move": noCursor, "close": noCursor,
	"listen": noChannel, "unlisten": noChannel, "notify": noChannel,
	"copy": noCopy,
	"do":   noCode, "call": noCode, "load": noCode,
	"grant": noRights, "revoke": noRights, "reassign": noRights, "security": noRights,
	"vacuum": noUpkeep, "cluster": noUpkeep, "reindex": noUpkeep, "checkpoint": noUpkeep, "import": noUpkeep,
	"repack": noUpkeep, "wait": noUpkeep,
}

// objects are what mode ddl lets through CREATE, ALTER, DROP and COMMENT. The
// rest runs code that is not looked into (functions, rules, casts, operators,
// languages, extensions), reaches other servers or files (foreign tables,
// subscriptions, dictionaries), decides who may do what (roles, policies), or
// is not the database's alone (databases, tablespaces, the server's settings).
var objects = map[string]bool{
	"table": true, "view": true, "materialized": true, "index": true, "sequence": true, "schema": true, "type": true,
	"domain": true, "trigger": true, "statistics": true, "column": true, "constraint": true,
}

// object looks at what is created, altered, dropped or commented on.
func (c *checker) object(tokens []token) *Refusal {
	i := 1
	for i < len(tokens) && tokens[i].kind == Word && beforeObject(c.name(tokens[i])) {
		if c.is(tokens[i], "temp") || c.is(tokens[i], "temporary") {
			return c.temporary(tokens[i])
		}
		i++
	}
	verb := strings.ToUpper(c.name(tokens[0]))
	if i == len(tokens) {
		return c.refuse(tokens[0], RuleStatement, verb+" of nothing", "name what it is about, such as a table")
	}
	if what := tokens[i]; what.kind != Word || !objects[c.name(what)] {
		return c.refuse(what, RuleStatement, verb+" "+strings.ToUpper(c.text(what))+" is not allowed in any mode",
			"tables, views, materialized views, indexes, sequences, schemas, types, domains, triggers and statistics can be changed; ask the user to have the rest done by whoever administers the database")
	}
	if r := c.target(tokens, i+1); r != nil {
		return r
	}
	return c.clauses(tokens, i)
}

// beforeObject tells whether a word can stand between the verb and what it is about.
func beforeObject(word string) bool {
	switch word {
	case "or", "replace", "global", "local", "temp", "temporary", "unlogged", "recursive", "unique", "on":
		return true
	}
	return false
}

// beforeTarget tells whether a word can stand between what a statement is about and its name.
func beforeTarget(word string) bool {
	switch word {
	case "table", "view", "trigger", "if", "not", "exists", "only", "concurrently", "authorization":
		return true
	}
	return false
}

// target refuses a change of what is the server's own. The name begins at i or behind.
func (c *checker) target(tokens []token, i int) *Refusal {
	for i < len(tokens) && tokens[i].kind == Word && beforeTarget(c.name(tokens[i])) {
		i++
	}
	if i < len(tokens) && tokens[i].named() && c.name(tokens[i]) == "pg_temp" {
		return c.temporary(tokens[i])
	}
	if r := c.own(tokens[i:]); r != nil {
		return r
	}
	if verb := c.name(tokens[0]); verb != "drop" && verb != "truncate" {
		return nil
	}
	for ; i < len(tokens); i++ { // the other names of a list
		if t := tokens[i]; t.named() && systemSchema(c.name(t)) {
			return c.own(tokens[i : i+1])
		}
	}
	return nil
}

// temporary refuses what is of one session, and would hide a table of the same
// name from whoever has it next.
func (c *checker) temporary(t token) *Refusal {
	return c.refuse(t, RuleSession, "what is temporary is of one session, and calls share none", "use WITH in the statement that needs it")
}

// clauses refuses what takes away from the protection of an object, or gives it
// away. What it is about stands at i.
func (c *checker) clauses(tokens []token, i int) *Refusal {
	words := func(i int, words ...string) bool {
		for k, word := range words {
			if i+k >= len(tokens) || !c.is(tokens[i+k], word) {
				return false
			}
		}
		return true
	}
	if c.is(tokens[i], "type") && tokens[0].symbol == kwCreate && !words(i+2, "as") && !words(i+4, "as") {
		return c.refuse(tokens[i], RuleCode, "a base type is made of functions in C", "use CREATE TYPE … AS, or CREATE DOMAIN")
	}
	for at := i; at < len(tokens); at++ {
		if words(at, "owner", "to") || words(at, "authorization") || tokens[at].symbol == kwGrant || words(at, "disable", "row") ||
			words(at, "no", "force") || words(at, "disable", "trigger") || words(at, "disable", "rule") || words(at, "enable", "replica") {
			return c.refuse(tokens[at], RuleServer, strings.ToUpper(c.text(tokens[at]))+" changes who is held back from what, and that is for people to decide",
				"ask the user to have it done by whoever administers the database")
		}
		if words(at, "set", "schema") && at+2 < len(tokens) {
			if r := c.own(tokens[at+2 : at+3]); r != nil {
				return r
			}
		}
	}
	return nil
}
