package config

// Secret is a value that prints as ****.
type Secret struct{ value string }

// NewSecret makes one of a value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal gives the value itself.
func (s Secret) Reveal() string { return s.value }

// String hides the value.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return "****"
}

// GoString hides the value from %#v too.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
