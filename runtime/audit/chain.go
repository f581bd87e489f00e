package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/airsstack/witgen/runtime/trust/signature"
)

// chainEnd is how each line ends: its chain in hex between these two.
const (
	chainKey = `,"chain":"`
	chainEnd = `"}`
	chainLen = len(chainKey) + 2*sha256.Size + len(chainEnd)
)

type chain [sha256.Size]byte

// next is the chain after a line without its own.
func (c chain) next(line []byte) chain {
	h := sha256.New()
	h.Write(c[:])
	h.Write(line)
	return chain(h.Sum(nil))
}

func (c chain) String() string { return hex.EncodeToString(c[:]) }

// seal ends a line with its chain.
func seal(line []byte, before chain) ([]byte, chain) {
	c := before.next(line)
	line = append(line, chainKey...)
	line = hex.AppendEncode(line, c[:])
	return append(line, chainEnd+"\n"...), c
}

var errNoChain = errors.New("the line has no chain at its end")

// unseal takes a line apart, without its line feed, and checks its chain.
func unseal(line []byte, before chain) (Record, chain, error) {
	i := len(line) - chainLen
	if i < 0 || !bytes.HasPrefix(line[i:], []byte(chainKey)) || !bytes.HasSuffix(line, []byte(chainEnd)) {
		return Record{}, before, errNoChain
	}
	c := before.next(line[:i])
	if string(line[i+len(chainKey):len(line)-len(chainEnd)]) != c.String() {
		return Record{}, before, errors.New("the chain is broken: this line, or what stood before it, is not what was written")
	}
	var r Record
	if err := json.Unmarshal(append(line[:i:i], '}'), &r); err != nil {
		return Record{}, before, fmt.Errorf("it is no record: %w", err)
	}
	return r, c, nil
}

// signed is what a checkpoint or a head signs.
func signed(log string, seq uint64, c chain) []byte {
	return fmt.Appendf(nil, "witgen audit log\x00%s\x00%d\x00%s", log, seq, c)
}

// checkpoint makes the record that signs everything up to seq.
func checkpoint(key signature.PrivateKey, log string, seq uint64, c chain) Record {
	return Record{Event: Checkpoint, Meta: map[string]string{
		"of":  strconv.FormatUint(seq, 10),
		"key": key.Public().String(),
		"sig": base64.StdEncoding.EncodeToString(key.Sign(signed(log, seq, c))),
	}}
}

// A Head is the last checkpoint of a log, for keeping where who can write the log cannot.
type Head struct {
	Log   string `json:"log"` // which log: a random number that it began with
	Seq   uint64 `json:"seq"`
	Chain string `json:"chain"`
	Key   string `json:"key"`
	Sig   string `json:"sig"`
}

func verifySig(keys []signature.PublicKey, key, sig string, message []byte) error {
	raw, err := base64.StdEncoding.DecodeString(sig)
	if err != nil {
		return errors.New("its signature is not base64")
	}
	for _, k := range keys {
		if k.String() == key {
			if k.Verify(message, raw) {
				return nil
			}
			return errors.New("its signature is false: the chain was computed anew by somebody who does not have the log's key")
		}
	}
	return fmt.Errorf("it is signed with a key that is not the log's: %.60s", key)
}
