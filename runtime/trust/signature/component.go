package signature

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// preamble is how a component begins [Binary.md, Component Definitions]. No signature covers it, so nothing else may stand there.
const preamble = "\x00asm\x0d\x00\x01\x00"

var (
	// ErrUnsigned says that a component carries no signatures.
	ErrUnsigned = errors.New("the component is not signed")
	// ErrSigned says that a component carries the key's signature already.
	ErrSigned = errors.New("the component is signed with this key already")
)

// A FormatError says that a file, or the signatures in it, cannot be read.
type FormatError struct {
	Offset int // in the file
	Reason string
}

func (e *FormatError) Error() string { return fmt.Sprintf("byte %#x: %s", e.Offset, e.Reason) }

// A MismatchError says that a component is signed, but not as it stands by any of the keys that were asked for.
type MismatchError struct {
	Signatures int // that it carries
	Covering   int // those of the component as it stands, by keys that were not asked for or falsely
}

func (e *MismatchError) Error() string {
	if e.Covering == 0 {
		return fmt.Sprintf("none of the component's %d signatures is of the component as it stands: it was changed after it was signed, or signed in part only", e.Signatures)
	}
	return fmt.Sprintf("none of the component's %d signatures was made with a key that was asked for", e.Signatures)
}

// Sign adds the key's signature of the whole component to those that it carries, and gives the signed component; wasm is not changed.
// Signatures of the component as it was before it was changed are left out. Errors are a [*FormatError], or [ErrSigned].
func Sign(wasm []byte, key PrivateKey) ([]byte, error) {
	f, err := open(wasm)
	if err != nil {
		return nil, err
	}
	hashes, err := f.hashes()
	if err != nil {
		return nil, err
	}
	set := signedHashes{hashes: hashes}
	for _, old := range f.data {
		if slices.Equal(old.hashes, hashes) {
			set.signatures = append(set.signatures, old.signatures...)
		}
	}
	public, message := key.Public(), set.message()
	if slices.ContainsFunc(set.signatures, func(g sig) bool { return g.of(public, message) }) {
		return nil, ErrSigned
	}
	if len(set.signatures) >= maxSignatures {
		return nil, &FormatError{len(preamble), fmt.Sprintf("it has %d signatures already, as many as there may be", maxSignatures)}
	}
	set.signatures = append(set.signatures, sig{keyID(public), algorithmEd, key.Sign(message)})

	payload := appendBytes(nil, []byte(sectionName))
	payload = data{set}.appendTo(payload)
	out := append([]byte(preamble), 0)
	return append(appendBytes(out, payload), f.rest...), nil
}

// Verify gives those of the keys that have signed the whole component as it stands, in the order of keys. There is at least one, or an error:
// [ErrUnsigned], a [*MismatchError], or a [*FormatError].
func Verify(wasm []byte, keys ...PublicKey) ([]PublicKey, error) {
	f, err := open(wasm)
	if err != nil {
		return nil, err
	}
	if !f.signed {
		return nil, ErrUnsigned
	}
	hashes, err := f.hashes()
	if err != nil {
		return nil, err
	}
	var bad MismatchError
	var covering []sig
	for _, set := range f.data {
		bad.Signatures += len(set.signatures)
		if slices.Equal(set.hashes, hashes) {
			covering = append(covering, set.signatures...)
		}
	}
	bad.Covering = len(covering)
	message := (&signedHashes{hashes: hashes}).message()
	var signers []PublicKey
	for _, key := range keys {
		if slices.ContainsFunc(covering, func(g sig) bool { return g.of(key, message) }) {
			signers = append(signers, key)
		}
	}
	if len(signers) == 0 {
		return nil, &bad
	}
	return signers, nil
}

// Strip gives the component without its signatures, and wasm itself where it has none. The error is a [*FormatError].
func Strip(wasm []byte) ([]byte, error) {
	f, err := open(wasm)
	if err != nil || !f.signed {
		return wasm, err
	}
	return append([]byte(preamble), f.rest...), nil
}

// of says whether the signature is the key's. One that names another key is not looked at: the name is wasmsign2's, or a name of the signer's own.
func (g sig) of(key PublicKey, message []byte) bool {
	if g.algorithm != algorithmEd {
		return false
	}
	if len(g.keyID) == keyIDLen && !bytes.Equal(g.keyID, keyID(key)) {
		return false
	}
	return key.Verify(message, g.bytes)
}

const keyIDLen = 12

// keyID is the name that wasmsign2 gives a key by default.
func keyID(key PublicKey) []byte {
	mac := hmac.New(sha256.New, key.key[:])
	mac.Write([]byte("key_id"))
	return mac.Sum(nil)[:keyIDLen]
}

// file is a component with its signatures apart.
type file struct {
	signed bool
	data   data
	rest   []byte // what signatures cover
	at     int    // where rest starts
}

func open(wasm []byte) (*file, error) {
	if !bytes.HasPrefix(wasm, []byte(preamble)) {
		return nil, &FormatError{0, "this is not a component; signatures are of whole components"}
	}
	f := &file{rest: wasm[len(preamble):], at: len(preamble)}
	if len(f.rest) == 0 {
		return f, nil
	}
	s, n, err := readSection(f.rest)
	if err != nil {
		return nil, &FormatError{f.at, err.Error()}
	}
	if s.name != sectionName {
		return f, nil
	}
	if f.data, err = parse(s.payload); err != nil {
		return nil, &FormatError{f.at, "signature section: " + err.Error()}
	}
	f.signed, f.rest, f.at = true, f.rest[n:], f.at+n
	return f, nil
}

// hashes are those of the file: up to each delimiter, and up to its end where no delimiter stands there.
func (f *file) hashes() ([]hash, error) {
	var out []hash
	h := sha256.New()
	tail := true // something may follow the last delimiter
	for at := 0; at < len(f.rest); {
		s, n, err := readSection(f.rest[at:])
		if err != nil {
			return nil, &FormatError{f.at + at, err.Error()}
		}
		h.Write(f.rest[at : at+n])
		at += n
		if tail = s.name != delimiterTag; !tail {
			out = append(out, hash(h.Sum(nil)))
		}
		if len(out) > maxHashes {
			return nil, &FormatError{f.at + at, fmt.Sprintf("more than %d signature delimiters", maxHashes)}
		}
	}
	if tail {
		out = append(out, hash(h.Sum(nil)))
	}
	return out, nil
}

type section struct {
	name    string // of a custom section
	payload []byte // of a custom section
}

// readSection reads the section that b begins with, and tells how long it is.
func readSection(b []byte) (section, int, error) {
	size, n := binary.Uvarint(b[1:])
	if n <= 0 || n > 5 || size > uint64(len(b)-1-n) {
		return section{}, 0, errors.New("a section reaches beyond the end of the file")
	}
	body := b[1+n : 1+n+int(size)]
	end := 1 + n + int(size)
	if b[0] != 0 {
		return section{}, end, nil
	}
	length, m := binary.Uvarint(body)
	if m <= 0 || m > 5 || length > uint64(len(body)-m) {
		return section{}, 0, errors.New("a custom section has no name")
	}
	return section{string(body[m : m+int(length)]), body[m+int(length):]}, end, nil
}
