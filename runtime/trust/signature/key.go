package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"strings"

	"filippo.io/edwards25519"
)

// The first bytes of keys in the conventions' own serialisation [Signatures.md, Signature algorithms and key serialization].
const (
	rawPublic  = 0x01
	rawPrivate = 0x81
)

const (
	textPrefix = "ed25519:"
	sshType    = "ssh-ed25519"
)

// A KeyError says what is wrong with a key.
type KeyError struct {
	File   string // "" for a key that is in none
	Reason string
}

func (e *KeyError) Error() string {
	if e.File == "" {
		return e.Reason
	}
	return e.File + ": " + e.Reason
}

// A PublicKey verifies signatures. Equal keys are == to each other; the zero key verifies nothing.
type PublicKey struct{ key [ed25519.PublicKeySize]byte }

// A PrivateKey makes signatures. It never shows its secret when it is printed.
type PrivateKey struct{ key ed25519.PrivateKey }

// Generate makes a key from the system's randomness.
func Generate() (PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return PrivateKey{key}, err
}

// Public is the key that verifies what this one signs.
func (k PrivateKey) Public() PublicKey {
	var p PublicKey
	copy(p.key[:], k.key.Public().(ed25519.PublicKey))
	return p
}

// String is the public key's; the secret is not for printing.
func (k PrivateKey) String() string {
	if k.IsZero() {
		return "no private key"
	}
	return "private key of " + k.Public().String()
}

// GoString is String, so that no verb of package fmt shows the secret.
func (k PrivateKey) GoString() string { return k.String() }

// IsZero says that it is no key.
func (k PrivateKey) IsZero() bool { return k.key == nil }

// Sign signs any bytes, as RFC 8032 says.
func (k PrivateKey) Sign(message []byte) []byte { return ed25519.Sign(k.key, message) }

// Verify says whether sig is the key's signature of message.
func (k PublicKey) Verify(message, sig []byte) bool {
	return k != PublicKey{} && len(sig) == ed25519.SignatureSize && ed25519.Verify(k.key[:], message, sig)
}

// String is the key in the form of trust files: "ed25519:" and base64.
func (k PublicKey) String() string { return textPrefix + base64.StdEncoding.EncodeToString(k.key[:]) }

// Fingerprint names the key as ssh-keygen -l does: "SHA256:" and the hash of it in base64.
func (k PublicKey) Fingerprint() string {
	sum := sha256.Sum256(k.sshBlob())
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// SSH is the key as one line of OpenSSH, "ssh-ed25519 AAAA… comment", which other tools read as well.
func (k PublicKey) SSH(comment string) string {
	return strings.TrimSpace(sshType + " " + base64.StdEncoding.EncodeToString(k.sshBlob()) + " " + comment)
}

func (k PublicKey) sshBlob() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(sshType)))
	b = append(b, sshType...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(k.key)))
	return append(b, k.key[:]...)
}

// ParsePublicKey reads a key in any of the forms that are in use: "ed25519:" and base64, a line of OpenSSH, PEM, or the conventions' 33 bytes.
// Keys that anybody can sign for are refused. The error is a [*KeyError].
func ParsePublicKey(data []byte) (PublicKey, error) {
	raw, err := publicBytes(data)
	if err != nil {
		return PublicKey{}, err
	}
	if len(raw) != ed25519.PublicKeySize {
		return PublicKey{}, badKey("an Ed25519 key has %d bytes, this one %d", ed25519.PublicKeySize, len(raw))
	}
	if err := strong(raw); err != nil {
		return PublicKey{}, err
	}
	return PublicKey{[ed25519.PublicKeySize]byte(raw)}, nil
}

func publicBytes(data []byte) ([]byte, error) {
	if len(data) == 1+ed25519.PublicKeySize && data[0] == rawPublic {
		return data[1:], nil
	}
	if block, _ := pem.Decode(data); block != nil {
		if block.Type != "PUBLIC KEY" {
			return nil, badKey("the PEM holds a %s; give the public key", strings.ToLower(block.Type))
		}
		return pkixBytes(block.Bytes)
	}
	text := strings.TrimSpace(string(data))
	if b64, ok := strings.CutPrefix(text, textPrefix); ok {
		raw, err := base64.StdEncoding.Strict().DecodeString(b64)
		if err != nil {
			return nil, badKey("what follows %q is not base64", textPrefix)
		}
		return raw, nil
	}
	algorithm, rest, _ := strings.Cut(text, " ")
	switch {
	case algorithm == sshType:
		return sshBytes(rest)
	case strings.HasPrefix(algorithm, "ssh-"), strings.HasPrefix(algorithm, "ecdsa-"), strings.HasPrefix(algorithm, "sk-"):
		return nil, badKey("%.30s keys are not supported, only Ed25519; make one with `witgen keygen`", algorithm)
	case text == "":
		return nil, badKey("there is no key in it")
	}
	return nil, badKey(`this is no key; write "ed25519:" and 44 characters of base64, or a line "ssh-ed25519 AAAA…"`)
}

func sshBytes(rest string) ([]byte, error) {
	b64, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	blob, err := base64.StdEncoding.Strict().DecodeString(b64)
	head := PublicKey{}.sshBlob()[:4+len(sshType)+4]
	if err != nil || len(blob) < len(head) || !bytes.Equal(blob[:len(head)], head) {
		return nil, badKey("what follows %q is not such a key in base64", sshType)
	}
	return blob[len(head):], nil
}

func pkixBytes(der []byte) ([]byte, error) {
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, badKey("the PEM holds no public key: %v", err)
	}
	ed, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, badKey("the PEM holds a %T, not an Ed25519 key", key)
	}
	return ed, nil
}

// strong refuses the points of small order, for which signatures of anything can be made without a secret, and encodings that are none.
func strong(raw []byte) error {
	p, err := new(edwards25519.Point).SetBytes(raw)
	if err != nil {
		return badKey("it is not a point of the curve")
	}
	if new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return badKey("it is a weak key: anybody can sign for it")
	}
	if !bytes.Equal(p.Bytes(), raw) {
		return badKey("it is not written in its one canonical form")
	}
	return nil
}

// ParsePrivateKey reads a key as keygen writes it, PEM with PKCS #8, or as the conventions' 65 bytes. The error is a [*KeyError].
func ParsePrivateKey(data []byte) (PrivateKey, error) {
	if len(data) == 1+ed25519.PrivateKeySize && data[0] == rawPrivate {
		key := ed25519.NewKeyFromSeed(data[1 : 1+ed25519.SeedSize])
		if !bytes.Equal(key, data[1:]) {
			return PrivateKey{}, badKey("its public half does not belong to its secret half")
		}
		return PrivateKey{key}, nil
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "PRIVATE KEY" {
		return PrivateKey{}, badKey("this is no private key; make one with `witgen keygen`")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return PrivateKey{}, badKey("the PEM holds no private key: %v", err)
	}
	ed, ok := key.(ed25519.PrivateKey)
	if !ok {
		return PrivateKey{}, badKey("the PEM holds a %T, not an Ed25519 key", key)
	}
	return PrivateKey{ed}, nil
}

// PEM is the key as keygen writes it: PKCS #8. It holds the secret.
func (k PrivateKey) PEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func badKey(format string, args ...any) error { return &KeyError{Reason: fmt.Sprintf(format, args...)} }
