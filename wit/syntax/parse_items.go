package syntax

import "strings"

const (
	interfaceWhat = "a type, a function, `use`"
	worldWhat     = "`import`, `export`, `include`, `use`, a type"
)

// orLast makes "a, b or c" of "a, b, c".
func orLast(what string) string {
	i := strings.LastIndex(what, ", ")
	return what[:i] + " or" + what[i+1:]
}

// interfaceItems reads the items of an interface and its closing brace.
func (p *parser) interfaceItems() []InterfaceItem {
	var items []InterfaceItem
	p.items(tokRightBrace, interfaceWhat, func() bool {
		docs := docsBefore(p.src, p.tok)
		attrs, ok := p.attrs()
		if !ok {
			return false
		}
		switch {
		case p.at(tokIdent):
			f, ok := p.namedFunc(docs, attrs)
			if f != nil {
				items = append(items, f)
			}
			return ok
		case p.at(tokUse):
			u, ok := p.use(attrs)
			if u != nil {
				items = append(items, u)
			}
			return ok
		}
		d, ok := p.typeDecl(docs, attrs, interfaceWhat)
		if d != nil {
			items = append(items, d)
		}
		return ok
	})
	return items
}

// worldItems reads the items of a world and its closing brace.
func (p *parser) worldItems() []WorldItem {
	var items []WorldItem
	p.items(tokRightBrace, worldWhat, func() bool {
		docs := docsBefore(p.src, p.tok)
		attrs, ok := p.attrs()
		if !ok {
			return false
		}
		var item WorldItem
		switch p.tok.kind {
		case tokImport, tokExport:
			e := &Extern{Docs: docs, Attrs: attrs, Export: p.at(tokExport)}
			ok, item = p.extern(e), e
		case tokInclude:
			i := &Include{Attrs: attrs}
			ok, item = p.include(i), i
		case tokUse:
			var u *Use
			if u, ok = p.use(attrs); u != nil {
				items = append(items, u)
			}
			return ok
		default:
			var d *TypeDecl
			if d, ok = p.typeDecl(docs, attrs, worldWhat); d != nil {
				items = append(items, d)
			}
			return ok
		}
		if ok {
			items = append(items, item)
		}
		return ok
	})
	return items
}

// use reads `use path.{a, b as c};`.
func (p *parser) use(attrs Attrs) (*Use, bool) {
	p.advance()
	u := &Use{Attrs: attrs}
	var ok bool
	if u.Path, ok = p.path(); !ok || !p.want(tokDot) || !p.want(tokLeftBrace) {
		return nil, false
	}
	ok = p.list(tokRightBrace, func() bool {
		r, ok := p.rename(false)
		if ok {
			u.Names = append(u.Names, r)
		}
		return ok
	})
	return u, ok && p.want(tokSemicolon)
}

// rename reads `a` or `a as b`.
func (p *parser) rename(must bool) (Rename, bool) {
	var r Rename
	var ok bool
	if r.Name, ok = p.ident(); !ok {
		return r, false
	}
	if !must && !p.at(tokAs) {
		return r, true
	}
	if !p.want(tokAs) {
		return r, false
	}
	as, ok := p.ident()
	r.As = &as
	return r, ok
}

// include reads `include path;` or `include path with { a as b }`.
func (p *parser) include(i *Include) bool {
	p.advance()
	var ok bool
	if i.Path, ok = p.path(); !ok {
		return false
	}
	if !p.eat(tokWith) {
		return p.want(tokSemicolon)
	}
	if !p.want(tokLeftBrace) {
		return false
	}
	ok = p.list(tokRightBrace, func() bool {
		r, ok := p.rename(true)
		i.With = append(i.With, r)
		return ok
	})
	p.eat(tokSemicolon) // the grammar has none here, and examples of it do
	return ok
}

