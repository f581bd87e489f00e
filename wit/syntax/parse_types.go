package syntax

import "strconv"

// typeDecl reads the declaration of a type. Where there is a mistake behind its name
// it has no body.
func (p *parser) typeDecl(docs string, attrs Attrs, what string) (*TypeDecl, bool) {
	d := &TypeDecl{Docs: docs, Attrs: attrs}
	word := p.tok.kind
	switch word {
	case tokType, tokRecord, tokVariant, tokEnum, tokFlags, tokResource:
	default:
		return nil, p.expected(orLast(what))
	}
	p.advance()
	var ok bool
	if d.Name, ok = p.ident(); !ok {
		return nil, false
	}
	switch word {
	case tokType:
		if !p.want(tokEquals) {
			return d, false
		}
		t, ok := p.typ(0)
		if !ok {
			return d, false
		}
		d.Body = &Alias{Type: t}
		return d, p.want(tokSemicolon)
	case tokResource:
		r := &Resource{}
		d.Body = r
		if p.eat(tokSemicolon) {
			return d, true
		}
		if !p.want(tokLeftBrace) {
			return d, false
		}
		r.Funcs = p.resourceFuncs()
		return d, true
	}
	members, ok := p.members(word)
	if !ok {
		return d, false
	}
	switch word {
	case tokRecord:
		d.Body = &Record{Fields: members}
	case tokVariant:
		d.Body = &Variant{Cases: members}
	case tokEnum:
		d.Body = &Enum{Cases: members}
	case tokFlags:
		d.Body = &Flags{Flags: members}
	}
	return d, true
}

// members reads the fields, cases or flags of a type and the braces around.
func (p *parser) members(word kind) ([]Member, bool) {
	if !p.want(tokLeftBrace) {
		return nil, false
	}
	var members []Member
	ok := p.list(tokRightBrace, func() bool {
		m := Member{Docs: docsBefore(p.src, p.tok)}
		var ok bool
		if m.Name, ok = p.ident(); !ok {
			return false
		}
		switch {
		case word == tokRecord:
			if ok = p.want(tokColon); ok {
				m.Type, ok = p.typ(0)
			}
		case word == tokVariant && p.eat(tokLeftParen):
			if m.Type, ok = p.typ(0); ok {
				ok = p.want(tokRightParen)
			}
		}
		members = append(members, m)
		return ok
	})
	return members, ok
}

// resourceFuncs reads the functions of a resource and its closing brace.
func (p *parser) resourceFuncs() []*Func {
	var funcs []*Func
	p.items(tokRightBrace, "`constructor`, a function", func() bool {
		docs := docsBefore(p.src, p.tok)
		attrs, ok := p.attrs()
		if !ok {
			return false
		}
		f := &Func{Docs: docs, Attrs: attrs, Kind: Method}
		if p.at(tokConstructor) {
			f.Kind, f.Name = Constructor, Ident{Span: p.tok.Span, Name: "constructor"}
			p.advance()
			ok = p.paramsAndResult(&f.Type)
		} else {
			if !p.at(tokIdent) {
				return p.expected("`constructor` or a function's name")
			}
			f.Name, _ = p.ident()
			if !p.want(tokColon) {
				return false
			}
			if p.eat(tokStatic) {
				f.Kind = Static
			}
			f.Type, ok = p.funcType()
		}
		if !ok {
			return false
		}
		funcs = append(funcs, f)
		return p.want(tokSemicolon)
	})
	return funcs
}

// namedFunc reads a function of an interface.
func (p *parser) namedFunc(docs string, attrs Attrs) (*Func, bool) {
	f := &Func{Docs: docs, Attrs: attrs}
	f.Name, _ = p.ident()
	if !p.want(tokColon) {
		return nil, false
	}
	var ok bool
	if f.Type, ok = p.funcType(); !ok {
		return nil, false
	}
	return f, p.want(tokSemicolon)
}

// funcType reads `async func(a: u8) -> u8`.
func (p *parser) funcType() (FuncType, bool) {
	f := FuncType{Span: p.tok.Span}
	f.Async = p.eat(tokAsync)
	if !p.want(tokFunc) {
		return f, false
	}
	return f, p.paramsAndResult(&f)
}

