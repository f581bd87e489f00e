package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	bolt "go.etcd.io/bbolt"
)

// A Namespace is a set of keys with a quota. It is made by naming it, and takes
// no room until something is in it. Its methods may be called from any goroutine.
type Namespace struct {
	store *Store
	name  string
	quota uint64
}

// Usage is how much room a namespace takes.
type Usage struct {
	Used  uint64 // bytes of keys and values, and PerValue for each
	Quota uint64 // bytes that may be used
	Keys  uint64 // how many values there are
}

// Namespace gives the keys of that name. quota is in bytes; 0 is DefaultQuota.
// One that is lower than what is there already keeps that, and takes nothing new.
func (s *Store) Namespace(name string, quota uint64) *Namespace {
	return &Namespace{s, name, cmp.Or(quota, DefaultQuota)}
}

// Within a namespace's bucket the values stand below one key, the sums at another.
var (
	valuesKey = []byte("values")
	usageKey  = []byte("usage")
)

// CheckKey says why a text is no key, with a *KeyError.
func CheckKey(key string) error {
	problem := ""
	switch {
	case key == "":
		problem = "is empty"
	case len(key) > MaxKey:
		problem = fmt.Sprintf("is longer than %d bytes", MaxKey)
	case !utf8.ValidString(key):
		problem = "is not valid UTF-8"
	case strings.ContainsFunc(key, unicode.IsControl):
		problem = "holds a control character"
	default:
		return nil
	}
	if len(key) > 64 {
		key = strings.ToValidUTF8(key[:64], "") + "…"
	}
	return &KeyError{key, problem}
}

// Get gives the value under a key; the error is ErrNotFound where there is none.
func (n *Namespace) Get(key string) (value []byte, err error) {
	err = n.at(key, func(values *bolt.Bucket) error {
		found := values.Get([]byte(key))
		if found == nil {
			return ErrNotFound
		}
		value = bytes.Clone(found) // it is the file's, until the end of the transaction
		if value == nil {
			value = []byte{}
		}
		return nil
	})
	return value, err
}

// Exists tells whether there is a value under a key.
func (n *Namespace) Exists(key string) (bool, error) {
	err := n.at(key, func(values *bolt.Bucket) error {
		if values.Get([]byte(key)) == nil {
			return ErrNotFound
		}
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// at looks at the values of the namespace, if there are any.
func (n *Namespace) at(key string, f func(values *bolt.Bucket) error) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	return n.store.view(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(n.name))
		if b == nil {
			return ErrNotFound
		}
		return f(b.Bucket(valuesKey))
	})
}

// Set puts a value under a key, in place of what was there. Errors are a
// *KeyError, a *ValueError and a *QuotaError.
func (n *Namespace) Set(key string, value []byte) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	if len(value) > MaxValue {
		return &ValueError{len(value), MaxValue}
	}
	return n.store.update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(n.name))
		if err != nil {
			return err
		}
		values, err := b.CreateBucketIfNotExists(valuesKey)
		if err != nil {
			return err
		}
		before := n.usage(b)
		after := before
		if old := values.Get([]byte(key)); old != nil {
			after.take(key, old, -1)
		}
		after.take(key, value, 1)
		if after.Used > n.quota && after.Used > before.Used {
			return &QuotaError{n.name, after.Used, before}
		}
		if err := values.Put([]byte(key), value); err != nil {
			return err
		}
		return after.put(b)
	})
}

// Delete removes the value under a key; the error is ErrNotFound where there is
// none.
func (n *Namespace) Delete(key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	return n.store.update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(n.name))
		if b == nil {
			return ErrNotFound
		}
		values := b.Bucket(valuesKey)
		old := values.Get([]byte(key))
		if old == nil {
			return ErrNotFound
		}
		u := n.usage(b)
		u.take(key, old, -1)
		if err := values.Delete([]byte(key)); err != nil {
			return err
		}
		return u.put(b)
	})
}

// Keys are those that begin with a prefix, in the order of their bytes, and not
// more than most of them; 0 is all.
func (n *Namespace) Keys(prefix string, most int) ([]string, error) {
	var keys []string
	err := n.store.view(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(n.name))
		if b == nil {
			return nil
		}
		c := b.Bucket(valuesKey).Cursor()
		for k, _ := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, _ = c.Next() {
			if most > 0 && len(keys) == most {
				return nil
			}
			keys = append(keys, string(k))
		}
		return nil
	})
	return keys, err
}

// Usage tells how much room the namespace takes.
func (n *Namespace) Usage() (u Usage, err error) {
	u.Quota = n.quota
	err = n.store.view(func(tx *bolt.Tx) error {
		if b := tx.Bucket([]byte(n.name)); b != nil {
			u = n.usage(b)
		}
		return nil
	})
	return u, err
}

// usage reads the sums of a namespace: bytes, then values, each as eight bytes.
func (n *Namespace) usage(b *bolt.Bucket) Usage {
	u := Usage{Quota: n.quota}
	if sums := b.Get(usageKey); len(sums) == 16 {
		u.Used, u.Keys = binary.BigEndian.Uint64(sums), binary.BigEndian.Uint64(sums[8:])
	}
	return u
}

// take counts a value in, or out.
func (u *Usage) take(key string, value []byte, sign int) {
	size := uint64(len(key) + len(value) + PerValue)
	if sign > 0 {
		u.Used, u.Keys = u.Used+size, u.Keys+1
		return
	}
	u.Used, u.Keys = u.Used-min(size, u.Used), u.Keys-min(1, u.Keys)
}

func (u *Usage) put(b *bolt.Bucket) error {
	sums := binary.BigEndian.AppendUint64(nil, u.Used)
	return b.Put(usageKey, binary.BigEndian.AppendUint64(sums, u.Keys))
}
