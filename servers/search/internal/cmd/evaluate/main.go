// Command evaluate measures how well documents are found: nDCG@10, MAP and
// recall on a test collection with judgements, and how soon the document is
// found that a heading was taken from.
//
//	go run ./servers/search/internal/cmd/evaluate -docs FILE -topics FILE -qrels FILE
//	go run ./servers/search/internal/cmd/evaluate -known DIR
//
// Documents and topics are in the SGML of TREC, or in the form of the Cranfield
// collection (.I .T .W); judgements are those of TREC (topic 0 document grade),
// or of Cranfield (topic document code, of which 1 is the best).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/kb"
)

func main() {
	docs := flag.String("docs", "", "file with documents")
	topics := flag.String("topics", "", "file with topics")
	qrels := flag.String("qrels", "", "file with judgements")
	known := flag.String("known", "", "directory of documents whose headings are looked for")
	flag.Parse()
	err := errors.New("say -docs, -topics and -qrels, or -known")
	switch {
	case *known != "":
		err = knownItems(*known, os.Stdout)
	case *docs != "" && *topics != "" && *qrels != "":
		err = judged(*docs, *topics, *qrels, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "evaluate:", err)
		os.Exit(1)
	}
}

// index makes a collection of a directory and waits for it.
func index(dir string) (*kb.Collection, func(), error) {
	indexes, err := os.MkdirTemp("", "evaluate-")
	if err != nil {
		return nil, nil, err
	}
	root, err := guard.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	c := kb.Open(kb.Options{Name: "test", Root: root, IndexDir: indexes})
	done := func() { c.Close(); os.RemoveAll(indexes) }
	return c, done, c.Ready(context.Background(), func(int64, int64) {})
}

// judged measures on a collection with judgements.
func judged(docsFile, topicsFile, qrelsFile string, out io.Writer) error {
	docs, err := readDocs(docsFile)
	if err != nil {
		return err
	}
	topics, err := readTopics(topicsFile)
	if err != nil {
		return err
	}
	judgements, err := readQrels(qrelsFile)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "evaluate-docs-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, d := range docs {
		text := d.text
		if d.title != "" {
			text = "# " + strings.Join(strings.Fields(d.title), " ") + "\n\n" + text
		}
		if err := os.WriteFile(filepath.Join(dir, d.id+".md"), []byte(text), 0o600); err != nil {
			return err
		}
	}
	c, done, err := index(dir)
	if err != nil {
		return err
	}
	defer done()
	var sum measures
	n := 0
	for _, t := range topics {
		grades := judgements[t.id]
		if len(grades) == 0 {
			continue
		}
		hits, err := c.Search(context.Background(), kb.Query{Text: plainWords(t.text), Most: 100})
		if err != nil {
			return fmt.Errorf("topic %s: %w", t.id, err)
		}
		ids := make([]string, len(hits.Hits))
		for i, h := range hits.Hits {
			ids[i] = strings.TrimSuffix(h.Path, ".md")
		}
		sum.add(measure(ids, grades))
		n++
	}
	if n == 0 {
		return errors.New("no topic has a judgement")
	}
	sum.divide(float64(n))
	fmt.Fprintf(out, "%d documents, %d topics: nDCG@10 %.4f graded, %.4f binary; MAP@100 %.4f; recall@100 %.4f\n",
		len(docs), n, sum.graded, sum.binary, sum.ap, sum.recall)
	return nil
}

// plainWords is a text without what would be an operator of a query.
func plainWords(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' }), " ")
}

// knownItems looks for each heading that only one document has.
func knownItems(dir string, out io.Writer) error {
	c, done, err := index(dir)
	if err != nil {
		return err
	}
	defer done()
	owner := map[string]string{}
	for _, e := range c.Entries() {
		if e.Kind != "markdown" {
			continue
		}
		d, _, err := c.Document(context.Background(), e.Path)
		if err != nil {
			continue
		}
		for _, h := range d.Headings {
			text := plainWords(h.Text)
			if len(strings.Fields(text)) < 2 {
				continue
			}
			if _, twice := owner[text]; twice && owner[text] != e.Path {
				owner[text] = "" // it does not say which
				continue
			}
			owner[text] = e.Path
		}
	}
	n, rank, first := 0, 0.0, 0
	for text, path := range owner {
		if path == "" {
			continue
		}
		hits, err := c.Search(context.Background(), kb.Query{Text: text, Most: 10, Kind: "markdown"})
		if err != nil {
			continue
		}
		n++
		for i, h := range hits.Hits {
			if h.Path == path {
				rank += 1 / float64(i+1)
				if i == 0 {
					first++
				}
				break
			}
		}
	}
	if n == 0 {
		return errors.New("there are no headings of two words or more")
	}
	fmt.Fprintf(out, "%d documents, %d headings: MRR@10 %.4f, first %.1f %%\n", len(c.Entries()), n, rank/float64(n), 100*float64(first)/float64(n))
	return nil
}
