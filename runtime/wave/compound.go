package wave

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
)

func (p *parser) list(t *abi.Type) abi.Value {
	start, what := p.tok.at, a(t, "list")
	if t.Elem.Kind == abi.KindU8 && t.Kind == abi.KindList {
		return p.bytes(t)
	}
	if t.Kind == abi.KindFixedList {
		what = a(t, fmt.Sprintf("list of %d elements", t.Len))
	}
	p.need("[", "for "+what)
	list := []abi.Value{}
	p.sequence("]", func(int) { list = append(list, p.value(t.Elem)) })
	if t.Kind == abi.KindFixedList && uint64(len(list)) != uint64(t.Len) {
		p.fail(start, "expected a list of %d elements, found %d", t.Len, len(list))
	}
	return list
}

// bytes reads a list<u8>, for which a string stands too.
func (p *parser) bytes(t *abi.Type) []byte {
	if p.tok.kind == tokenString || p.tok.kind == tokenMultiline {
		return []byte(p.str(abi.String))
	}
	if !p.accept("[") {
		p.expected("[ for %s, or a string for its bytes", a(t, "list"))
	}
	list := []byte{}
	p.sequence("]", func(int) { list = append(list, p.integer(t.Elem).(uint8)) })
	return list
}

func (p *parser) mapping(t *abi.Type) []abi.Value {
	p.need("{", "for "+a(t, "map"))
	list := []abi.Value{}
	if p.accept(":") {
		p.need("}", "for a map without entries")
		return list
	}
	p.sequence("}", func(int) {
		key := p.value(t.Elem.Fields[0].Type)
		p.need(":", "after the key")
		list = append(list, abi.RecordValue{key, p.value(t.Elem.Fields[1].Type)})
	})
	if len(list) == 0 {
		p.fail(p.tok.at, "a map without entries is written {:}")
	}
	return list
}

func (p *parser) tuple(t *abi.Type) abi.RecordValue {
	start := p.tok.at
	p.need("(", "for "+a(t, fmt.Sprintf("tuple of %d values", len(t.Fields))))
	var r abi.RecordValue
	p.sequence(")", func(i int) {
		if i == len(t.Fields) {
			p.expected(") after the last of %d values", i)
		}
		r = append(r, p.value(t.Fields[i].Type))
	})
	if len(r) != len(t.Fields) {
		p.fail(start, "expected a tuple of %d values, found %d", len(t.Fields), len(r))
	}
	return r
}

func (p *parser) record(t *abi.Type) abi.RecordValue {
	start := p.tok.at
	p.need("{", "for "+a(t, "record"))
	r := make(abi.RecordValue, len(t.Fields))
	set := make([]bool, len(t.Fields))
	if p.accept(":") {
		p.need("}", "for a record without fields")
	} else {
		n := p.sequence("}", func(int) { p.field(t, r, set) })
		if n == 0 {
			p.fail(start, "a record without fields is written {:}")
		}
	}
	for i, f := range t.Fields {
		switch {
		case set[i]:
		case f.Type.Kind == abi.KindOption:
			r[i] = abi.VariantValue{}
		default:
			p.fail(start, "the field %s of type %s is missing", f.Label, f.Type)
		}
	}
	return r
}

func (p *parser) field(t *abi.Type, r abi.RecordValue, set []bool) {
	if p.tok.kind != tokenLabel {
		p.expected("a field of %s", brief(t))
	}
	tok := p.take()
	i := slices.IndexFunc(t.Fields, func(f abi.Field) bool { return f.Label == label(tok) })
	switch {
	case i < 0:
		p.fail(tok.at, "%s has no field %s; it has %s", brief(t), tok.text, names(fieldLabels(t)))
	case set[i]:
		p.fail(tok.at, "the field %s is there twice", tok.text)
	}
	p.need(":", "after the field "+tok.text)
	r[i], set[i] = p.value(t.Fields[i].Type), true
}

