package guard

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// countsSQL is how many rows of tables the session has changed: in this
// transaction, and in those before of which the server has not yet been told.
const countsSQL script = `SELECT t.relid, t.schemaname, t.relname, t.n_tup_ins, t.n_tup_upd, t.n_tup_del
	FROM pg_catalog.pg_stat_xact_user_tables t WHERE t.n_tup_ins + t.n_tup_upd + t.n_tup_del > 0 ORDER BY 2, 3, 1`

func countsOf(rows []Record) map[string]Changed {
	out := make(map[string]Changed, len(rows))
	for _, r := range rows {
		out[r.Text(0)] = changedOf(r)
	}
	return out
}

func changedOf(r Record) Changed {
	n := func(i int) int64 {
		value, _ := strconv.ParseInt(r.Text(i), 10, 64) // the server's own
		return value
	}
	return Changed{r.Text(1), r.Text(2), n(3), n(4), n(5)}
}

// count finds out which rows were changed. Tables that may not be seen are not
// named, and what triggers note there is let pass, such as in a log; that rows
// which are there are changed is not.
func (p *writing) count(rows []Record) error {
	for _, r := range rows {
		now, was := changedOf(r), p.before[r.Text(0)]
		now.Inserted, now.Updated, now.Deleted = now.Inserted-was.Inserted, now.Updated-was.Updated, now.Deleted-was.Deleted
		switch {
		case now.Inserted == 0 && now.Updated == 0 && now.Deleted == 0:
		case p.s.Table(now.Schema, now.Table):
			p.effect.Tables = append(p.effect.Tables, now)
		case now.Updated > 0 || now.Deleted > 0:
			return mcpcore.Hint(mcpcore.Refused("--allow-schemas, --deny-tables",
				fmt.Errorf("%d rows of tables that may not be used here would be changed too, by foreign keys or triggers", now.Updated+now.Deleted)),
				"list_objects shows what may be used; change rows that nothing else depends on")
		default:
			p.effect.Unseen += now.Inserted
		}
	}
	return nil
}

// triggersSQL lists the triggers of tables that a parsed statement is to change,
// of their partitions, and of those that foreign keys lead on to.
const triggersSQL script = `WITH RECURSIVE changed AS (
	SELECT l.relation AS oid FROM pg_catalog.pg_locks l
	WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.mode = 'RowExclusiveLock'
	UNION SELECT more.oid FROM changed t CROSS JOIN LATERAL (
		SELECT f.conrelid AS oid FROM pg_catalog.pg_constraint f
		WHERE f.confrelid = t.oid AND f.contype = 'f' AND (f.confdeltype IN ('c', 'n', 'd') OR f.confupdtype IN ('c', 'n', 'd'))
		UNION ALL SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = t.oid) more)
	SELECT c.relname, g.tgname, p.proname FROM changed t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D'
	JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid`

// bound refuses a statement that would set off a trigger which acts outside of
// the transaction: what that does could not be taken back.
func (s *Source) bound(triggers []Record) error {
	d := s.denied.Load() // is there: the statement was checked before
	if d == nil {
		return errors.New("what may not be mentioned is not known")
	}
	for _, t := range triggers {
		if why := d.acts[t.Text(2)]; why != "" {
			return mcpcore.Hint(mcpcore.Refused("triggers", fmt.Errorf("the trigger %s of %s calls %s, which may not run here: %s", t.Text(1), t.Text(0), t.Text(2), why)),
				"the operator can allow it, with --allow-functions "+t.Text(2))
		}
	}
	return nil
}
