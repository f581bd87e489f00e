package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/internal/durable"
	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/learn"
	"github.com/airsstack/witgen/runtime/manifest"
)

// learnedName is the manifest that was learnt, beside the one that is in force.
const learnedName = "Component.learned.toml"

// learnOptions are the flags of learning.
type learnOptions struct{ on, lenient bool }

// begin has a host's components watched; nil where they are not. It says whether what is not granted runs meanwhile.
func (o *learnOptions) begin(cmd *cobra.Command, config *runtime.Config, dev bool) (*learn.Book, error) {
	if !o.on {
		return nil, nil
	}
	if o.lenient && config.Gate != nil && !dev {
		return nil, errors.Join(errors.New("--grant-all lets components have what nobody approved: it needs --dev here"), config.Gate.Close())
	}
	book := &learn.Book{Lenient: o.lenient}
	config.Guard = func(a actor.Address) []capability.GuardOption { return book.Guard(a.String()) }
	if o.lenient {
		fmt.Fprintln(cmd.ErrOrStderr(), "WARNING: learning, and meanwhile components have whatever they ask for")
	} else {
		fmt.Fprintln(cmd.ErrOrStderr(), "learning; what is not granted is refused meanwhile")
	}
	return book, nil
}

// writeLearned writes a manifest beside each.
func writeLearned(cmd *cobra.Command, book *learn.Book, manifests []*manifest.Manifest) error {
	if book == nil {
		return nil
	}
	var errs []error
	for _, m := range manifests {
		demands, more := book.Demands(m.Name)
		file := filepath.Join(filepath.Dir(m.Path), learnedName)
		src, err := os.ReadFile(m.Path)
		if err == nil {
			src, err = learn.Write(src, demands)
		}
		if err == nil {
			err = durable.WriteFile(file, src, 0o644)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.Path, err))
			continue
		}
		text := fmt.Sprintf("%s: it asked for %d things", filepath.ToSlash(file), len(demands))
		if n := len(learn.Wordless(m, demands)); n > 0 {
			text += fmt.Sprintf(", %d of which the permissions dialect has no words for: they are left out; write the manifest with [component] and [capabilities]", n)
		}
		if unused := unused(m, demands); len(unused) > 0 {
			text += "; granted and not used: " + strings.Join(unused, ", ")
		}
		if more > 0 {
			text += fmt.Sprintf("; %d further calls asked for more than is kept", more)
		}
		fmt.Fprintln(cmd.ErrOrStderr(), text)
	}
	return errors.Join(errs...)
}

// unused are the grants of a manifest that nothing asked for.
func unused(m *manifest.Manifest, demands []learn.Demand) []string {
	var texts []string
	for _, g := range m.Grants() {
		if !slices.ContainsFunc(demands, func(d learn.Demand) bool { return g.Allows(m.Name, d.Kind, d.Action, d.Resource) }) {
			texts = append(texts, g.String())
		}
	}
	return texts
}
