package wave

import (
	"fmt"
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/abi"
)

// Parse reads a value of type t from all of text. Its errors are *Error.
func Parse(t *abi.Type, text string, opts ...Option) (v abi.Value, err error) {
	p, err := newParser(text, opts)
	if err != nil {
		return nil, err
	}
	defer p.recover(&err)
	v = p.value(t)
	p.end()
	return v, nil
}

// A parser reads values by their types. Its methods panic with an *Error.
type parser struct {
	options
	text string
	tok  token // the next one, not taken yet
	last int   // where the one before it starts
}

func newParser(text string, opts []Option) (*parser, error) {
	if !utf8.ValidString(text) {
		at := 0
		for r, n := utf8.DecodeRuneInString(text); r != utf8.RuneError || n > 1; r, n = utf8.DecodeRuneInString(text[at:]) {
			at += n
		}
		return nil, errorAt(text, at, "the text is not UTF-8")
	}
	return &parser{options: newOptions(opts), text: text, tok: next(text, 0)}, nil
}

func (p *parser) recover(err *error) {
	switch r := recover().(type) {
	case nil:
	case *Error:
		*err = r
	default:
		panic(r)
	}
}

func (p *parser) fail(at int, format string, args ...any) {
	panic(errorAt(p.text, at, format, args...))
}

// expected fails at the next token.
func (p *parser) expected(what string, args ...any) {
	p.fail(p.tok.at, "expected %s, found %s", fmt.Sprintf(what, args...), p.found())
}

// found names the next token in a message.
func (p *parser) found() string {
	switch p.tok.kind {
	case tokenEnd:
		return "the end"
	case tokenBad:
		return p.tok.text
	case tokenString, tokenMultiline:
		return "a string"
	case tokenChar:
		return "the char " + p.tok.text
	}
	const most = 40
	if len(p.tok.text) > most {
		return p.tok.text[:most] + "…"
	}
	return p.tok.text
}

// take gives the next token and goes on to the one after it.
func (p *parser) take() token {
	t := p.tok
	p.last = t.at
	p.tok = next(p.text, t.at+len(t.text))
	return t
}

// accept takes the next token where it is that punctuation.
func (p *parser) accept(punct string) bool {
	if p.tok.kind != tokenPunct || p.tok.text != punct {
		return false
	}
	p.take()
	return true
}

func (p *parser) need(punct, why string) {
	if !p.accept(punct) {
		p.expected("%s %s", punct, why)
	}
}

// keyword takes the next token where it is that keyword.
func (p *parser) keyword(word string) bool {
	if p.tok.kind != tokenLabel || p.tok.text != word {
		return false
	}
	p.take()
	return true
}

func (p *parser) end() {
	if p.tok.kind != tokenEnd {
		p.expected("nothing more")
	}
}

// sequence reads items up to the closing punctuation, with commas between them
// and perhaps one after the last.
func (p *parser) sequence(end string, item func(i int)) int {
	n := 0
	for ; !p.accept(end); n++ {
		item(n)
		if p.accept(",") {
			continue
		}
		p.need(end, "or a comma")
		return n + 1
	}
	return n
}

// value reads a value of type t.
func (p *parser) value(t *abi.Type) abi.Value {
	switch t.Kind {
	case abi.KindBool:
		return p.boolean()
	case abi.KindF32, abi.KindF64:
		return p.float(t)
	case abi.KindChar:
		return p.char()
	case abi.KindString:
		return p.str(t)
	case abi.KindList, abi.KindFixedList:
		return p.list(t)
	case abi.KindMap:
		return p.mapping(t)
	case abi.KindRecord:
		return p.record(t)
	case abi.KindTuple:
		return p.tuple(t)
	case abi.KindVariant, abi.KindEnum:
		return p.variant(t)
	case abi.KindOption:
		return p.option(t)
	case abi.KindResult:
		return p.result(t)
	case abi.KindFlags:
		return p.flags(t)
	case abi.KindOwn, abi.KindBorrow:
		return p.handle(t)
	case abi.KindErrorContext, abi.KindStream, abi.KindFuture:
		p.fail(p.tok.at, "a value of type %s cannot be written", t)
	}
	return p.integer(t)
}

func (p *parser) boolean() bool {
	switch {
	case p.keyword("true"):
		return true
	case p.keyword("false"):
		return false
	}
	p.expected("true or false")
	return false
}

func (p *parser) char() abi.CharValue {
	if p.tok.kind != tokenChar {
		p.expected("a char such as 'x'")
	}
	t := p.take()
	s := p.unescape(t.text[1:len(t.text)-1], t.at+1)
	if utf8.RuneCountInString(s) != 1 {
		p.fail(t.at, "expected one character between the quotes, found %d", utf8.RuneCountInString(s))
	}
	r, _ := utf8.DecodeRuneInString(s)
	return abi.CharValue(r)
}

func (p *parser) str(t *abi.Type) string {
	switch p.tok.kind {
	case tokenString:
		tok := p.take()
		return p.unescape(tok.text[1:len(tok.text)-1], tok.at+1)
	case tokenMultiline:
		return p.multiline(p.take())
	}
	p.expected("a %s in double quotes", t)
	return ""
}

func (p *parser) handle(t *abi.Type) *abi.ResourceValue {
	if p.handles == nil {
		p.fail(p.tok.at, "a resource, %s, cannot be written here", t)
	}
	if p.tok.kind != tokenHandle {
		p.expected("a resource of type %s by its name, such as $1", t)
	}
	tok := p.take()
	v := p.handles.Get(tok.text)
	switch {
	case v == nil:
		p.fail(tok.at, "no resource has the name %s", tok.text)
	case v.Resource != t.Resource && v.Resource != t.Resource.Host:
		p.fail(tok.at, "%s is a %s, expected a %s", tok.text, v.Resource.Name, t.Resource.Name)
	case v.Taken():
		p.fail(tok.at, "%s was given away or dropped before", tok.text)
	}
	return v
}
