package guard

// Portable makes Open use the implementation on os.Root, so that the same
// tests run on both.
func (o Options) Portable() Options {
	o.portable = true
	return o
}
