package archive

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// asked is a query, taken apart.
type asked struct {
	terms   [][]string // of each, any word will do: several for a prefix
	phrases []string
	without []string
}

func parseQuery(words string) asked {
	var out asked
	for words != "" {
		if words = strings.TrimLeft(words, " \t\n"); words == "" {
			break
		}
		not := strings.HasPrefix(words, "-") && len(words) > 1
		if not {
			words = words[1:]
		}
		var part string
		if strings.HasPrefix(words, `"`) {
			part, words, _ = strings.Cut(words[1:], `"`)
			if !not {
				out.phrases = append(out.phrases, strings.ToLower(part))
			}
		} else {
			part, words, _ = strings.Cut(words, " ")
		}
		prefix := strings.HasSuffix(part, "*")
		tokens(part, nil, func(word []byte) {
			switch {
			case not:
				out.without = append(out.without, string(word))
			case prefix:
				out.terms = append(out.terms, []string{string(word) + "*"})
			default:
				out.terms = append(out.terms, []string{string(word)})
			}
		})
	}
	return out
}

// mostExpanded is how many words a prefix may stand for.
const mostExpanded = 200

// lists are the postings of each term.
func (x *index) lists(terms [][]string) [][][]posting {
	out := make([][][]posting, len(terms))
	for i, alternatives := range terms {
		word := alternatives[0]
		prefix, is := strings.CutSuffix(word, "*")
		if !is {
			if n, ok := x.terms[word]; ok {
				out[i] = [][]posting{x.postings[n]}
			}
			continue
		}
		for term, n := range x.terms {
			if strings.HasPrefix(term, prefix) && len(out[i]) < mostExpanded {
				out[i] = append(out[i], x.postings[n])
			}
		}
	}
	return out
}

// hit is a message that was found.
type hit struct {
	doc   int
	score float64
}

// Search finds messages by their words, the best first: after BM25, and the
// newer of those that are as good. Where no message holds all words, those come
// that hold some.
func (s *Store) Search(ctx context.Context, q wire.Query) (wire.Page[wire.Message], error) {
	var out wire.Page[wire.Message]
	x, err := s.search(ctx)
	if err != nil {
		return out, err
	}
	ask := parseQuery(q.Words)
	hits, all := s.score(x, ask, q)
	if !all && len(hits) > 0 && len(ask.phrases) == 0 {
		out.Note = "no message holds all words: these hold some of them"
	}
	slices.SortFunc(hits, func(a, b hit) int {
		if !q.Newest && a.score != b.score {
			return cmp.Compare(b.score, a.score)
		}
		return cmp.Compare(x.docs[b.doc].at, x.docs[a.doc].at)
	})
	start, _ := strconv.Atoi(q.Cursor)
	for i := max(start, 0); i < len(hits); i++ {
		if len(out.Items) == q.Limit {
			out.Next = strconv.Itoa(i)
			break
		}
		m, err := s.at(x, hits[i].doc)
		if err != nil {
			return out, err
		}
		if holdsAll(m.Text, ask.phrases) {
			out.Items = append(out.Items, m)
		}
		if err := ctx.Err(); err != nil {
			return out, err
		}
	}
	return out, nil
}

func holdsAll(text string, phrases []string) bool {
	for _, p := range phrases {
		if !strings.Contains(strings.ToLower(text), p) {
			return false
		}
	}
	return true
}

// at reads the message of a doc.
func (s *Store) at(x *index, id int) (wire.Message, error) {
	d := &x.docs[id]
	c := s.channels[d.channel]
	messages, err := s.day(s.daysOf(c)[d.day])
	if err != nil {
		return wire.Message{}, err
	}
	m := messages[d.pos]
	m.Channel = c.ID
	return m, nil
}

// score finds the messages of a query. all is false where they hold only some
// of the words.
func (s *Store) score(x *index, ask asked, q wire.Query) (hits []hit, all bool) {
	fits := s.filter(x, ask, q)
	if len(ask.terms) == 0 {
		for id := range x.docs {
			if fits(id) {
				hits = append(hits, hit{doc: id})
			}
		}
		return hits, true
	}
	const k1, b = 1.2, 0.75
	average := float64(x.words) / float64(max(len(x.docs), 1))
	scores, counts := map[int]float64{}, map[int]int{}
	for _, lists := range x.lists(ask.terms) {
		seen := map[int]bool{}
		for _, list := range lists {
			n := float64(len(list))
			weight := math.Log(1 + (float64(len(x.docs))-n+0.5)/(n+0.5))
			for _, p := range list {
				f, length := float64(p.freq()), float64(x.docs[p.doc()].length)
				scores[p.doc()] += weight * f * (k1 + 1) / (f + k1*(1-b+b*length/average))
				if len(lists) == 1 {
					counts[p.doc()]++
				} else if !seen[p.doc()] {
					seen[p.doc()] = true
					counts[p.doc()]++
				}
			}
		}
	}
	most := 0
	for id, n := range counts {
		if n >= most && fits(id) {
			if n > most {
				most, hits = n, hits[:0]
			}
			hits = append(hits, hit{id, scores[id]})
		}
	}
	return hits, most == len(ask.terms)
}

// filter tells which messages a query can mean at all.
func (s *Store) filter(x *index, ask asked, q wire.Query) func(id int) bool {
	without := map[int]bool{}
	for _, word := range ask.without {
		if n, ok := x.terms[word]; ok {
			for _, p := range x.postings[n] {
				without[p.doc()] = true
			}
		}
	}
	from := map[int32]bool{}
	for _, id := range append(slices.Clone(q.From), q.With...) {
		if n, ok := x.users[id]; ok {
			from[n] = true
		}
	}
	return func(id int) bool {
		d := &x.docs[id]
		switch {
		case without[id],
			len(q.From)+len(q.With) > 0 && !from[d.user],
			len(q.Channels) > 0 && !slices.Contains(q.Channels, s.channels[d.channel].ID),
			!q.After.IsZero() && d.at < q.After.UnixMicro(),
			!q.Before.IsZero() && d.at >= q.Before.UnixMicro(),
			q.Threads && !d.reply:
			return false
		}
		return true
	}
}
