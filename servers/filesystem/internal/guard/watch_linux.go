package guard

func (d *fdDir) descriptor() int { return d.fd }
