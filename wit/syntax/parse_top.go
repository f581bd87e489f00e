package syntax

import "strings"

// maxNesting is how deep packages and types may be nested.
const maxNesting = 100

func (p *parser) file() *File {
	f := &File{Source: p.src}
	if p.at(tokPackage) {
		f.Package = p.fileHead(f)
	}
	p.items(tokEOF, topItems, func() bool { return p.decl(&f.Decls, 0) })
	return f
}

const topItems = "`interface`, `world`, `use` or `package`"

// fileHead reads `package ns:name;`. What turns out to be a nested package is
// added to the file.
func (p *parser) fileHead(f *File) *PackageDecl {
	start, depth := p.tok.Start, p.depth
	decl, ok := p.packageDecl()
	switch {
	case ok && p.at(tokLeftBrace):
		nested := &NestedPackage{Package: *decl}
		p.nestedBody(nested, 0)
		f.Decls = append(f.Decls, nested)
		return nil
	case ok && p.want(tokSemicolon):
		return decl
	}
	p.sync(start, depth)
	return decl
}

func (p *parser) packageDecl() (*PackageDecl, bool) {
	decl := &PackageDecl{Docs: docsBefore(p.src, p.tok), DocsSpan: p.docsSpan()}
	p.advance()
	name, ok := p.packageName()
	decl.Name = name
	return decl, ok
}

// docsSpan is the first comment before the token in sight.
func (p *parser) docsSpan() Span {
	gap := p.src.Text[p.tok.prev:p.tok.Start]
	i := strings.IndexByte(gap, '/')
	if i < 0 {
		return p.tok.Span
	}
	start := p.tok.prev + i
	return Span{start, lineEnd(p.src.Text, start)}
}

// packageName reads ns:name@version; both parts may be nested.
func (p *parser) packageName() (PackageName, bool) {
	var n PackageName
	first, ok := p.ident()
	if !ok || !p.want(tokColon) {
		return n, false
	}
	second, ok := p.ident()
	if !ok {
		return n, false
	}
	n = PackageName{Span: first.Span.to(second.Span), Namespace: first.Name, Name: second.Name}
	for p.eat(tokColon) {
		next, ok := p.ident()
		if !ok {
			return n, false
		}
		n.Namespace, n.Name, n.Span = n.Namespace+":"+n.Name, next.Name, n.Span.to(next.Span)
	}
	for p.eat(tokSlash) {
		next, ok := p.ident()
		if !ok {
			return n, false
		}
		n.Name, n.Span = n.Name+"/"+next.Name, n.Span.to(next.Span)
	}
	version, at := p.version()
	n.Version, n.Span = version, n.Span.to(at)
	return n, true
}

// decl reads an item of a file, or of a nested package.
func (p *parser) decl(into *[]Decl, depth int) bool {
	docs := docsBefore(p.src, p.tok)
	docsSpan := p.docsSpan()
	attrs, ok := p.attrs()
	if !ok {
		return false
	}
	switch p.tok.kind {
	case tokInterface:
		d := &Interface{Docs: docs, Attrs: attrs}
		p.advance()
		if d.Name, ok = p.ident(); !ok {
			return false
		}
		*into = append(*into, d)
		if !p.openBody() {
			return false
		}
		d.Items = p.interfaceItems()
	case tokWorld:
		d := &World{Docs: docs, Attrs: attrs}
		p.advance()
		if d.Name, ok = p.ident(); !ok {
			return false
		}
		*into = append(*into, d)
		if !p.openBody() {
			return false
		}
		d.Items = p.worldItems()
	case tokUse:
		p.refuseAttrs(attrs, "a `use` at the top of a file")
		return p.topUse(into)
	case tokPackage:
		p.refuseAttrs(attrs, "a nested package")
		at := p.tok.Span
		if depth >= maxNesting {
			p.errorf(at, "packages are nested more than %d deep", maxNesting)
			p.abandon()
			return true
		}
		decl, ok := p.packageDecl()
		if !ok {
			return false
		}
		if depth == 1 { // deeper ones are reported with it
			p.errorf(decl.Name.Span, "a nested package stands at the top of a file, not in another")
		}
		decl.Docs, decl.DocsSpan = docs, docsSpan
		if !p.at(tokLeftBrace) {
			return p.expected(tokLeftBrace.String())
		}
		nested := &NestedPackage{Package: *decl}
		p.nestedBody(nested, depth)
		*into = append(*into, nested)
	default:
		return p.expected(topItems)
	}
	return true
}

// openBody takes the brace before the items of an interface or a world. Where it is
// missing that is reported, and items go on all the same.
func (p *parser) openBody() bool {
	if p.want(tokLeftBrace) {
		return true
	}
	if !p.beginsItem() || p.belongsToTop() {
		return false
	}
	p.depth++
	return true
}

// abandon gives the rest of the source up.
func (p *parser) abandon() {
	p.lex.pos = len(p.lex.text)
	p.tok = p.lex.next()
}

func (p *parser) nestedBody(n *NestedPackage, depth int) {
	p.advance()
	p.items(tokRightBrace, topItems, func() bool { return p.decl(&n.Decls, depth+1) })
}

func (p *parser) refuseAttrs(a Attrs, what string) {
	if a.Span != (Span{}) {
		p.errorf(a.Span, "%s can have no attributes", what)
	}
}

func (p *parser) topUse(into *[]Decl) bool {
	p.advance()
	path, ok := p.path()
	if !ok {
		return false
	}
	u := &TopUse{Path: path}
	if p.eat(tokAs) {
		as, ok := p.ident()
		if !ok {
			return false
		}
		u.As = &as
	}
	*into = append(*into, u)
	return p.want(tokSemicolon)
}

// path reads the name of an interface or a world.
func (p *parser) path() (Path, bool) {
	first, ok := p.ident()
	if !ok {
		return Path{}, false
	}
	return p.pathFrom(first)
}

// pathFrom reads a path whose first name is read.
func (p *parser) pathFrom(first Ident) (Path, bool) {
	if !p.at(tokColon) {
		return Path{Span: first.Span, Name: first}, true
	}
	names := []Ident{first}
	var slashes int
	for p.at(tokColon) && slashes == 0 || p.at(tokSlash) {
		if p.at(tokSlash) {
			slashes++
		}
		p.advance()
		name, ok := p.ident()
		if !ok {
			return Path{}, false
		}
		names = append(names, name)
	}
	if slashes == 0 {
		e := p.src.Errorf(first.Span.to(p.last), "`%s` names a package, not an interface or a world", p.src.Text[first.Start:p.last.End])
		p.errs.Add(e.WithHint("name one in it: `%s/…`", p.src.Text[first.Start:p.last.End]))
		return Path{}, false
	}
	return p.pathOf(names, slashes), true
}

// pathOf makes a path of its names, the last slashes of which come after a slash
// each, and reads the version behind.
func (p *parser) pathOf(names []Ident, slashes int) Path {
	var pkg PackageName
	colons := len(names) - slashes
	for i, name := range names[:len(names)-1] {
		switch {
		case i == 0:
			pkg.Namespace, pkg.Span = name.Name, name.Span
			continue
		case i < colons-1:
			pkg.Namespace += ":" + name.Name
		case i == colons-1:
			pkg.Name = name.Name
		default:
			pkg.Name += "/" + name.Name
		}
		pkg.Span = pkg.Span.to(name.Span)
	}
	last := names[len(names)-1]
	at := names[0].Span.to(last.Span)
	version, versionAt := p.version()
	pkg.Version = version
	return Path{Span: at.to(versionAt), Package: &pkg, Name: last}
}
