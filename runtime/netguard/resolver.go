package netguard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// A Resolver looks up the addresses of a name, which is in its one form, and says how long they are good for. It may be used by many
// goroutines.
type Resolver interface {
	Lookup(ctx context.Context, name string) (addrs []netip.Addr, ttl time.Duration, err error)
}

// System looks names up as the host does. It does not learn their time to live, and takes a minute for it.
var System Resolver = system{}

type system struct{}

const systemTTL = time.Minute

func (system) Lookup(ctx context.Context, name string) ([]netip.Addr, time.Duration, error) {
	// With the dot, the host's own search domains are left out: the name that was granted is a whole one.
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name+".")
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound {
		return nil, 0, &NotFoundError{Name: name}
	}
	return addrs, systemTTL, err
}

// A NotFoundError is for a name that stands for no address.
type NotFoundError struct{ Name string }

func (e *NotFoundError) Error() string { return fmt.Sprintf("%s stands for no address", e.Name) }
