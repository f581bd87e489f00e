package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/internal/durable"
	"github.com/airsstack/witgen/runtime/trust/signature"
)

// newKeygenCommand is `witgen keygen`.
func newKeygenCommand() *cobra.Command {
	var comment string
	cmd := &cobra.Command{
		Use:   "keygen FILE",
		Short: "Make a key to sign components with",
		Long: `Make an Ed25519 key. The private half goes to FILE, which only you may read
(PEM, PKCS #8), the public half to FILE.pub, a line as OpenSSH has it, which is
what others need to verify your signatures. Nothing is overwritten.`,
		Example: `  witgen keygen release
  witgen keygen --comment 'releases of acme' release`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := signature.Generate()
			if err != nil {
				return err
			}
			if err := key.WriteFiles(args[0], comment); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s      the private key: keep it, and keep it to yourself\n%s.pub  the public key, %s\n", args[0], args[0], key.Public())
			return nil
		},
	}
	cmd.Flags().StringVar(&comment, "comment", "", "whose key it is, for the public file")
	return cmd
}

// newSignCommand is `witgen sign`.
func newSignCommand() *cobra.Command {
	var keyFile, out string
	cmd := &cobra.Command{
		Use:   "sign --key KEY FILE.wasm",
		Short: "Sign a component",
		Long: `Add a signature to a component. It covers the whole of it: whatever is changed
afterwards, the signature is worth nothing. Signatures of other keys stay.

The signature is a custom section in the form of the WebAssembly tool
conventions; other tools read it, wasmsign2 for one, and no runtime minds it.`,
		Example: `  witgen sign --key release plugin.wasm
  witgen sign --key release --out signed.wasm plugin.wasm`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := signature.ReadPrivateKey(keyFile)
			if err != nil {
				return err
			}
			wasm, mode, err := readWithMode(args[0])
			if err != nil {
				return err
			}
			signed, err := signature.Sign(wasm, key)
			if err != nil {
				return fmt.Errorf("%s: %w", filepath.ToSlash(args[0]), err)
			}
			if out == "" {
				out = args[0]
			}
			if err := durable.WriteFile(out, signed, mode); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is signed with %s\n", filepath.ToSlash(out), key.Public())
			return nil
		},
	}
	cmd.Flags().StringVarP(&keyFile, "key", "k", "", "the private `KEY`, a file of witgen keygen")
	cmd.Flags().StringVarP(&out, "out", "o", "", "write the signed component to `FILE`; without, it replaces the unsigned one")
	_ = cmd.MarkFlagRequired("key")
	return cmd
}

// newVerifyCommand is `witgen verify`.
func newVerifyCommand() *cobra.Command {
	var keys []string
	cmd := &cobra.Command{
		Use:   "verify --key KEY FILE.wasm",
		Short: "Verify who signed a component",
		Long: `Verify that a component, as it stands, was signed with one of the public keys at
least, and print which. Keys are files (of OpenSSH, PEM, or the conventions' 33
bytes) or are written out, "ed25519:…". The exit status is 1 where none of them
has signed it.`,
		Example: `  witgen verify --key release.pub plugin.wasm
  witgen verify --key ed25519:…= --key other.pub plugin.wasm`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(keys) == 0 {
				return errors.New("by whom? Name the public keys that you believe, each with --key FILE.pub: what a file says of its own signer proves nothing")
			}
			public, names, err := readPublicKeys(keys)
			if err != nil {
				return err
			}
			wasm, _, err := readWithMode(args[0])
			if err != nil {
				return err
			}
			signers, err := signature.Verify(wasm, public...)
			if err != nil {
				return fmt.Errorf("%s: %w", filepath.ToSlash(args[0]), err)
			}
			for _, k := range signers {
				fmt.Fprintf(cmd.OutOrStdout(), "%s is signed, as it stands, with %s\n", filepath.ToSlash(args[0]), names[k])
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVarP(&keys, "key", "K", nil, "a public `KEY`: a file, or the key itself")
	return cmd
}

// readPublicKeys reads keys and keeps what each was called.
func readPublicKeys(keys []string) ([]signature.PublicKey, map[signature.PublicKey]string, error) {
	var public []signature.PublicKey
	names := map[signature.PublicKey]string{}
	for _, name := range keys {
		key, err := signature.ReadPublicKey(name)
		if errors.Is(err, fs.ErrNotExist) {
			if written, e := signature.ParsePublicKey([]byte(name)); e == nil {
				key, err = written, nil
			}
		}
		if err != nil {
			return nil, nil, err
		}
		public = append(public, key)
		names[key] = name
	}
	return public, names, nil
}

func readWithMode(file string) (wasm []byte, mode os.FileMode, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, 0, err
	}
	wasm, err = os.ReadFile(file)
	return wasm, info.Mode().Perm(), err
}