func (p *parser) paramsAndResult(f *FuncType) bool {
	if !p.want(tokLeftParen) {
		return false
	}
	ok := p.list(tokRightParen, func() bool {
		var param Param
		var ok bool
		if param.Name, ok = p.ident(); !ok || !p.want(tokColon) {
			return false
		}
		param.Type, ok = p.typ(0)
		f.Params = append(f.Params, param)
		return ok
	})
	if !ok || !p.eat(tokArrow) {
		return ok
	}
	f.Result, ok = p.typ(0)
	return ok
}

// typ reads a type that stands in depth others.
func (p *parser) typ(depth int) (Type, bool) {
	at := p.tok.Span
	if depth >= maxNesting {
		return nil, p.errorf(at, "types are nested more than %d deep", maxNesting)
	}
	switch word := p.tok.kind; word {
	case tokBool, tokS8, tokU8, tokS16, tokU16, tokS32, tokU32, tokS64, tokU64, tokF32, tokF64, tokChar, tokStringType:
		p.advance()
		return &Prim{Span: at, Name: kindText[word]}, true
	case tokIdent:
		name, _ := p.ident()
		return &Named{name}, true
	case tokList:
		return p.listType(at, depth)
	case tokMap:
		return p.mapType(at, depth)
	case tokTuple:
		p.advance()
		t := &Tuple{Span: at}
		return t, p.want(tokLess) && p.list(tokGreater, func() bool {
			elem, ok := p.typ(depth + 1)
			t.Elems = append(t.Elems, elem)
			return ok
		})
	case tokOption:
		p.advance()
		elem, ok := p.bracketed(depth)
		return &Option{Span: at, Elem: elem}, ok
	case tokResult:
		p.advance()
		return p.resultType(at, depth)
	case tokStream, tokFuture:
		p.advance()
		var elem Type
		ok := true
		if p.at(tokLess) {
			elem, ok = p.bracketed(depth)
		}
		if word == tokStream {
			return &Stream{Span: at, Elem: elem}, ok
		}
		return &Future{Span: at, Elem: elem}, ok
	case tokOwn, tokBorrow:
		p.advance()
		if !p.want(tokLess) {
			return nil, false
		}
		resource, ok := p.ident()
		return &Handle{Span: at, Borrow: word == tokBorrow, Resource: resource}, ok && p.want(tokGreater)
	}
	return nil, p.expected("a type")
}

// bracketed reads a type in angle brackets.
func (p *parser) bracketed(depth int) (Type, bool) {
	if !p.want(tokLess) {
		return nil, false
	}
	t, ok := p.typ(depth + 1)
	return t, ok && p.want(tokGreater)
}

func (p *parser) listType(at Span, depth int) (Type, bool) {
	p.advance()
	if !p.want(tokLess) {
		return nil, false
	}
	elem, ok := p.typ(depth + 1)
	if !ok {
		return nil, false
	}
	t := &List{Span: at, Elem: elem}
	if p.eat(tokComma) {
		if !p.at(tokInteger) {
			return nil, p.expected("the list's length")
		}
		text := p.src.Text[p.tok.Start:p.tok.End]
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil || n == 0 || text[0] == '0' {
			p.errorf(p.tok.Span, "the length of a list is a number from 1 to %d", uint32(1<<32-1))
		}
		length := uint32(n)
		t.Len = &length
		p.advance()
	}
	return t, p.want(tokGreater)
}

func (p *parser) mapType(at Span, depth int) (Type, bool) {
	p.advance()
	if !p.want(tokLess) {
		return nil, false
	}
	t := &Map{Span: at}
	var ok bool
	if t.Key, ok = p.typ(depth + 1); !ok || !p.want(tokComma) {
		return nil, false
	}
	t.Value, ok = p.typ(depth + 1)
	return t, ok && p.want(tokGreater)
}

// resultType reads what may stand behind `result`.
func (p *parser) resultType(at Span, depth int) (Type, bool) {
	t := &Result{Span: at}
	if !p.eat(tokLess) {
		return t, true
	}
	var ok bool
	if p.eat(tokUnderscore) {
		if !p.want(tokComma) {
			return nil, false
		}
	} else {
		if t.OK, ok = p.typ(depth + 1); !ok {
			return nil, false
		}
		if !p.eat(tokComma) {
			return t, p.want(tokGreater)
		}
	}
	if t.Err, ok = p.typ(depth + 1); !ok {
		return nil, false
	}
	return t, p.want(tokGreater)
}
