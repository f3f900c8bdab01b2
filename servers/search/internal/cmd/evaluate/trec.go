package main

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

type item struct{ id, title, text string }

var (
	docElement   = regexp.MustCompile(`(?is)<doc>(.*?)</doc>`)
	topElement   = regexp.MustCompile(`(?is)<top>(.*?)</top>`)
	tagOf        = regexp.MustCompile(`(?s)<[^>]*>`)
	topicNumber  = regexp.MustCompile(`(?is)<num>\s*(?:Number:)?\s*([^\s<]+)`)
	topicTitle   = regexp.MustCompile(`(?is)<title>\s*(?:Topic:)?\s*(.*?)\s*(?:</title>|<desc>|<narr>|$)`)
	cranfieldRow = regexp.MustCompile(`(?m)^\.I\s+(\S+)\s*$`)
)

func inside(text, name string) string {
	m := regexp.MustCompile(`(?is)<` + name + `>(.*?)</` + name + `>`).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[1])
}

// cranfield splits a file in the form of that collection.
func cranfield(text string) []item {
	var out []item
	at := cranfieldRow.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		it := item{id: strings.TrimLeft(text[m[2]:m[3]], "0")}
		field := ""
		for line := range strings.Lines(text[m[1]:end]) {
			if len(line) >= 2 && line[0] == '.' && strings.TrimSpace(line[2:]) == "" {
				field = line[1:2]
				continue
			}
			switch field {
			case "T":
				it.title += line
			case "W":
				it.text += line
			}
		}
		out = append(out, it)
	}
	return out
}

func readDocs(name string) ([]item, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	text := string(raw)
	if out := cranfield(text); len(out) > 0 {
		return out, nil
	}
	var out []item
	for _, m := range docElement.FindAllStringSubmatch(text, -1) {
		title := inside(m[1], "title")
		if title == "" {
			title = inside(m[1], "headline")
		}
		body := inside(m[1], "text")
		if body == "" {
			body = m[1]
		}
		out = append(out, item{inside(m[1], "docno"), tagOf.ReplaceAllString(title, " "), tagOf.ReplaceAllString(body, " ")})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no documents", name)
	}
	return out, nil
}

func readTopics(name string) ([]item, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	text := string(raw)
	if out := cranfield(text); len(out) > 0 {
		for i := range out { // whose judgements count the topics
			out[i].id = strconv.Itoa(i + 1)
		}
		return out, nil
	}
	var out []item
	for _, m := range topElement.FindAllStringSubmatch(text, -1) {
		number, title := topicNumber.FindStringSubmatch(m[1]), topicTitle.FindStringSubmatch(m[1])
		if number == nil || title == nil {
			continue
		}
		out = append(out, item{id: number[1], text: tagOf.ReplaceAllString(title[1], " ")})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no topics", name)
	}
	return out, nil
}

// readQrels reads grades by topic and document; 0 is not relevant.
func readQrels(name string) (map[string]map[string]float64, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]float64{}
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		var topic, doc string
		var grade float64
		switch len(f) {
		case 4:
			topic, doc = f[0], f[2]
			grade, err = strconv.ParseFloat(f[3], 64)
		case 3: // Cranfield: 1 is a complete answer, 4 of least interest, 5 and -1 of none
			topic, doc = f[0], f[1]
			if grade, err = strconv.ParseFloat(f[2], 64); grade > 0 {
				grade = 5 - grade
			}
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", name, strings.TrimSpace(line), err)
		}
		if out[topic] == nil {
			out[topic] = map[string]float64{}
		}
		out[topic][doc] = max(grade, 0)
	}
	return out, nil
}

// measures are those of one topic, or the sum of many.
type measures struct{ graded, binary, ap, recall float64 }

func (m *measures) add(o measures) {
	m.graded, m.binary, m.ap, m.recall = m.graded+o.graded, m.binary+o.binary, m.ap+o.ap, m.recall+o.recall
}

func (m *measures) divide(n float64) {
	m.graded, m.binary, m.ap, m.recall = m.graded/n, m.binary/n, m.ap/n, m.recall/n
}

// measure measures a ranking of at most 100 documents.
func measure(ranking []string, grades map[string]float64) measures {
	var ideal []float64
	for _, g := range grades {
		if g > 0 {
			ideal = append(ideal, g)
		}
	}
	if len(ideal) == 0 {
		return measures{}
	}
	slices.SortFunc(ideal, func(a, b float64) int { return int(b - a) })
	var m measures
	var best, bestBinary float64
	for i := range min(10, len(ideal)) {
		best += ideal[i] / math.Log2(float64(i+2))
		bestBinary += 1 / math.Log2(float64(i+2))
	}
	found := 0.0
	for i, id := range ranking {
		g := grades[id]
		if g <= 0 {
			continue
		}
		if found++; i < 10 {
			m.graded += g / math.Log2(float64(i+2))
			m.binary += 1 / math.Log2(float64(i+2))
		}
		m.ap += found / float64(i+1)
	}
	m.graded, m.binary = m.graded/best, m.binary/bestBinary
	m.ap, m.recall = m.ap/float64(len(ideal)), found/float64(len(ideal))
	return m
}
