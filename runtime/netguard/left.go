package netguard

import "time"

// Left is for how long a name stands for what it was found to; 0 for one that was not looked up, or whose time is over.
func (g *Guard) Left(name string) time.Duration {
	if host, err := hostName(name); err == nil {
		name = host
	}
	a, ok := g.known(name)
	if !ok {
		return 0
	}
	return a.expires.Sub(g.config.Now())
}
