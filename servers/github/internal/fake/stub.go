package fake

type Project struct{}
type Category struct{}
type Discussion struct{}

func (h *Hub) addCategory(r *Repo, name string) {}
func (c *call) graphQL(body []byte)             { c.notFound() }
