package config

import (
	"maps"
	"slices"
	"strings"
)

// Fixed declares settings that count only when the program starts, but for
// those that are named.
func (f *Flags) Fixed(declare func(*Flags), but ...string) {
	from := len(f.all)
	declare(f)
	for _, s := range f.all[from:] {
		s.fixed = !slices.Contains(but, s.name)
	}
}

// Like declares the settings that only other has. They are read, so that they
// can be compared, and set nothing.
func (f *Flags) Like(other *Flags) {
	for _, s := range other.all {
		if f.find(s.name) == nil {
			like := *s
			nothing := func(string) error { return nil }
			like.fixed, like.set, like.elem, like.reset = true, nothing, nothing, nil
			if like.groups != nil {
				like.groups = &groups{}
			}
			f.all = append(f.all, &like)
		}
	}
}

// Changed names the settings that Parse found to be others than before: those
// that count at once, and those that count only when the program starts.
func (f *Flags) Changed(before *Flags) (now, later []string) {
	for _, s := range f.all {
		old := before.find(s.name)
		switch {
		case old != nil && old.effective() == s.effective():
		case s.fixed:
			later = append(later, s.name)
		default:
			now = append(now, s.name)
		}
	}
	return now, later
}

// effective is what the setting came to, as text.
func (s *setting) effective() string {
	switch {
	case s.groups != nil:
		return s.groups.effective()
	case len(s.got) > 0:
		return strings.Join(s.got, ",")
	case s.def == "" && s.value == "":
		return "false"
	}
	return s.def
}

// Files are those that Parse has read: of settings, and of secrets.
func (f *Flags) Files() []string { return slices.Sorted(maps.Keys(f.files)) }
