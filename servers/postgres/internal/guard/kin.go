package guard

import "encoding/json"

// Kin is a table, or what is like one, and all that it inherits from, whose
// rules are its own as well.
type Kin [][2]string // schema and name

// KinSQL is, in a statement that has an OID called k.oid, the kin of that table
// for KinOf.
const KinSQL Own = `(WITH RECURSIVE up (oid) AS (SELECT k.oid UNION SELECT i.inhparent FROM up JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.oid)
	SELECT json_agg(json_build_array(kn.nspname, kc.relname)) FROM up JOIN pg_catalog.pg_class kc ON kc.oid = up.oid
	JOIN pg_catalog.pg_namespace kn ON kn.oid = kc.relnamespace)`

// KinOf reads what KinSQL gives.
func KinOf(text string) Kin {
	var kin Kin
	if json.Unmarshal([]byte(text), &kin) != nil { // NULL: there is no such table
		return nil
	}
	return kin
}

// Seen reports whether a table may be seen.
func (a *Access) Seen(kin Kin) bool {
	for _, t := range kin {
		if !a.Table(t[0], t[1]) {
			return false
		}
	}
	return len(kin) > 0
}

// ColumnSeen reports whether a column of a table may be seen.
func (a *Access) ColumnSeen(kin Kin, column string) bool {
	for _, t := range kin {
		if !a.Column(t[0], t[1], column) {
			return false
		}
	}
	return len(kin) > 0
}

// ColumnMasked reports whether the values of a column are hidden.
func (a *Access) ColumnMasked(kin Kin, column string) bool {
	for _, t := range kin {
		if a.Masked(t[0], t[1], column) {
			return true
		}
	}
	return false
}
