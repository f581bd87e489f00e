package tomlpos

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// maxErrors of a file are collected; a file with more is not one that somebody repairs from a list.
const maxErrors = 50

// Document is a TOML file that was read, and the mistakes found in it so far. It is not for concurrent use.
type Document struct {
	file   string
	src    []byte
	index  *Index
	values map[string]any
	errs   Errors
	failed map[string]bool // paths of the values that have a mistake
}

// Parse reads src, which must not change afterwards; file is what errors call it. A syntax error, of which there can be only one, is an [Errors].
func Parse(file string, src []byte) (*Document, error) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	d := &Document{file: file, src: src}
	if len(src) > MaxBytes {
		return nil, d.only(Pos{}, fmt.Sprintf("the file has %d bytes, more than %d", len(src), MaxBytes), "")
	}
	d.index = &Index{src: src}
	s := scanner{src: src, root: &d.index.root}
	s.document()
	if s.deep.known() {
		return nil, d.only(posAt(src, s.deep.start, s.deep.end), fmt.Sprintf("nested more than %d deep", MaxDepth), "")
	}
	if _, err := toml.Decode(string(src), &d.values); err != nil {
		syntax, ok := errors.AsType[toml.ParseError](err)
		if !ok {
			return nil, d.only(Pos{}, err.Error(), "")
		}
		p := syntax.Position
		pos := posAt(src, p.Start, p.Start+p.Len)
		pos.Len = max(pos.Len, 1)
		return nil, d.only(pos, sentence(syntax.Message), "")
	}
	// The TOML library loses the other elements of a list that holds {"" = 1}: better no file than half of one.
	if s.unnamed.known() {
		return nil, d.only(posAt(src, s.unnamed.start, s.unnamed.end), "a key is empty", "give it a name")
	}
	return d, nil
}

// Decode reads src into v, a pointer, as [Document.Decode] does. All mistakes come back together, as [Errors].
func Decode(file string, src []byte, v any) error {
	d, err := Parse(file, src)
	if err != nil {
		return err
	}
	d.Decode(v)
	return d.Err()
}

// Decode sets what the pointer v points at from the document; what the document does not mention stays as it is. Mistakes are kept for [Document.Err].
//
// Struct fields are matched by their tag, `toml:"name"`; fields without one are left alone, except that embedded structs give their fields to the outer one.
// Types with [Unmarshaler] or [encoding.TextUnmarshaler] decode themselves. Fields of type any get string, int64, float64, bool, [time.Time], []any and map[string]any.
func (d *Document) Decode(v any) {
	(&Value{doc: d, data: d.values}).Decode(v)
}

// Has says whether the document holds path.
func (d *Document) Has(path ...any) bool {
	_, depth := d.index.walk(path)
	return depth == len(path)
}

// Fail keeps the mistake msg about the value at path, or about the nearest table above it when the path is not there: so a missing key is reported where it should stand.
func (d *Document) Fail(msg, hint string, path ...any) {
	d.note(path)
	d.fail(d.index.nearest(path), msg, hint)
}

// Failed says whether a mistake was kept about the value at path, so that its meaning need not be judged.
func (d *Document) Failed(path ...any) bool {
	return d.failed[PathString(path...)]
}

func (d *Document) note(path []any) {
	if d.failed == nil {
		d.failed = map[string]bool{}
	}
	d.failed[PathString(path...)] = true
}

// FailKey keeps the mistake msg about the key at path.
func (d *Document) FailKey(msg, hint string, path ...any) {
	d.note(path)
	pos, ok := d.index.Key(path...)
	if !ok {
		pos = d.index.nearest(path)
	}
	d.fail(pos, msg, hint)
}

// Err gives the mistakes kept so far as [Errors] in the order of their places, or nil.
func (d *Document) Err() error {
	if len(d.errs) == 0 {
		return nil
	}
	errs := slices.Clone(d.errs)
	slices.SortStableFunc(errs, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return errs
}

func (d *Document) fail(pos Pos, msg, hint string) {
	if len(d.errs) < maxErrors {
		d.errs = append(d.errs, NewError(d.file, d.src, pos, msg, hint))
	}
}

func (d *Document) only(pos Pos, msg, hint string) error {
	return Errors{NewError(d.file, d.src, pos, msg, hint)}
}

// sentence gives a message of the parser the form of the others: begun small, without a full stop.
func sentence(msg string) string {
	msg = strings.TrimSuffix(msg, ".")
	if len(msg) > 1 && msg[0] >= 'A' && msg[0] <= 'Z' && msg[1] >= 'a' && msg[1] <= 'z' {
		msg = strings.ToLower(msg[:1]) + msg[1:]
	}
	return msg
}
