package archive

import (
	"context"
	"runtime"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// index finds messages by their words. It holds no text: where a message is, who
// wrote it and when, and in which of them each word stands.
type index struct {
	docs     []doc
	terms    map[string]int32
	postings [][]posting
	users    map[string]int32
	names    []string // of users' ids, by their number
	words    int      // of all messages
	files    map[string]place
}

// doc is one message.
type doc struct {
	at           int64 // microseconds since 1970
	channel, day int32
	pos, length  int32 // in its day; words
	user         int32
	reply        bool
}

// place is where a file was shared first.
type place struct {
	channel, day, pos int32
}

// posting is a message and how often a word stands in it.
type posting uint32

const (
	docBits = 26
	maxDocs = 1 << docBits
	maxFreq = 1<<(32-docBits) - 1
)

func newPosting(doc, freq int) posting { return posting(min(freq, maxFreq)<<docBits | doc) }
func (p posting) doc() int             { return int(p & (maxDocs - 1)) }
func (p posting) freq() int            { return int(p >> docBits) }

// search makes the index when it is needed first.
func (s *Store) search(ctx context.Context) (*index, error) {
	s.building.Lock()
	defer s.building.Unlock()
	if s.index != nil {
		return s.index, nil
	}
	b := &builder{index: &index{terms: map[string]int32{}, users: map[string]int32{}, files: map[string]place{}}}
	err := s.eachDay(ctx, func(c, d int32, messages []wire.Message) {
		for pos := range messages {
			b.add(&messages[pos], c, d, int32(pos))
		}
	})
	if err != nil {
		return nil, err
	}
	s.index = b.index
	return s.index, nil
}

// decoded is a day's messages, or why they cannot be had.
type decoded struct {
	messages []wire.Message
	err      error
}

// daysAhead is how many days are decoded before they are looked at.
const daysAhead = 64

// eachDay calls see with the messages of each day in order, and decodes the
// next ones meanwhile on all processors.
func (s *Store) eachDay(ctx context.Context, see func(channel, day int32, messages []wire.Message)) error {
	type day struct {
		channel, number int32
		name            string
		out             chan decoded
	}
	var days []day
	for c, channel := range s.channels {
		for d, name := range s.daysOf(channel) {
			days = append(days, day{int32(c), int32(d), name, make(chan decoded, 1)})
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	places, next := make(chan struct{}, daysAhead), make(chan *day)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for d := range next {
				messages, err := s.readDay(d.name)
				d.out <- decoded{messages, err}
			}
		})
	}
	wg.Go(func() {
		defer close(next)
		for i := range days {
			select {
			case places <- struct{}{}:
			case <-ctx.Done():
				return
			}
			select {
			case next <- &days[i]:
			case <-ctx.Done():
				return
			}
		}
	})
	for i := range days {
		select {
		case got := <-days[i].out:
			if got.err != nil {
				return got.err
			}
			see(days[i].channel, days[i].number, got.messages)
			<-places
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// builder adds messages to an index.
type builder struct {
	*index
	found []int32 // the words of the message at hand
	word  []byte
}

func (b *builder) add(m *wire.Message, channel, day, pos int32) {
	for _, f := range m.Files {
		if _, known := b.files[f.ID]; !known && f.ID != "" {
			b.files[f.ID] = place{channel, day, pos}
		}
	}
	if m.TS == "" || len(b.docs) == maxDocs {
		return
	}
	b.found = b.found[:0]
	b.tokens(m.Text)
	for i := range m.Files {
		b.tokens(m.Files[i].Title)
	}
	id := len(b.docs)
	b.docs = append(b.docs, doc{
		at: wire.Time(m.TS).UnixMicro(), channel: channel, day: day, pos: pos, length: int32(len(b.found)), user: b.userOf(m.User),
		reply: m.ThreadTS != "" && m.ThreadTS != m.TS,
	})
	b.words += len(b.found)
	for _, term := range b.found {
		list := b.postings[term]
		if n := len(list); n > 0 && list[n-1].doc() == id {
			list[n-1] = newPosting(id, list[n-1].freq()+1)
			continue
		}
		b.postings[term] = append(list, newPosting(id, 1))
	}
}

func (b *builder) userOf(id string) int32 {
	n, ok := b.users[id]
	if !ok {
		n = int32(len(b.names))
		b.users[id], b.names = n, append(b.names, id)
	}
	return n
}

func (b *builder) tokens(text string) {
	b.word = tokens(text, b.word, func(word []byte) {
		n, ok := b.terms[string(word)]
		if !ok {
			n = int32(len(b.postings))
			b.terms[string(word)] = n
			b.postings = append(b.postings, nil)
		}
		b.found = append(b.found, n)
	})
}

// longest is how many bytes of a word count.
const longest = 40

// tokens calls see with each word of a text, in small letters: runs of letters
// and digits, and each sign of scripts that put no space between words. The
// word is see's only until it returns.
func tokens(text string, buf []byte, see func([]byte)) []byte {
	buf = buf[:0]
	flush := func() {
		if len(buf) > 0 {
			see(buf)
			buf = buf[:0]
		}
	}
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			case 'A' <= c && c <= 'Z':
				c |= 0x20
			default:
				flush()
				continue
			}
			if len(buf) < longest {
				buf = append(buf, c)
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			flush()
			buf = utf8.AppendRune(buf, r)
			flush()
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if len(buf) < longest {
				buf = utf8.AppendRune(buf, unicode.ToLower(r))
			}
		default:
			flush()
		}
	}
	flush()
	return buf
}
