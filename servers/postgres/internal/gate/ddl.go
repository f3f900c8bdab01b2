package gate

import "strings"

const (
	readOnlyHint = "read with SELECT; only the operator can allow changes, with --mode dml or --mode ddl"
	queryHint    = "write what you need as one SELECT"
)

// ddl refuses statements by their first word, unless that opens a query or a
// change of rows, and in mode ddl looks at what a statement creates or alters.
func (c *checker) ddl(verb Token) *Refusal {
	if opensQuery(verb) || opensDML(verb) {
		return nil
	}
	if verb.Kind != Word {
		return c.refuse(verb, RuleStatement, "a statement cannot start with "+c.shown(verb), "start with SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN")
	}
	if no, ok := never[verb.Name]; ok {
		return c.refuse(verb, no.rule, strings.ToUpper(verb.Name)+" "+no.why, no.hint)
	}
	switch verb.Name {
	case "create", "alter", "drop", "comment", "truncate", "refresh", "analyze", "analyse":
	default:
		return c.refuse(verb, RuleStatement, "no statement that starts with "+c.shown(verb)+" is allowed", "start with SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN")
	}
	if c.rules.Mode != ModeDDL {
		return c.refuse(verb, RuleMode, strings.ToUpper(verb.Name)+" changes the database, and this server does not allow that",
			"describe the change to the user; only the operator can allow it, with --mode ddl")
	}
	switch verb.Name {
	case "create", "alter", "drop", "comment":
		return c.object()
	case "truncate":
		return c.target(1)
	}
	return nil
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
func (c *checker) object() *Refusal {
	i := 1
	for i < len(c.tokens) && c.tokens[i].Kind == Word && beforeObject(c.tokens[i].Name) {
		i++
	}
	verb := strings.ToUpper(c.tokens[0].Name)
	if i == len(c.tokens) {
		return c.refuse(c.tokens[0], RuleStatement, verb+" of nothing", "name what it is about, such as a table")
	}
	what := c.tokens[i]
	if what.Kind != Word || !objects[what.Name] {
		return c.refuse(what, RuleStatement, verb+" "+strings.ToUpper(c.text(what))+" is not allowed in any mode",
			"tables, views, materialized views, indexes, sequences, schemas, types, domains, triggers and statistics can be changed; ask the user to have the rest done by whoever administers the database")
	}
	if r := c.target(i + 1); r != nil {
		return r
	}
	return c.clauses(i)
}

// beforeObject tells whether a word can stand between the verb and what it is about.
func beforeObject(word string) bool {
	switch word {
	case "or", "replace", "global", "local", "temp", "temporary", "unlogged", "recursive", "unique", "on":
		return true
	}
	return false
}

// target refuses a change of what is the server's own. The name begins at i or behind.
func (c *checker) target(i int) *Refusal {
	for ; i < len(c.tokens); i++ {
		switch t := c.tokens[i]; {
		case t.is("table"), t.is("view"), t.is("if"), t.is("not"), t.is("exists"), t.is("only"), t.is("concurrently"), t.is("authorization"):
			continue
		}
		break
	}
	if r := c.own(c.tokens[i:]); r != nil {
		return r
	}
	if !c.tokens[0].is("drop") && !c.tokens[0].is("truncate") {
		return nil
	}
	for _, t := range c.tokens[i:] { // the other names of a list
		if (t.Kind == Word || t.Kind == Quoted) && systemSchema(t.Name) {
			return c.own([]Token{t})
		}
	}
	return nil
}

// clauses refuses what takes away from the protection of an object, or gives it away.
func (c *checker) clauses(i int) *Refusal {
	word := func(i int, keywords ...string) bool {
		for k, keyword := range keywords {
			if i+k >= len(c.tokens) || !c.tokens[i+k].is(keyword) {
				return false
			}
		}
		return true
	}
	if word(i, "type") && c.tokens[0].is("create") && !word(i+2, "as") && !word(i+4, "as") {
		return c.refuse(c.tokens[i], RuleCode, "a base type is made of functions in C", "use CREATE TYPE … AS, or CREATE DOMAIN")
	}
	for at := i; at < len(c.tokens); at++ {
		switch {
		case word(at, "owner", "to"), word(at, "authorization"), word(at, "grant"), word(at, "disable", "row"), word(at, "no", "force"),
			word(at, "disable", "trigger"), word(at, "disable", "rule"):
			return c.refuse(c.tokens[at], RuleServer, strings.ToUpper(c.text(c.tokens[at]))+" changes who is held back from what, and that is for people to decide",
				"ask the user to have it done by whoever administers the database")
		}
	}
	return nil
}
