package trust

import (
	"slices"

	"github.com/airsstack/witgen/runtime/trust/signature"
)

// Level is how far a component is trusted.
type Level string

// The levels.
const (
	Trusted Level = "trusted"  // it comes from a trusted source
	Unknown Level = "unknown"  // it does not: somebody has to approve it
	DevMode Level = "dev-mode" // it does not, and dev mode lets it run all the same
)

// A Verdict is what a config makes of a component.
type Verdict struct {
	Level  Level
	Source Source   // that it comes from; nil unless Trusted
	Signer string   // whose signature it carries; "" where no key of the config signed it
	Reason []string // why it is not trusted, a sentence each; nil if Trusted
}

// Judge judges a component by all sources, in their order.
func (c *Config) Judge(of *Component) Verdict {
	f := c.examine(of)
	v := Verdict{Level: Unknown}
	for _, s := range c.Sources {
		k, ok := s.(*Key)
		if ok && v.Signer == "" && s.covers(f) {
			v.Signer = k.Signer
		}
		if v.Source == nil && s.covers(f) {
			v.Level, v.Source = Trusted, s
		}
	}
	if v.Source != nil {
		return v
	}
	if c.DevMode {
		v.Level = DevMode
	}
	v.Reason = c.reasons(f)
	return v
}

// examined is a component with what is found out once for all sources.
type examined struct {
	*Component
	hash    string
	signers map[signature.PublicKey]bool
	signing error // why there are no signers
}

func (c *Config) examine(of *Component) *examined {
	f := &examined{Component: of, hash: of.Hash(), signers: map[signature.PublicKey]bool{}}
	var all []signature.PublicKey
	for _, s := range c.Sources {
		if k, ok := s.(*Key); ok {
			all = append(all, k.PublicKey)
		}
	}
	signers, err := signature.Verify(of.Wasm, all...)
	for _, k := range signers {
		f.signers[k] = true
	}
	f.signing = err
	return f
}

// reasons says, for each sort of source that there is, why none of it covers the component.
func (c *Config) reasons(f *examined) []string {
	var why []string
	if len(c.Sources) == 0 {
		why = append(why, "no source is trusted")
	}
	if unproven := f.Claim.unproven(f.Component); unproven != "" {
		why = append(why, unproven)
	}
	for _, s := range c.Sources {
		reason := ""
		switch s.(type) {
		case *Key:
			reason = f.signing.Error()
		case *Local:
			reason = "it lies in no trusted place"
		case *Hash:
			reason = "its hash is not a trusted one"
		case *Git:
			reason = "it is not recorded that it was fetched from a trusted repository"
		}
		if !slices.Contains(why, reason) {
			why = append(why, reason)
		}
	}
	return why
}
