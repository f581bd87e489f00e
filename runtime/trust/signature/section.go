package signature

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// The identifiers of the format [Signatures.md, Signature data].
const (
	specVersion  = 0x01
	contentType  = 0x01 // a module or a component
	hashSHA256   = 0x01
	algorithmEd  = 0x01
	domain       = "wasmsig"
	sectionName  = "signature"
	delimiterTag = "signature_delimiter"
)

// Limits of what is read: each signature costs its verifier a curve operation.
const (
	maxSets       = 64
	maxHashes     = 64
	maxSignatures = 256 // in one file
	maxKeyID      = 256
)

type hash = [sha256.Size]byte

// data is what the section holds.
type data []signedHashes

// signedHashes are hashes of parts of a file, and signatures of all of them together.
type signedHashes struct {
	hashes     []hash
	signatures []sig
}

type sig struct {
	keyID     []byte
	algorithm byte
	bytes     []byte
}

// message is what a signature signs.
func (s *signedHashes) message() []byte {
	m := append([]byte(domain), specVersion, contentType, hashSHA256)
	for _, h := range s.hashes {
		m = append(m, h[:]...)
	}
	return m
}

// appendTo writes the section's contents in wasmsign2's form.
func (d data) appendTo(b []byte) []byte {
	b = append(b, specVersion, contentType, hashSHA256)
	b = binary.AppendUvarint(b, uint64(len(d)))
	for i := range d {
		b = appendBytes(b, d[i].appendTo(nil))
	}
	return b
}

func (s *signedHashes) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(s.hashes)))
	for _, h := range s.hashes {
		b = append(b, h[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(s.signatures)))
	for _, g := range s.signatures {
		one := appendBytes(nil, g.keyID)
		one = append(one, g.algorithm)
		b = appendBytes(b, appendBytes(one, g.bytes))
	}
	return b
}

func appendBytes(b, more []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(more))), more...)
}

var errCut = errors.New("it ends too early")

// parse reads the section's contents in either form. Which of them it is changes nothing in what a signature signs.
func parse(b []byte) (data, error) {
	if len(b) < 3 {
		return nil, errCut
	}
	switch {
	case b[0] != specVersion:
		return nil, fmt.Errorf("version %#x of the format; %#x is known", b[0], specVersion)
	case b[1] != contentType:
		return nil, fmt.Errorf("content of type %#x; %#x is known", b[1], contentType)
	case b[2] != hashSHA256:
		return nil, fmt.Errorf("hash function %#x; %#x, SHA-256, is known", b[2], hashSHA256)
	}
	d, err := (&parser{b: b[3:], lengths: true}).data()
	if err != nil {
		if plain, e := (&parser{b: b[3:]}).data(); e == nil {
			return plain, nil
		}
	}
	return d, err
}

// A parser takes bytes off the front of b. The first error sticks.
type parser struct {
	b       []byte
	lengths bool // each set and each signature has its length before it
	count   int  // of signatures, in all
	err     error
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.b = nil
}

func (p *parser) number(what string, limit int) int {
	n, size := binary.Uvarint(p.b)
	switch {
	case size <= 0 || size > 5:
		p.fail(fmt.Errorf("%s: %w", what, errCut))
		return 0
	case n > uint64(limit):
		p.fail(fmt.Errorf("%d %s; the limit is %d", n, what, limit))
		return 0
	}
	p.b = p.b[size:]
	return int(n)
}

func (p *parser) take(n int) []byte {
	if n > len(p.b) {
		p.fail(errCut)
		return nil
	}
	b := p.b[:n:n]
	p.b = p.b[n:]
	return b
}

// end says that everything was taken.
func (p *parser) end() {
	if p.err == nil && len(p.b) > 0 {
		p.fail(fmt.Errorf("%d bytes are left over", len(p.b)))
	}
}

// within reads what has a length before it, where the form has lengths.
func (p *parser) within(read func()) {
	if !p.lengths || p.err != nil {
		read()
		return
	}
	inner := p.take(p.number("bytes", len(p.b)))
	rest := p.b
	p.b = inner
	read()
	p.end()
	if p.err == nil {
		p.b = rest
	}
}

func (p *parser) data() (data, error) {
	var d data
	for range p.number("sets of hashes", maxSets) {
		p.within(func() { d = append(d, p.set()) })
		if p.err != nil {
			break
		}
	}
	p.end()
	return d, p.err
}

func (p *parser) set() signedHashes {
	var s signedHashes
	for range p.number("hashes", maxHashes) {
		h := p.take(sha256.Size)
		if p.err != nil {
			return s
		}
		s.hashes = append(s.hashes, hash(h))
	}
	for range p.number("signatures", maxSignatures) {
		p.within(func() { s.signatures = append(s.signatures, p.signature()) })
		if p.count++; p.count > maxSignatures {
			p.fail(fmt.Errorf("more than %d signatures", maxSignatures))
		}
		if p.err != nil {
			return s
		}
	}
	return s
}

func (p *parser) signature() sig {
	var g sig
	g.keyID = p.take(p.number("bytes of a key's name", maxKeyID))
	if a := p.take(1); a != nil {
		g.algorithm = a[0]
	}
	g.bytes = p.take(p.number("bytes of a signature", len(p.b)))
	return g
}
