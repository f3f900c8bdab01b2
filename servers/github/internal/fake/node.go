package fake

import (
	"encoding/base64"
	"encoding/binary"
)

// node makes a node ID, such as R_kgAAAAAAAAPp, and remembers what it is of.
func (h *Hub) node(prefix string, id int64, of any) string {
	name := nodeID(prefix, id)
	h.nodes[name] = of
	return name
}

func nodeID(prefix string, id int64) string {
	raw := binary.BigEndian.AppendUint64([]byte{0x92, 0x00}, uint64(id))
	return prefix + "_" + base64.RawURLEncoding.EncodeToString(raw)
}

// gitNode is the node ID of an object of git, which is not looked up.
func gitNode(prefix string, r *Repo, sha string) string {
	return prefix + "_" + base64.RawURLEncoding.EncodeToString([]byte(itoa(r.ID)+":"+sha))
}
