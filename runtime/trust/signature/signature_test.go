package signature_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/trust/signature"
)

func component(t testing.TB) []byte {
	return readFile(t, "../../../testdata/guests/wat-min/wat-min.wasm")
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newKey(t testing.TB) signature.PrivateKey {
	t.Helper()
	k, err := signature.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t testing.TB, wasm []byte, keys ...signature.PrivateKey) []byte {
	t.Helper()
	for _, k := range keys {
		var err error
		if wasm, err = signature.Sign(wasm, k); err != nil {
			t.Fatal(err)
		}
	}
	return wasm
}

func TestSeveralSigners(t *testing.T) {
	t.Parallel()
	a, b, c := newKey(t), newKey(t), newKey(t)
	plain := component(t)
	signed := sign(t, plain, a, b)
	got, err := signature.Verify(signed, c.Public(), b.Public(), a.Public())
	if want := []signature.PublicKey{b.Public(), a.Public()}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if _, err := signature.Verify(signed, c.Public()); !isMismatch(err, 2, 2) {
		t.Errorf("by a key that did not sign: %v", err)
	}
	if _, err := signature.Verify(signed); !isMismatch(err, 2, 2) {
		t.Errorf("by no key: %v", err)
	}
	if _, err := signature.Verify(signed, signature.PublicKey{}); !isMismatch(err, 2, 2) {
		t.Errorf("by the zero key: %v", err)
	}
	if _, err := signature.Sign(signed, a); !errors.Is(err, signature.ErrSigned) {
		t.Errorf("signed twice: %v", err)
	}
	if _, err := signature.Verify(plain, a.Public()); !errors.Is(err, signature.ErrUnsigned) {
		t.Errorf("unsigned: %v", err)
	}
	if stripped, err := signature.Strip(signed); err != nil || !bytes.Equal(stripped, plain) {
		t.Errorf("stripped it is not what it was: %v", err)
	}
}

func isMismatch(err error, signatures, covering int) bool {
	e, ok := errors.AsType[*signature.MismatchError](err)
	return ok && e.Signatures == signatures && e.Covering == covering
}

// TestEveryByte changes one byte at a time, in each of its bits. What is outside of the signature section may not change at all. Within it a change
// may leave the signature as it is (a longer way to write a number), but then it is of the same component.
func TestEveryByte(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	plain := component(t)
	signed := sign(t, plain, key)
	head := len(signed) - len(plain) + 8
	for i := range signed {
		for bit := range 8 {
			bad := slices.Clone(signed)
			bad[i] ^= 1 << bit
			_, err := signature.Verify(bad, key.Public())
			if err != nil {
				continue
			}
			if i < 8 || i >= head {
				t.Errorf("byte %#x, bit %d: changed and still signed", i, bit)
			}
			if was, err := signature.Strip(bad); err != nil || !bytes.Equal(was, plain) {
				t.Errorf("byte %#x, bit %d: another component with that signature", i, bit)
			}
		}
		if _, err := signature.Verify(signed[:i], key.Public()); err == nil {
			t.Errorf("cut at %#x and still signed", i)
		}
	}
	if _, err := signature.Verify(append(slices.Clone(signed), 0, 2, 1, 'x'), key.Public()); !isMismatch(err, 1, 0) {
		t.Errorf("a section was added: %v", err)
	}
	again := sign(t, append(slices.Clone(signed), 0, 2, 1, 'x'), key)
	if _, err := signature.Verify(again, key.Public()); err != nil {
		t.Errorf("changed and signed again: %v", err)
	}
}

// The files of testdata/wasmsign2 were signed by that program, version 0.2.8; see README.md there.
func TestOfWasmsign2(t *testing.T) {
	t.Parallel()
	a, b := publicKey(t, "testdata/wasmsign2/a.pub"), publicKey(t, "testdata/wasmsign2/b.pub")
	for _, tt := range []struct {
		file string
		want []signature.PublicKey
	}{
		{"one.wasm", []signature.PublicKey{a}},
		{"nameless.wasm", []signature.PublicKey{a}},
		{"two.wasm", []signature.PublicKey{a, b}},
		{"split.wasm", []signature.PublicKey{a}}, // of several parts
	} {
		wasm := readFile(t, "testdata/wasmsign2/"+tt.file)
		got, err := signature.Verify(wasm, a, b)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, %v", tt.file, got, err)
		}
		wasm[len(wasm)-1] ^= 1
		if _, err := signature.Verify(wasm, a, b); err == nil {
			t.Errorf("%s: changed and still signed", tt.file)
		}
	}
	whole := readFile(t, "testdata/wasmsign2/split.wasm")
	part := whole[:bytes.Index(whole, []byte("signature_delimiter"))+19+16] // up to the first delimiter
	if _, err := signature.Verify(part, a); err == nil {
		t.Error("signed in part, and taken for whole")
	}
	both := sign(t, readFile(t, "testdata/wasmsign2/two.wasm"), newKey(t))
	if got, err := signature.Verify(both, a, b); err != nil || len(got) != 2 {
		t.Errorf("signed here too: %v, %v", got, err)
	}
}

