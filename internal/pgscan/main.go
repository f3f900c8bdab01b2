//go:build differential

package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	pgquery "github.com/pganalyze/pg_query_go/v6"
)

func main() {
	if err := serve(bufio.NewReader(os.Stdin), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pgscan:", err)
		os.Exit(1)
	}
}

// serve reads statements and writes answers, each behind its length in four bytes.
func serve(in io.Reader, out io.Writer) error {
	for {
		var size [4]byte
		if _, err := io.ReadFull(in, size[:]); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		sql := make([]byte, binary.BigEndian.Uint32(size[:]))
		if _, err := io.ReadFull(in, sql); err != nil {
			return err
		}
		answer := scan(string(sql)) + parse(string(sql))
		binary.BigEndian.PutUint32(size[:], uint32(len(answer)))
		if _, err := io.WriteString(out, string(size[:])+answer); err != nil {
			return err
		}
	}
}

// scan answers "token", a class, a start and an end for each token, or "error".
func scan(sql string) string {
	result, err := pgquery.Scan(sql)
	if err != nil {
		return fmt.Sprintf("error %q\n", err.Error())
	}
	var b strings.Builder
	for _, t := range result.Tokens {
		if t.Token != pgquery.Token_SQL_COMMENT && t.Token != pgquery.Token_C_COMMENT {
			fmt.Fprintf(&b, "token %s %d %d\n", class(t), t.Start, t.End)
		}
	}
	return b.String()
}

func class(t *pgquery.ScanToken) string {
	switch t.Token {
	case pgquery.Token_IDENT:
		return "name"
	case pgquery.Token_UIDENT:
		return "uname"
	case pgquery.Token_SCONST, pgquery.Token_USCONST:
		return "string"
	case pgquery.Token_BCONST, pgquery.Token_XCONST:
		return "bits"
	case pgquery.Token_ICONST, pgquery.Token_FCONST:
		return "number"
	case pgquery.Token_PARAM:
		return "param"
	}
	if t.KeywordKind != pgquery.KeywordKind_NO_KEYWORD {
		return "keyword"
	}
	return "other"
}

// parse answers "statement" and its type for each statement, and what it holds:
// "holds dml", "holds into", "holds lock", and "name" for the tables, columns
// and functions it mentions. For what is no SQL it answers nothing.
func parse(sql string) string {
	text, err := pgquery.ParseToJSON(sql)
	if err != nil {
		return ""
	}
	var tree struct {
		Stmts []struct{ Stmt map[string]any }
	}
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		return fmt.Sprintf("error %q\n", err.Error())
	}
	var b strings.Builder
	for _, s := range tree.Stmts {
		for kind := range s.Stmt {
			fmt.Fprintf(&b, "statement %s\n", kind)
		}
		walk(&b, s.Stmt)
	}
	return b.String()
}

func walk(b *strings.Builder, node any) {
	switch node := node.(type) {
	case []any:
		for _, item := range node {
			walk(b, item)
		}
	case map[string]any:
		for key, value := range node {
			describe(b, key, value)
			walk(b, value)
		}
	}
}

func describe(b *strings.Builder, key string, value any) {
	switch key {
	case "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt":
		fmt.Fprintln(b, "holds dml")
	case "intoClause":
		fmt.Fprintln(b, "holds into")
	case "lockingClause":
		fmt.Fprintln(b, "holds lock")
	case "relname", "schemaname":
		fmt.Fprintf(b, "name %q\n", value)
	case "ColumnRef", "FuncCall":
		node, _ := value.(map[string]any)
		if key == "FuncCall" && node["funcformat"] != "COERCE_EXPLICIT_CALL" {
			return // the parser's own name for a construct such as EXTRACT
		}
		for _, list := range []string{"fields", "funcname"} {
			parts, _ := node[list].([]any)
			for _, part := range parts {
				if s, ok := part.(map[string]any)["String"].(map[string]any); ok {
					fmt.Fprintf(b, "name %q\n", s["sval"])
				}
			}
		}
	}
}
