package corpus

import "strings"

// pieces are what statements are put together from, so that fuzzing soon finds
// something that means something.
var pieces = strings.Split("'|'|\"|''|\"\"|$$|$a$|$|$1|\\|E'|e'|B'|x'|N'|U&'|U&\"|u&| uescape '!'|UESCAPE |!0061|\\0061|\\+000061|\n|\r|\t| | | | |--|/*|*/|-|+|*|/|"+
	"<|=|@|?|#|~|;|,|.|..|:|::|:=|(|)|(|)|[|]|0|1|0x1f|1_0|1e5|.5|1.|_|a|b|É|t|a.b|SELECT |select 1| FROM t|VALUES (1)|TABLE t|WITH a AS (|"+
	"WITH RECURSIVE | AS | AS NOT MATERIALIZED (|, b AS (| SEARCH DEPTH FIRST BY a SET b | CYCLE a SET b USING c |INSERT INTO t |UPDATE t SET a = 1|"+
	"DELETE FROM t|MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE| RETURNING a| INTO t| FOR UPDATE| FOR NO KEY UPDATE| FOR KEY SHARE| UNION |"+
	"EXPLAIN |EXPLAIN (ANALYZE, COSTS off) |ANALYZE |(SELECT 1)|SHOW ALL|update|into|for|with|values|insert|CREATE TABLE t AS |CREATE VIEW v AS |"+
	"DROP TABLE t|COMMIT|SET a = b|pg_class| ON | a b | AS into|t.into| LIMIT 1| ORDER BY a| WITH ORDINALITY AS |f(a)|::int|COPY t TO STDOUT", "|")

// Assemble makes a text of pieces of SQL, one for each byte.
func Assemble(choice string) string {
	var b strings.Builder
	for _, c := range []byte(choice) {
		b.WriteString(pieces[int(c)%len(pieces)])
	}
	return b.String()
}
