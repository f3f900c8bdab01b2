package filesystem_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestDiskFull(t *testing.T) {
	dir := tempDir(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no small file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	write(t, dir+"/file", "old")
	c := serve(t, dir)
	big := strings.Repeat("x", 2<<20)
	refused(t, c, "write_file", args{"path": "file", "content": big}, "no space left", "nothing was changed")
	refused(t, c, "write_file", args{"path": "new", "content": big}, "no space left")
	refused(t, c, "edit_file", args{"path": "file", "edits": []args{{"oldText": "old", "newText": big}}}, "no space left")
	if got := content(t, dir+"/file"); got != "old" {
		t.Errorf("the file holds %d bytes, want what it held", len(got))
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	works(t, c, "write_file", args{"path": "file", "content": "new"})
}
