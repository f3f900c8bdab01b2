package postgres

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// numbered is SQL with parameters as the server knows them: :name, for those
// that are declared, becomes $1 and so on, in their order. A statement may have
// numbers itself, for all of them. What is between brackets is a slice of an
// array, unless its name is declared.
func numbered(sql string, names []string) (string, error) {
	var out strings.Builder
	used := make([]bool, len(names))
	byName, byNumber, end, depth := false, false, 0, 0
	var before gate.Token
	for t, err := range gate.Lex(sql) {
		if err != nil {
			return "", err
		}
		text := sql[t.Start:t.End]
		switch colon := before.Kind == gate.Punct && sql[before.Start:before.End] == ":" && before.End == t.Start && t.Kind == gate.Word; {
		case text == "[":
			depth++
		case text == "]":
			depth--
		case t.Kind == gate.Param:
			n, err := strconv.Atoi(text[1:])
			if err != nil || n < 1 || n > len(names) {
				return "", fmt.Errorf("there is no parameter %s: %d are declared", text, len(names))
			}
			used[n-1], byNumber = true, true
		case colon:
			i := slices.Index(names, t.Name)
			if i < 0 && depth > 0 {
				break
			}
			if i < 0 {
				return "", fmt.Errorf("the parameter :%s is not declared", t.Name)
			}
			out.WriteString(sql[end:before.Start] + "$" + strconv.Itoa(i+1))
			used[i], byName, end = true, true, t.End
		}
		before = t
	}
	if byName && byNumber {
		return "", errors.New("parameters are written either by name or by number")
	}
	if i := slices.Index(used, false); i >= 0 {
		return "", fmt.Errorf("the parameter %s is declared, and not used", names[i])
	}
	return out.String() + sql[end:], nil
}
