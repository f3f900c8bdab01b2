package pdftext_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/pdftext"
)

func TestMain(m *testing.M) {
	if !pdftext.Child(os.Stdout) {
		m.Run()
	}
}

func TestRead(t *testing.T) {
	r, err := pdftext.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, packed := range []bool{false, true} {
		text, err := r.Read(t.Context(), fake.PDF(packed, "Hello world", "Second page"))
		if err != nil || text != "## Page 1\n\nHello world\n\n## Page 2\n\nSecond page\n\n" {
			t.Errorf("packed %t: %q, %v", packed, text, err)
		}
	}
	r.Timeout = time.Second // one of these goes on for ever
	good := fake.PDF(true, "x")
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("not a PDF"), "cut": good[:len(good)/2], "empty": fake.PDF(false),
		"loop":    bytes.Replace(fake.PDF(false, "x"), []byte("/Kids[4 0 R]"), []byte("/Kids[2 0 R]"), 1),
		"garbage": append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte{0xff, 0x00, '<', '['}, 10000)...),
	} {
		if text, err := r.Read(t.Context(), data); err == nil {
			t.Errorf("%s: read %q", name, text)
		}
	}
}