// TestForWasmsign2 has that program verify what is signed here, where it is installed (cargo install wasmsign2-cli) and WITGEN_WASMSIGN2 names it.
func TestForWasmsign2(t *testing.T) {
	t.Parallel()
	program := os.Getenv("WITGEN_WASMSIGN2")
	if program == "" {
		t.Skip("WITGEN_WASMSIGN2 names no program")
	}
	dir := t.TempDir()
	a, b := newKey(t), newKey(t)
	signed := sign(t, component(t), a, b)
	file := filepath.Join(dir, "signed.wasm")
	write(t, file, signed)
	for i, k := range []signature.PrivateKey{a, b, newKey(t)} {
		key := filepath.Join(dir, "key")
		if err := k.WriteFiles(key, "me"); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(program, "verify", "-i", file, "--ssh", "-K", key+".pub").CombinedOutput()
		if (err == nil) != (i < 2) {
			t.Errorf("key %d: %v\n%s", i, err, out)
		}
		_, _ = os.Remove(key), os.Remove(key+".pub")
	}
}

func write(t testing.TB, file string, b []byte) {
	t.Helper()
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func publicKey(t testing.TB, file string) signature.PublicKey {
	t.Helper()
	k, err := signature.ReadPublicKey(file)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNotAComponent(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	for _, bad := range []string{"", "\x00asm", "\x00asm\x01\x00\x00\x00", "(component)", "\x00asm\x0d\x00\x01\x00\x00", "\x00asm\x0d\x00\x01\x00\x07\xff\xff\xff\xff\x0f"} {
		if _, err := signature.Sign([]byte(bad), key); !isFormat(err) {
			t.Errorf("%q is signed: %v", bad, err)
		}
		if _, err := signature.Verify([]byte(bad), key.Public()); err == nil {
			t.Errorf("%q is verified", bad)
		}
	}
}

func isFormat(err error) bool { _, ok := errors.AsType[*signature.FormatError](err); return ok }

func TestKeyForms(t *testing.T) {
	t.Parallel()
	key := newKey(t).Public()
	for _, text := range []string{key.String(), key.SSH("ada@example"), key.SSH(""), "  " + key.String() + "\n"} {
		if got, err := signature.ParsePublicKey([]byte(text)); err != nil || got != key {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"", "no key"},
		{"ed25519:", "0"},
		{"ed25519:AAAA", "32 bytes"},
		{"ed25519:!", "base64"},
		{"ed25519:" + strings.Repeat("A", 43) + "=", "weak"},
		{"ed25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "weak"}, // the neutral element
		{"ed25519:7P///////////////////////////////////////38=", "weak"},
		{"ed25519:AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "curve"},
		{"ed25519:7v///////////////////////////////////////38=", "weak"}, // the neutral element, in another encoding
		{"ssh-ed25519", "base64"},
		{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==", "32 bytes"},
		{"ssh-rsa AAAAB3NzaC1yc2E", "ssh-rsa keys are not supported"},
		{"hello", "this is no key"},
	} {
		_, err := signature.ParsePublicKey([]byte(tt.text))
		if _, ok := errors.AsType[*signature.KeyError](err); !ok || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.want)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "release")
	key := newKey(t)
	if err := key.WriteFiles(file, "release"); err != nil {
		t.Fatal(err)
	}
	got, err := signature.ReadPrivateKey(file)
	if err != nil || got.Public() != key.Public() || publicKey(t, file+".pub") != key.Public() {
		t.Errorf("not read as written: %v", err)
	}
	if err := newKey(t).WriteFiles(file, ""); err == nil {
		t.Error("a key was overwritten")
	}
	if strings.Contains(key.String(), "PRIVATE") || !strings.Contains(key.String(), key.Public().String()) {
		t.Errorf("printed as %v", key)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signature.ReadPrivateKey(file); info.Mode().Perm() == 0o640 && (err == nil || !strings.Contains(err.Error(), "chmod 600")) {
		t.Errorf("a key that others read: %v", err)
	}
	if _, err := signature.ReadPrivateKey(file + ".pub"); err == nil {
		t.Error("a public key is taken for a private one")
	}
}

func FuzzVerify(f *testing.F) {
	key := newKey(f)
	a := publicKey(f, "testdata/wasmsign2/a.pub")
	for _, file := range []string{"one", "two", "split"} {
		f.Add(readFile(f, "testdata/wasmsign2/"+file+".wasm"))
	}
	f.Add(component(f))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		signers, err := signature.Verify(wasm, a, key.Public())
		if slices.Contains(signers, key.Public()) {
			t.Fatal("a signature was forged")
		}
		if (err == nil) != (len(signers) > 0) {
			t.Fatalf("%v and %v", signers, err)
		}
		signed, err := signature.Sign(wasm, key)
		if err != nil {
			return
		}
		got, err := signature.Verify(signed, key.Public())
		if err != nil || len(got) != 1 {
			t.Fatalf("signed and not verified: %v", err)
		}
		before, _ := signature.Strip(wasm)
		after, err := signature.Strip(signed)
		if err != nil || !bytes.Equal(before, after) {
			t.Fatalf("signing changed the component: %v", err)
		}
	})
}
