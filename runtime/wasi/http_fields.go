package wasi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/net/http/httpguts"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/types"
)

const (
	maxFields      = 64 << 10 // bytes of names and values of one fields resource
	maxFieldsTotal = 8 << 20  // and of all that an instance has made and not dropped
)

// forbidden are the fields that are about the connection, which is the host's, or
// that say again what the request says itself.
var forbidden = map[string]bool{
	"connection": true, "keep-alive": true, "proxy-connection": true, "proxy-authenticate": true, "proxy-authorization": true,
	"transfer-encoding": true, "upgrade": true, "host": true, "http2-settings": true, "trailer": true,
}

type field struct {
	name  string
	value []byte
}

// fields are names with values, in order. What came was measured by the host, what
// the guest makes counts as the instance's until it drops or sends it.
type fields struct {
	all    []field
	size   int // what counts of them as the instance's
	frozen bool
	leave  func()        // a parent that they are children of; nil where there is none
	total  *atomic.Int64 // of the instance
}

// fieldsError ends a guest that makes more fields than anybody sends.
type fieldsError struct{}

func (*fieldsError) Error() string {
	return fmt.Sprintf("wasi:http fields hold too much: up to %d bytes each, and %d of an instance", maxFields, maxFieldsTotal)
}

func (f *fields) add(name string, value []byte) error {
	if err := f.grow(len(name) + len(value)); err != nil {
		return err
	}
	f.all = append(f.all, field{name, value})
	return nil
}

// grow makes room for n bytes more.
func (f *fields) grow(n int) error {
	if total := f.total.Add(int64(n)); f.size+n > maxFields || total > maxFieldsTotal {
		f.total.Add(-int64(n))
		return &fieldsError{}
	}
	f.size += n
	return nil
}

func (f *fields) Drop(context.Context) { f.moved().free() }

// moved are the fields when they belong to something else: they have no parent any
// more.
func (f *fields) moved() *fields {
	if f.leave != nil {
		f.leave()
		f.leave = nil
	}
	return f
}

// free gives back what the fields take; they are dropped, or sent.
func (f *fields) free() {
	f.total.Add(-int64(f.size))
	f.size = 0
}

// checkField says what is wrong with a field [RFC 9110 5.1, 5.5].
func checkField(name string, values ...[]byte) error {
	if !httpguts.ValidHeaderFieldName(name) {
		return &types.HeaderErrorInvalidSyntax{}
	}
	for _, v := range values {
		if !httpguts.ValidHeaderFieldValue(string(v)) {
			return &types.HeaderErrorInvalidSyntax{}
		}
	}
	if forbidden[strings.ToLower(name)] {
		return &types.HeaderErrorForbidden{}
	}
	return nil
}

func (f *fields) changeable() error {
	if f.frozen {
		return &types.HeaderErrorImmutable{}
	}
	return nil
}

func (f *fields) values(name string) [][]byte {
	var out [][]byte
	for i := range f.all {
		if strings.EqualFold(f.all[i].name, name) {
			out = append(out, f.all[i].value)
		}
	}
	return out
}

func (f *fields) Get(_ context.Context, name types.FieldName) ([][]byte, error) {
	return f.values(name), nil
}

func (f *fields) Has(_ context.Context, name types.FieldName) (bool, error) {
	return f.values(name) != nil, nil
}

func (f *fields) Set(_ context.Context, name types.FieldName, values [][]byte) error {
	if err := f.changeable(); err != nil {
		return err
	}
	if err := checkField(name, values...); err != nil {
		return err
	}
	f.remove(name)
	for _, v := range values {
		if err := f.add(name, v); err != nil {
			return err
		}
	}
	return nil
}

func (f *fields) remove(name string) {
	f.all = slices.DeleteFunc(f.all, func(e field) bool {
		is := strings.EqualFold(e.name, name)
		if n := len(e.name) + len(e.value); is {
			f.size -= n
			f.total.Add(-int64(n))
		}
		return is
	})
}

func (f *fields) Delete(_ context.Context, name types.FieldName) error {
	if err := f.changeable(); err != nil {
		return err
	}
	if err := checkField(name); err != nil {
		return err
	}
	f.remove(name)
	return nil
}

func (f *fields) Append(_ context.Context, name types.FieldName, value types.FieldValue) error {
	if err := f.changeable(); err != nil {
		return err
	}
	if err := checkField(name, value); err != nil {
		return err
	}
	return f.add(name, value)
}

func (f *fields) Entries(context.Context) ([]cm.Tuple2[string, []byte], error) {
	out := make([]cm.Tuple2[string, []byte], len(f.all))
	for i, e := range f.all {
		out[i].F0, out[i].F1 = e.name, e.value
	}
	return out, nil
}

func (f *fields) Clone(context.Context) (types.Fields, error) {
	out := &fields{total: f.total}
	for _, e := range f.all {
		if err := out.add(e.name, e.value); err != nil {
			out.free()
			return nil, err
		}
	}
	return out, nil
}

// view is for who may look at them, a child of p: they cannot be changed through it.
func (f *fields) view(p *parent) *fields {
	return &fields{all: f.all, frozen: true, total: f.total, leave: p.adopt()}
}

// header is what package net/http sends of them.
func (f *fields) header() http.Header {
	h := make(http.Header, len(f.all)+2)
	for _, e := range f.all {
		h.Add(e.name, string(e.value))
	}
	return h
}

// fieldsOf are the fields of what came, by name. Those about the connection are the
// host's.
func fieldsOf(h http.Header, total *atomic.Int64) *fields {
	f := &fields{frozen: true, total: total, all: make([]field, 0, len(h))}
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		lower := strings.ToLower(name)
		if forbidden[lower] {
			continue
		}
		for _, v := range h[name] {
			f.all = append(f.all, field{lower, []byte(v)})
		}
	}
	return f
}
