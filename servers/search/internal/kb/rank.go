package kb

import (
	"context"
	"math"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// The parameters of BM25F: what a term in each field weighs beside one in the
// body, how much the length of a field counts, and how soon more of the same
// term adds no more.
var (
	weights = [searched]float32{titleField: 2, headingField: 1.2, pathField: 1.5, bodyField: 1}
	lengthy = [searched]float32{titleField: 0.3, headingField: 0.5, pathField: 0.4, bodyField: 0.75}
)

const saturation = 1.6

// ranking is the scores of documents by their number, kept for the next search.
type ranking struct {
	score   []float32
	weight  []float32 // of the term at hand
	hits    []uint32  // documents with a score
	touched []uint32  // documents with the term at hand
	has     []uint16  // of the required terms
	out     []bool    // documents with a term that is excluded
	doc     index.TermFieldDoc
}

var rankings = sync.Pool{New: func() any { return &ranking{} }}

// fit makes room for so many documents, all of them without a score.
func (r *ranking) fit(n int) {
	if len(r.score) < n {
		r.score, r.weight, r.has, r.out = make([]float32, n), make([]float32, n), make([]uint16, n), make([]bool, n)
	}
	r.hits = r.hits[:0]
}

func (r *ranking) free() {
	for _, n := range r.hits {
		r.score[n], r.has[n], r.out[n] = 0, 0, false
	}
	rankings.Put(r)
}

// averages are the mean lengths of the fields.
type averages [searched]float32

// rank scores every document that has one of the terms. It returns how rare
// each term is.
func (r *ranking) rank(ctx context.Context, snapshot *scorch.IndexSnapshot, docs int, mean averages, q *query) ([]float32, error) {
	rare := make([]float32, len(q.terms))
	skip, err := frequent(ctx, snapshot, docs, q)
	if err != nil {
		return nil, err
	}
	for i, t := range q.terms {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if skip[i] {
			continue
		}
		if err := r.find(ctx, snapshot, mean, t.text); err != nil {
			return nil, err
		}
		df := float64(len(r.touched))
		idf := float32(math.Log(1 + (float64(docs)-df+0.5)/(df+0.5)))
		rare[i] = idf
		for _, n := range r.touched {
			w := r.weight[n]
			r.weight[n] = 0
			if r.score[n] == 0 && r.has[n] == 0 && !r.out[n] {
				r.hits = append(r.hits, n)
			}
			if t.excluded {
				r.out[n] = true
				continue
			}
			r.score[n] += idf * w * (saturation + 1) / (saturation + w)
			if t.required {
				r.has[n]++
			}
		}
	}
	return rare, nil
}

// frequent finds the terms that most documents have, beside others that few
// have: they would take most of the time and change little.
func frequent(ctx context.Context, snapshot *scorch.IndexSnapshot, docs int, q *query) ([]bool, error) {
	skip, having, rarest := make([]bool, len(q.terms)), make([]uint64, len(q.terms)), uint64(docs)
	for i, t := range q.terms {
		postings, err := snapshot.TermFieldReader(ctx, []byte(t.text), fieldNames[bodyField], false, false, false)
		if err != nil {
			return nil, err
		}
		having[i] = postings.Count()
		if err := postings.Close(); err != nil {
			return nil, err
		}
		if having[i] > 0 && !t.excluded {
			rarest = min(rarest, having[i])
		}
	}
	for i, t := range q.terms {
		skip[i] = !t.required && !t.excluded && having[i] > uint64(docs)/2 && rarest < uint64(docs)/20
	}
	return skip, nil
}

// find weighs one term in all fields of all documents.
func (r *ranking) find(ctx context.Context, snapshot *scorch.IndexSnapshot, mean averages, term string) error {
	r.touched = r.touched[:0]
	for f, name := range fieldNames {
		if mean[f] == 0 {
			continue
		}
		postings, err := snapshot.TermFieldReader(ctx, []byte(term), name, true, true, false)
		if err != nil {
			return err
		}
		for {
			doc, err := postings.Next(r.doc.Reset())
			if err != nil {
				postings.Close()
				return err
			}
			if doc == nil {
				break
			}
			n := doc.ID.Value()
			length := float32(1 / (doc.Norm * doc.Norm))
			w := weights[f] * float32(doc.Freq) / (1 - lengthy[f] + lengthy[f]*length/mean[f])
			if r.weight[n] == 0 {
				r.touched = append(r.touched, uint32(n))
			}
			r.weight[n] += w
		}
		if err := postings.Close(); err != nil {
			return err
		}
	}
	return nil
}

// best is a heap of the hits, from which they are taken best first.
type best struct {
	*ranking
	required uint16
}

// begin leaves out what is excluded or lacks a required term.
func (r *ranking) begin(q *query) (best, []uint32) {
	b := best{ranking: r, required: q.required}
	heap := make([]uint32, 0, len(r.hits))
	for _, n := range r.hits {
		if !r.out[n] && r.has[n] >= q.required && r.score[n] > 0 {
			heap = append(heap, n)
		}
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		b.down(heap, i)
	}
	return b, heap
}

func (b best) before(x, y uint32) bool {
	return b.score[x] > b.score[y] || b.score[x] == b.score[y] && x < y
}

func (b best) down(heap []uint32, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && b.before(heap[child+1], heap[child]) {
			child++
		}
		if b.before(heap[i], heap[child]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

// next takes the best from the heap.
func (b best) next(heap []uint32) (n uint32, rest []uint32) {
	n = heap[0]
	last := len(heap) - 1
	heap[0] = heap[last]
	heap = heap[:last]
	if last > 0 {
		b.down(heap, 0)
	}
	return n, heap
}
