package host

import (
	"context"
	"errors"
	"strings"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	latererrors "github.com/airsstack/witgen/runtime/host/runtimehost/airssys/core/errors"
	laterstorage "github.com/airsstack/witgen/runtime/host/runtimehost/airssys/core/storage"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/store"
)

// Storage keys that begin with shared are the host's, the same for all
// components.
const (
	shared    = "shared"
	sharedKey = shared + ":"
)

// MaxKeys is how many keys one call lists. A component with more lists them by
// prefixes.
const MaxKeys = 100_000

// storage is what one actor keeps. Grants are about the key with the namespace
// before it: component:<its address>:<key>, or shared:<key>.
type storage struct {
	services *Services
	self     actor.Address
	prefix   string // of the actor's own keys, as they are asked for
	own      *store.Namespace
	shared   *store.Namespace
	full     quota.Warning
}

var _ laterstorage.Host = (*storage)(nil)

// errNoStorage is what components are told where nothing is kept.
var errNoStorage = &latererrors.StorageErrorIOError{Value: "this host keeps nothing: it was given no store (witgen run --store FILE)"}

// What storage is limited in, in a quota.ExceededError: that of an actor, and that
// of all.
const (
	LimitStorage       = "bytes in storage"
	limitSharedStorage = "bytes in shared storage"
)

func newStorage(services *Services, self actor.Address, most uint64) laterstorage.Host {
	name := namespaceOf(self)
	s := &storage{services: services, self: self, prefix: name + ":"}
	if services.Store != nil {
		s.own, s.shared = services.Store.Namespace(name, most), services.Store.Namespace(shared, 0)
	}
	return s
}

// met tells that a value found no room: the first of many, and another one only
// after one has found some.
func (s *storage) met(err error) {
	e, ok := errors.AsType[*store.QuotaError](err)
	switch {
	case err == nil:
		s.full.Lower(quota.Usage{Limit: 1})
	case ok && !s.full.Give() && s.services.Observe != nil:
		of := LimitStorage
		if e.Namespace == shared {
			of = limitSharedStorage
		}
		s.services.Observe(actor.LimitMet{
			Header: actor.Header{Time: s.services.Clock.Now(), Actor: s.self}, From: s.self,
			Err: &quota.ExceededError{Of: of, Wanted: e.Wanted - e.Used, Usage: quota.Usage{Used: e.Used, Limit: e.Quota}},
		})
	}
}

// namespaceOf is the namespace of an actor's own keys.
func namespaceOf(self actor.Address) string { return "component:" + self.String() }

// Storage is what a component has stored; ok is false where nothing is kept, or
// the store fails.
func (s *Services) Storage(a actor.Address) (u quota.Usage, ok bool) {
	if s.Store == nil {
		return u, false
	}
	stored, err := s.Store.Namespace(namespaceOf(a), s.aboutOf(a).StorageQuota).Usage()
	return quota.Usage{Used: stored.Used, Limit: stored.Quota}, err == nil
}

// at finds where a key belongs, and asks whether it may be used.
func (s *storage) at(ctx context.Context, key string) (*store.Namespace, string, error) {
	if err := store.CheckKey(key); err != nil {
		return nil, "", storageError(err)
	}
	n, resource, inner := s.place(key)
	if err := component.Ask(ctx, "", resource); err != nil {
		return nil, "", err
	}
	if n == nil {
		return nil, "", errNoStorage
	}
	return n, inner, nil
}

// place gives the namespace of a key, what is asked for, and the key in there.
func (s *storage) place(key string) (n *store.Namespace, resource, inner string) {
	if inner, ok := strings.CutPrefix(key, sharedKey); ok {
		return s.shared, key, inner
	}
	return s.own, s.prefix + key, key
}

// Get implements laterstorage.Host.
func (s *storage) Get(ctx context.Context, key string) (cm.Option[[]byte], error) {
	n, inner, err := s.at(ctx, key)
	if err != nil {
		return cm.None[[]byte](), err
	}
	value, err := n.Get(inner)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return cm.None[[]byte](), nil
	case err != nil:
		return cm.None[[]byte](), storageError(err)
	}
	return cm.Some(value), nil
}

// Set implements laterstorage.Host.
func (s *storage) Set(ctx context.Context, key string, value []byte) error {
	n, inner, err := s.at(ctx, key)
	if err != nil {
		return err
	}
	err = n.Set(inner, value)
	s.met(err)
	return storageError(err)
}

// Delete implements laterstorage.Host.
func (s *storage) Delete(ctx context.Context, key string) error {
	n, inner, err := s.at(ctx, key)
	if err != nil {
		return err
	}
	return storageError(n.Delete(inner))
}

// Exists implements laterstorage.Host.
func (s *storage) Exists(ctx context.Context, key string) (bool, error) {
	n, inner, err := s.at(ctx, key)
	if err != nil {
		return false, err
	}
	there, err := n.Exists(inner)
	return there, storageError(err)
}

// ListKeys implements laterstorage.Host. What is asked for is every key that
// begins with the prefix, those of one name more and those of any number: only a
// pattern with a * there covers both.
func (s *storage) ListKeys(ctx context.Context, prefix cm.Option[string]) ([]string, error) {
	if prefix.Value != "" {
		if err := store.CheckKey(prefix.Value); err != nil {
			return nil, storageError(err)
		}
	}
	n, resource, inner := s.place(prefix.Value)
	for _, all := range []string{"*", "*:*"} {
		if err := component.Ask(ctx, "", resource+all); err != nil {
			return nil, err
		}
	}
	if n == nil {
		return nil, errNoStorage
	}
	keys, err := n.Keys(inner, MaxKeys+1)
	switch {
	case err != nil:
		return nil, storageError(err)
	case len(keys) > MaxKeys:
		return nil, &latererrors.StorageErrorIOError{Value: "there are too many keys for one list: list them by a longer prefix"}
	}
	if n == s.shared {
		for i := range keys {
			keys[i] = sharedKey + keys[i]
		}
	}
	return keys, nil
}

// Usage implements laterstorage.Host.
func (s *storage) Usage(context.Context) (laterstorage.StorageUsage, error) {
	if s.own == nil {
		return laterstorage.StorageUsage{}, errNoStorage
	}
	u, err := s.own.Usage()
	return laterstorage.StorageUsage{UsedBytes: u.Used, QuotaBytes: u.Quota, KeyCount: u.Keys}, storageError(err)
}

// storageError is what a component is told of what the store refuses.
func storageError(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*store.KeyError](err); ok {
		return &latererrors.StorageErrorInvalidKey{Value: e.Error()}
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &latererrors.StorageErrorNotFound{Value: err.Error()}
	case errors.As(err, new(*store.QuotaError)):
		return &latererrors.StorageErrorQuotaExceeded{}
	case errors.As(err, new(*store.ValueError)):
		return &latererrors.StorageErrorIOError{Value: err.Error()}
	case errors.Is(err, store.ErrClosed):
		return &latererrors.StorageErrorIOError{Value: store.ErrClosed.Error()}
	}
	return &latererrors.StorageErrorIOError{Value: "the store failed"} // its file is nothing that components should know
}
