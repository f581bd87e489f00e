package actor

import (
	"runtime"
	"sync"
)

// A crew runs processes that have something to do, on as many goroutines as it takes for none to wait behind one that is stuck in a
// call: while any process waits, there is a worker that is not in a process, and so is about to take it. A worker that is done with
// one process takes the next, so that to wake ten actors takes two goroutines and not ten, and a deep stack is grown once and not
// with every message.
type crew struct {
	mu          sync.Mutex
	first, last *process // that wait, linked by process.behind
	looking     int      // workers that are not in a process
}

// lingering is how often a worker without work lets others run before it ends. Who asks again and again, or sends one message at a
// time, finds a worker there.
const lingering = 1

// add has p run. It is not in the crew.
func (c *crew) add(p *process) {
	c.mu.Lock()
	if c.last == nil {
		c.first = p
	} else {
		c.last.behind = p
	}
	c.last = p
	alone := c.looking == 0
	if alone {
		c.looking = 1
	}
	c.mu.Unlock()
	if alone {
		go c.work()
	}
}

// work is a worker's life. It begins as one of those that look.
func (c *crew) work() {
	for idle := 0; ; {
		c.mu.Lock()
		p := c.first
		if p == nil {
			if idle == lingering {
				c.looking--
				c.mu.Unlock()
				return
			}
			c.mu.Unlock()
			idle++
			runtime.Gosched()
			continue
		}
		idle = 0
		c.first, p.behind = p.behind, nil
		if c.first == nil {
			c.last = nil
		}
		alone := c.first != nil && c.looking == 1
		if !alone {
			c.looking-- // else it goes over to the one that is started
		}
		c.mu.Unlock()
		if alone {
			go c.work()
		}
		c.run(p)
	}
}

// run has p do what there is to do, after which the worker looks again. If a contract calls Goexit, which no recover stops, the worker
// is gone, and another goes on with p.
func (c *crew) run(p *process) {
	returned := false
	defer func() {
		if !returned {
			c.add(p)
		}
	}()
	p.run()
	returned = true
	c.mu.Lock()
	c.looking++
	c.mu.Unlock()
}
