package syntax

import "fmt"

// Parse makes the tree of a source. Mistakes are added to errs; the tree then
// lacks the items that hold them.
func Parse(src *Source, errs *ErrorList) *File {
	p := &parser{src: src, lex: newLexer(src, errs), errs: errs, from: len(*errs)}
	p.advance()
	return p.file()
}

// A parser reads a file by recursive descent with one token in sight. A method
// that gives false has reported a mistake; the loop over items then goes on at the
// next.
type parser struct {
	src  *Source
	lex  *lexer
	errs *ErrorList
	from int // the number of mistakes before this source
	tok  token
	last Span // of the token before
	// depth is how many braces are open.
	depth int
}

// advance takes the token in sight.
func (p *parser) advance() {
	switch p.tok.kind {
	case tokLeftBrace:
		p.depth++
	case tokRightBrace:
		p.depth--
	}
	p.last = p.tok.Span
	p.tok = p.lex.next()
}

// peek is the token after the one in sight.
func (p *parser) peek() token {
	l := *p.lex
	l.errs = &ErrorList{}
	return l.next()
}

func (p *parser) at(k kind) bool { return p.tok.kind == k }

// eat takes the token in sight where it is k.
func (p *parser) eat(k kind) bool {
	if p.tok.kind != k {
		return false
	}
	p.advance()
	return true
}

// want takes a k, or reports that it is missing.
func (p *parser) want(k kind) bool {
	return p.eat(k) || p.expected(k.String())
}

// expected reports that something else was to come. It always gives false.
func (p *parser) expected(what string) bool {
	if p.at(tokBad) || p.at(tokEOF) && len(*p.errs) > p.from {
		return false // a mistake has been reported that this one follows from
	}
	found := p.tok.kind.String()
	if p.at(tokIdent) {
		found = "`" + p.src.Text[p.tok.Start:p.tok.End] + "`"
	}
	e := p.src.Errorf(p.tok.Span, "expected %s, found %s", what, found)
	switch {
	case what == tokIdent.String() && p.tok.kind.isKeyword():
		e.Hint = fmt.Sprintf("to use the keyword as a name, write `%%%s`", kindText[p.tok.kind])
	case what == tokSemicolon.String() && p.last.End > 0 && p.src.firstOnLine(p.tok.Start):
		e.Hint = fmt.Sprintf("does line %d lack its `;`?", p.src.Pos(p.last.End).Line)
	case p.at(tokEOF) && p.depth > 0, p.belongsToTop():
		e.Hint = "a `}` is missing before"
	}
	p.errs.Add(e)
	return false
}

// errorf reports a mistake. It always gives false.
func (p *parser) errorf(at Span, format string, args ...any) bool {
	p.errs.Add(p.src.Errorf(at, format, args...))
	return false
}

// startsItem are the keywords that begin an item: where one begins a line, what
// stood before has ended, whether it says so or not.
var startsItem = map[kind]bool{
	tokInterface: true, tokWorld: true, tokPackage: true, tokUse: true, tokType: true, tokRecord: true,
	tokVariant: true, tokEnum: true, tokFlags: true, tokResource: true, tokImport: true, tokExport: true,
	tokInclude: true, tokConstructor: true,
}

// sync skips the rest of an item with a mistake, which began at start with depth
// braces open: up to its `;` or closing brace, or to where the next item begins.
func (p *parser) sync(start, depth int) {
	for !p.at(tokEOF) {
		switch {
		case p.at(tokRightBrace) && p.depth <= depth:
			return
		case p.at(tokRightBrace) && p.depth == depth+1, p.at(tokSemicolon) && p.depth <= depth:
			p.advance()
			p.eat(tokSemicolon)
			return
		case p.tok.Start > start && p.depth <= depth && p.beginsItem():
			return
		}
		p.advance()
	}
}

// beginsItem guesses whether an item begins with the token in sight.
func (p *parser) beginsItem() bool {
	if !p.src.firstOnLine(p.tok.Start) {
		return false
	}
	return startsItem[p.tok.kind] || p.at(tokAt) || p.at(tokIdent) && p.peek().kind == tokColon
}

// items reads items up to the closing brace, which it takes; where end is tokEOF
// up to that.
func (p *parser) items(end kind, what string, item func() bool) {
	for !p.at(end) {
		if p.at(tokEOF) {
			p.expected(what + " or " + end.String())
			return
		}
		start, depth := p.tok.Start, p.depth
		if !item() {
			if end == tokRightBrace && p.outOfPlace() {
				return
			}
			p.sync(start, depth)
			if p.tok.Start == start && !p.at(end) {
				p.advance()
			}
		}
	}
	if end != tokEOF {
		p.advance()
	}
}

// outOfPlace says whether what is in sight belongs to the top of a file, so that a
// brace must be missing before it.
func (p *parser) outOfPlace() bool {
	if !p.belongsToTop() {
		return false
	}
	p.depth = 0
	return true
}

// belongsToTop says whether an item of a file seems to begin within another.
func (p *parser) belongsToTop() bool {
	k := p.tok.kind
	return p.depth > 0 && (k == tokInterface || k == tokWorld || k == tokPackage) && p.src.firstOnLine(p.tok.Start)
}

// list reads elements with commas between up to end, which it takes.
func (p *parser) list(end kind, element func() bool) bool {
	for !p.at(end) {
		if !element() {
			return false
		}
		if !p.eat(tokComma) && !p.at(end) {
			return p.expected("`,` or " + end.String())
		}
	}
	p.advance()
	return true
}

// ident reads a name.
func (p *parser) ident() (Ident, bool) {
	if !p.at(tokIdent) {
		return Ident{}, p.expected(tokIdent.String())
	}
	name := p.src.Text[p.tok.Start:p.tok.End]
	if name[0] == '%' {
		name = name[1:]
	}
	id := Ident{Span: p.tok.Span, Name: name}
	p.advance()
	return id, true
}

// version reads an @ and a version behind it, where there is an @ in sight.
func (p *parser) version() (string, Span) {
	if !p.at(tokAt) {
		return "", Span{}
	}
	return p.bareVersion()
}

// bareVersion reads a version behind the token in sight.
func (p *parser) bareVersion() (string, Span) {
	v, at := p.lex.scanVersion()
	p.advance()
	p.last = at
	return v, at
}
