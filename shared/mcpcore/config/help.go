package config

import (
	"fmt"
	"io"
	"strings"
)

// Help writes the settings for a terminal.
func (f *Flags) Help(w io.Writer) {
	if f.argsDoc != "" {
		name, doc, _ := strings.Cut(f.argsDoc, "\t")
		fmt.Fprintf(w, "Arguments:\n  %s\n      %s\n\n", name, doc)
	}
	fmt.Fprintln(w, "Settings (flag, then environment, then the file named by --config):")
	for _, s := range f.all {
		head := "--" + s.name
		if s.groups != nil {
			head = s.name + " (in the file)"
		} else if s.secret {
			head = s.env[len(s.env)-1]
		} else if s.value != "" {
			head += " " + s.value
		}
		doc := s.doc
		if s.groups != nil {
			doc += ": " + s.groups.keys()
		}
		if s.def != "" && s.def != "0" {
			doc += " (default " + s.def + ")"
		}
		fmt.Fprintf(w, "  %s\n      %s\n", head, doc)
	}
	fmt.Fprintf(w, "\nThe variable of a setting is %s and so on; that of a secret also works with _FILE behind it.\n", f.variable("read-only"))
}

// Table writes the settings as a Markdown table.
func (f *Flags) Table() string {
	var b strings.Builder
	b.WriteString("| Setting | Variable | Default | Meaning |\n| --- | --- | --- | --- |\n")
	for _, s := range f.all {
		flag := "`--" + s.name + "`"
		doc := s.doc
		if s.groups != nil {
			flag, doc = "`"+s.name+"` (in the file)", doc+": `"+strings.ReplaceAll(s.groups.keys(), ", ", "`, `")+"`"
		} else if s.secret {
			flag = "(secret)"
		} else if s.value != "" {
			flag = "`--" + s.name + " " + strings.ReplaceAll(s.value, "|", `\|`) + "`"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", flag, strings.Join(s.env, "`, `"), s.def, doc)
	}
	return b.String()
}
