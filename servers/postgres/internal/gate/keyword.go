package gate

import (
	"cmp"
	"slices"
	"strings"
)

// Words that the gate acts upon. Their values are below those of characters.
const (
	kwCased    symbol = iota + 1 // no keyword, but a word with letters in upper case or outside ASCII
	kwCommon                     // a keyword that is often seen in upper case, and nothing more
	kwReserved                   // none of those below, and yet no name
	kwAnalyze
	kwAs
	kwCreate
	kwFor
	kwFrom
	kwGrant
	kwInto
	kwNot
	kwOnly
	kwSelect
	kwTable
	kwWith
	kwDelete // from here on they are names, too
	kwExplain
	kwInsert
	kwKey
	kwMaterialized
	kwMerge
	kwNo
	kwRecursive
	kwShare
	kwShow
	kwUpdate
	kwValues
)

// reserved tells whether a word is, without quotes, a name only after a dot,
// where any word is one.
func (k symbol) reserved() bool { return kwReserved <= k && k < kwDelete }

func (k symbol) opensQuery() bool {
	return k == kwSelect || k == kwWith || k == kwValues || k == kwTable
}

func (k symbol) opensDML() bool {
	return k == kwInsert || k == kwUpdate || k == kwDelete || k == kwMerge
}

// keywords are those that every supported server, 14 to 18, reserves, and those
// that the gate acts upon; words of one shape stand together.
var keywords = func() (list []spelled) {
	add := func(k symbol, words string) {
		for word := range strings.FieldsSeq(words) {
			list = append(list, spelled{word, k})
		}
	}
	add(kwReserved, `all and any array asc asymmetric both case cast check collate column constraint current_catalog current_date
		current_role current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch
		foreign group having in initially intersect lateral leading limit localtime localtimestamp null offset on or order placing
		primary references returning session_user some symmetric then to trailing true union unique user using variadic when where
		window`)
	add(kwCommon, `between by coalesce cross current exists filter first following full ilike inner interval is join last left like
		nullif nulls outer over partition preceding range right row rows set unbounded within`)
	for k, words := range map[symbol]string{
		kwAnalyze: "analyze analyse", kwAs: "as", kwCreate: "create", kwFor: "for", kwFrom: "from", kwGrant: "grant", kwInto: "into",
		kwNot: "not", kwOnly: "only", kwSelect: "select", kwTable: "table", kwWith: "with", kwDelete: "delete", kwExplain: "explain",
		kwInsert: "insert", kwKey: "key", kwMaterialized: "materialized", kwMerge: "merge", kwNo: "no", kwRecursive: "recursive",
		kwShare: "share", kwShow: "show", kwUpdate: "update", kwValues: "values",
	} {
		add(k, words)
	}
	slices.SortFunc(list, func(a, b spelled) int { return cmp.Compare(shape(a.word), shape(b.word)) })
	return list
}()

type spelled struct {
	word   string
	symbol symbol
}

// shapes says where in keywords the words of a shape begin, and where the next one's do.
var shapes = func() (starts [32*32 + 1]uint8) {
	for sh := range starts {
		i := slices.IndexFunc(keywords, func(k spelled) bool { return shape(k.word) >= sh })
		if i < 0 {
			i = len(keywords)
		}
		starts[sh] = uint8(i) // they are fewer than 256
	}
	return starts
}()

// shape tells most words apart by their first letter and their last, in either case.
func shape(word string) int { return int(word[0]&31)<<5 | int(word[len(word)-1]&31) }

// lookUp finds a word, in upper or lower case, among the keywords.
func lookUp(word string) spelled {
	sh := shape(word)
next:
	for _, k := range keywords[shapes[sh]:shapes[sh+1]] {
		if len(k.word) != len(word) {
			continue
		}
		for i := range len(word) {
			if word[i]|toLower[word[i]] != k.word[i] {
				continue next
			}
		}
		return k
	}
	return spelled{}
}
