// Command pgx is the floor of the PostgreSQL part: the driver alone, as its
// documentation shows it, in a program that reads "id calls SQL" line by line. It
// answers {"id":id,"rows":[…]} with encoding/json, and, for more than one call, the
// nanoseconds that each took inside, for which nothing is written.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

type answer struct {
	ID    int     `json:"id"`
	Rows  [][]any `json:"rows,omitempty"`
	Nanos []int64 `json:"nanos,omitempty"`
	Count int     `json:"count"`
}

func main() {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close(ctx)
	lines, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), " ", 3)
		var a answer
		a.ID, _ = strconv.Atoi(fields[0])
		calls, err := strconv.Atoi(fields[1])
		if err != nil {
			log.Fatal(err)
		}
		for range calls {
			begin := time.Now()
			if err := a.run(ctx, conn, fields[2], calls == 1); err != nil {
				log.Fatal(err)
			}
			if calls > 1 {
				a.Nanos = append(a.Nanos, time.Since(begin).Nanoseconds())
			}
		}
		if err := out.Encode(a); err != nil {
			log.Fatal(err)
		}
	}
}

func (a *answer) run(ctx context.Context, conn *pgx.Conn, sql string, keep bool) error {
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return err
	}
	a.Count = 0
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		if a.Count++; keep {
			a.Rows = append(a.Rows, values)
		}
	}
	return rows.Err()
}