// extern reads an import or an export.
func (p *parser) extern(e *Extern) bool {
	p.advance()
	first, ok := p.ident()
	if !ok {
		return false
	}
	if !p.at(tokColon) || p.isQualified(first) {
		return p.externPath(e, first)
	}
	e.Name = &first
	colon := p.tok.Span
	p.advance()
	switch p.tok.kind {
	case tokFunc, tokAsync:
		f, ok := p.funcType()
		e.Func = &f
		return ok && p.want(tokSemicolon)
	case tokInterface:
		p.advance()
		if !p.want(tokLeftBrace) {
			return false
		}
		e.Inline = &Inline{Items: p.interfaceItems()}
		return true
	case tokIdent:
		second, _ := p.ident()
		// `a:b` without a blank is one word, the name of a package [WIT.md, world].
		if !p.at(tokColon) && !p.at(tokSlash) && first.End == colon.Start && colon.End == second.Start {
			e := p.src.Errorf(first.Span.to(second.Span), "`%s:%s` names a package, not an interface", first.Name, second.Name)
			p.errs.Add(e.WithHint("for the interface `%[2]s` under the name `%[1]s` write `%[1]s: %[2]s`", first.Name, second.Name))
			return false
		}
		return p.externPath(e, second)
	}
	return p.expected("`func`, `interface` or the name of an interface")
}

// isQualified says whether the colon in sight belongs to a package's name, as in
// `ns:pkg/iface`, and not to the name of an item.
func (p *parser) isQualified(first Ident) bool {
	l := *p.lex
	l.errs = &ErrorList{}
	second := l.next()
	if second.kind != tokIdent {
		return false
	}
	third := l.next()
	joined := first.End == p.tok.Start && p.tok.End == second.Start
	return third.kind == tokSlash || third.kind == tokColon && joined
}

func (p *parser) externPath(e *Extern, first Ident) bool {
	path, ok := p.pathFrom(first)
	e.Path = &path
	return ok && p.want(tokSemicolon)
}

// attrs reads the attributes before an item.
func (p *parser) attrs() (Attrs, bool) {
	var a Attrs
	for p.at(tokAt) {
		at := p.tok.Span
		p.advance()
		name, ok := p.ident()
		if !ok {
			return a, false
		}
		at = at.to(name.Span)
		if a.Span == (Span{}) {
			a.Span = at
		}
		if !p.attr(&a, name, at) {
			return a, false
		}
	}
	switch {
	case a.Since != "" && a.Feature != "":
		p.errorf(a.Span, "an item cannot be both @since a version and @unstable")
	case a.Deprecated != "" && a.Since == "" && a.Feature == "":
		p.errs.Add(p.src.Errorf(a.Span, "@deprecated needs a @since or an @unstable beside it"))
	}
	return a, true
}

// attr reads the rest of an attribute into a.
func (p *parser) attr(a *Attrs, name Ident, at Span) bool {
	var into *string
	key := "version"
	switch name.Name {
	case "since":
		into = &a.Since
	case "deprecated":
		into = &a.Deprecated
	case "unstable":
		into, key = &a.Feature, "feature"
	case "external-id":
		return p.externalID(a, at)
	default:
		e := p.src.Errorf(name.Span, "there is no attribute `@%s`", name.Name)
		p.errs.Add(e.WithHint("there are @since, @unstable, @deprecated and @external-id"))
		return false
	}
	if *into != "" {
		p.errorf(at, "@%s stands here a second time", name.Name)
	}
	if !p.want(tokLeftParen) {
		return false
	}
	if !p.at(tokIdent) || p.src.Text[p.tok.Start:p.tok.End] != key {
		return p.expected("`" + key + "`")
	}
	p.advance()
	if key == "feature" {
		if !p.want(tokEquals) {
			return false
		}
		feature, ok := p.ident()
		*into = feature.Name
		return ok && p.want(tokRightParen)
	}
	if !p.at(tokEquals) {
		return p.expected(tokEquals.String())
	}
	*into, _ = p.bareVersion()
	return p.want(tokRightParen)
}

func (p *parser) externalID(a *Attrs, at Span) bool {
	if a.ExternalID != nil {
		p.errorf(at, "@external-id stands here a second time")
	}
	if !p.want(tokLeftParen) {
		return false
	}
	if !p.at(tokString) {
		return p.expected(tokString.String())
	}
	id := stringValue(p.src, p.tok.Span, p.errs)
	a.ExternalID = &id
	p.advance()
	return p.want(tokRightParen)
}