func (p *parser) flags(t *abi.Type) abi.FlagsValue {
	p.need("{", "for "+a(t, "set of flags"))
	var v abi.FlagsValue
	p.sequence("}", func(int) {
		if p.tok.kind != tokenLabel {
			p.expected("one of the flags %s", names(t.Labels))
		}
		tok := p.take()
		i := slices.Index(t.Labels, label(tok))
		switch {
		case i < 0:
			p.fail(tok.at, "%s has no flag %s; it has %s", brief(t), tok.text, names(t.Labels))
		case v&(1<<i) != 0:
			p.fail(tok.at, "the flag %s is there twice", tok.text)
		}
		v |= 1 << i
	})
	return v
}

func (p *parser) variant(t *abi.Type) abi.VariantValue {
	if p.tok.kind != tokenLabel {
		p.expected("a case of %s: %s", brief(t), names(caseLabels(t)))
	}
	tok := p.take()
	i := slices.IndexFunc(t.Cases, func(c abi.Case) bool { return c.Label == label(tok) })
	switch {
	case i < 0:
		p.fail(tok.at, "%s has no case %s; it has %s", brief(t), tok.text, names(caseLabels(t)))
	case keywords[tok.text]:
		p.fail(tok.at, "%s is a keyword: write %%%s for the case of %s", tok.text, tok.text, brief(t))
	}
	return p.payload(t, uint32(i), tok.text)
}

// payload reads what follows the label of a case.
func (p *parser) payload(t *abi.Type, c uint32, written string) abi.VariantValue {
	v := abi.VariantValue{Case: c}
	of := t.Cases[c].Type
	if of == nil {
		if p.tok.kind == tokenPunct && p.tok.text == "(" {
			p.fail(p.tok.at, "the case %s takes no value", written)
		}
		return v
	}
	p.need("(", fmt.Sprintf("for the value of %s, %s", written, of))
	v.Payload = p.value(of)
	p.need(")", "after the value of "+written)
	return v
}

const (
	caseNone, caseSome = 0, 1
	caseOK, caseErr    = 0, 1
)

func (p *parser) option(t *abi.Type) abi.VariantValue {
	switch {
	case p.keyword("none"):
		return p.payload(t, caseNone, "none")
	case p.keyword("some"):
		return p.payload(t, caseSome, "some")
	case !flat(t.Elem):
		p.expected("some(…) or none")
	}
	return abi.VariantValue{Case: caseSome, Payload: p.value(t.Elem)}
}

func (p *parser) result(t *abi.Type) abi.VariantValue {
	switch {
	case p.keyword("ok"):
		return p.payload(t, caseOK, "ok")
	case p.keyword("err"):
		return p.payload(t, caseErr, "err")
	case !flat(t.Cases[caseOK].Type):
		p.expected("ok or err")
	}
	return abi.VariantValue{Case: caseOK, Payload: p.value(t.Cases[caseOK].Type)}
}

// flat reports whether a value may stand for the option or result that holds it.
func flat(t *abi.Type) bool {
	return t != nil && t.Kind != abi.KindOption && t.Kind != abi.KindResult
}

// label is what a token names, without its percent sign.
func label(t token) string { return strings.TrimPrefix(t.text, "%") }

// brief names a type in a message: its structure may be long.
func brief(t *abi.Type) string {
	if t.Name != "" {
		return t.Name
	}
	return "the " + t.Kind.String()
}

// a names what is expected, and its type where that has a name: "the record point".
func a(t *abi.Type, what string) string {
	if t.Name != "" {
		return "the " + what + " " + t.Name
	}
	return "a " + what
}

func fieldLabels(t *abi.Type) []string {
	out := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		out[i] = f.Label
	}
	return out
}

func caseLabels(t *abi.Type) []string {
	out := make([]string, len(t.Cases))
	for i, c := range t.Cases {
		out[i] = c.Label
	}
	return out
}

// names lists labels in a message, not too many of them.
func names(labels []string) string {
	const most = 12
	if len(labels) > most {
		return strings.Join(labels[:most], ", ") + ", …"
	}
	return strings.Join(labels, ", ")
}
