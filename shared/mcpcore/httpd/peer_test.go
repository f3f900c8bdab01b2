package httpd

import (
	"net/http"
	"testing"
)

func TestPeer(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.1:1234": "192.0.2.1", "[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64", "[2001:db8:1:2:ffff::1]:81": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80": "fe80::/64", "[::ffff:192.0.2.1]:80": "[::ffff:192.0.2.1]", "@": "@", "": "", "[": "[", "[x]:1": "[x]",
	} {
		if got := peer(&http.Request{RemoteAddr: from}); got != want {
			t.Errorf("%s: got %s, want %s", from, got, want)
		}
	}
}
