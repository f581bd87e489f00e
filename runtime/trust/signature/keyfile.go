package signature

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// maxKeyFile is far more than any key takes.
const maxKeyFile = 16 << 10

// WriteFiles writes the key to file, which only its owner may read, and its public half to file.pub, as a line of OpenSSH with the comment.
// Neither may be there already: a key that is overwritten is lost.
func (k PrivateKey) WriteFiles(file, comment string) error {
	text, err := k.PEM()
	if err != nil {
		return err
	}
	if err := create(file, text, 0o600); err != nil {
		return err
	}
	if err := create(file+".pub", []byte(k.Public().SSH(comment)+"\n"), 0o644); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}

func create(file string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, os.ErrExist) {
		return &KeyError{file, "there is such a file already, and it is not overwritten"}
	} else if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// ReadPrivateKey reads a private key from a file that only its owner may read, where the system has such files. Bad keys are a [*KeyError].
func ReadPrivateKey(file string) (PrivateKey, error) {
	data, mode, err := read(file)
	if err != nil {
		return PrivateKey{}, err
	}
	if permissions && mode.Perm()&0o077 != 0 {
		return PrivateKey{}, &KeyError{file, fmt.Sprintf("others may read this private key (mode %04o); close it with `chmod 600 %s`", mode.Perm(), file)}
	}
	key, err := ParsePrivateKey(data)
	return key, in(file, err)
}

// ReadPublicKey reads a public key from a file in any form that [ParsePublicKey] knows. Bad keys are a [*KeyError].
func ReadPublicKey(file string) (PublicKey, error) {
	data, _, err := read(file)
	if err != nil {
		return PublicKey{}, err
	}
	key, err := ParsePublicKey(data)
	return key, in(file, err)
}

func in(file string, err error) error {
	if bad, ok := errors.AsType[*KeyError](err); ok {
		bad.File = file
	}
	return err
}

func read(file string) (data []byte, mode os.FileMode, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	data, err = io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(data) > maxKeyFile {
		err = &KeyError{file, "this is no key: the file is too long"}
	}
	return data, info.Mode(), err
}
