package guard

import "slices"

// Lending is the database for a query of the operator's own: with what the
// operator lets that query use, beside what models may. Columns that are denied
// or masked stay so, and so does what a policy hides.
func (s *Source) Lending(tables, functions []string) *Source {
	d := s.Database
	d.Access = d.Access.lending(tables)
	d.AllowFunctions = slices.Concat(d.AllowFunctions, functions)
	return &Source{Database: d, link: s.link}
}

// lending lends tables of the rules that hold for all.
func (a Access) lending(tables []string) Access {
	if a.Within != nil {
		outer := a.Within.lending(tables)
		a.Within = &outer
		return a
	}
	a.lent = tables
	return a
}
