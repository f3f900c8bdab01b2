package gate

// What sends statements takes a Statement for the text of a model's, and no
// other package can make one that has a text: Check alone does.

// SQL is the whole text, as it was written.
func (s *Statement) SQL() string { return s.sql }

// Bare is the statement without what stands round it, such as semicolons, so
// that it can stand behind something else, such as EXPLAIN.
func (s *Statement) Bare() string { return s.sql[s.start:s.end] }

// Returning is a DML without RETURNING, with one of all columns.
func (s *Statement) Returning() string { return s.sql[:s.Change.End] + "\nRETURNING *" }
