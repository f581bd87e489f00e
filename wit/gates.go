package wit

import "github.com/airsstack/witgen/wit/syntax"

func stability(a syntax.Attrs) Stability {
	return Stability{Since: a.Since, Feature: a.Feature, Deprecated: a.Deprecated}
}

func externalID(a syntax.Attrs) string {
	if a.ExternalID == nil {
		return ""
	}
	return *a.ExternalID
}

// included says whether the gates of an item let it in [WIT.md, Feature Gates]; at
// is the item's name.
func (r *resolver) included(f *file, a syntax.Attrs, at syntax.Span) bool {
	if a.Feature != "" {
		return r.options.allFeatures || r.options.features[a.Feature]
	}
	if a.Since == "" {
		return true
	}
	pkg := f.pkg.model.Name
	switch {
	case pkg.Name == "" || !syntax.ValidVersion(a.Since): // reported
	case pkg.Version == "":
		r.errorf(f.src, at, "an item is @since a version, but package `%s` has none", pkg).
			WithHint("give it one: `package %s@%s;`", pkg, a.Since)
	case syntax.ValidVersion(pkg.Version) && syntax.CompareVersions(a.Since, pkg.Version) > 0:
		r.errorf(f.src, at, "this is @since version %s, but its package is `%s`", a.Since, pkg).
			WithHint("an item cannot be newer than its package")
	}
	return true
}

// gatedOff reports that something that is let in needs something that is not.
func (r *resolver) gatedOff(f *file, at syntax.Span, what, name, feature string) {
	e := r.errorf(f.src, at, "this needs the %s `%s`, which is left out", what, name)
	if feature != "" {
		e.WithHint("it belongs to the feature `%[1]s`: turn that on, or mark this @unstable(feature = %[1]s) too", feature)
	}
}
