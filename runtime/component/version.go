package component

import (
	"slices"
	"strconv"
	"strings"
)

// Interface names end in a version: "demo:shop/files@0.2.0". Two versions are
// compatible when they have the same canonical version [Explainer.md,
// "canonversion"]: the same major one, or the same minor one below 1.0.0, or the
// same patch below 0.1.0. Prereleases are compatible with themselves only.

func splitVersion(name string) (base, version string) {
	base, version, _ = strings.Cut(name, "@")
	return base, version
}

func versionName(version string) string {
	if version == "" {
		return "it without a version"
	}
	return "version " + version
}

func compatible(a, b string) bool {
	baseA, va := splitVersion(a)
	baseB, vb := splitVersion(b)
	if baseA != baseB || va == "" || vb == "" {
		return false
	}
	ca, cb := canonVersion(va), canonVersion(vb)
	return ca != "" && ca == cb
}

// A version is a semantic version without its build metadata.
type version struct {
	num [3]uint64
	pre string
}

func parseVersion(s string) (v version, ok bool) {
	s, _, _ = strings.Cut(s, "+")
	s, v.pre, _ = strings.Cut(s, "-")
	parts := strings.Split(s, ".")
	if len(parts) != len(v.num) {
		return v, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 64)
		if err != nil || p != strconv.FormatUint(n, 10) {
			return v, false
		}
		v.num[i] = n
	}
	return v, true
}

// canonVersion is "" for what is no version, and the version itself for a
// prerelease.
func canonVersion(s string) string {
	v, ok := parseVersion(s)
	switch {
	case !ok:
		return ""
	case v.pre != "":
		return s
	case v.num[0] > 0:
		return strconv.FormatUint(v.num[0], 10)
	case v.num[1] > 0:
		return "0." + strconv.FormatUint(v.num[1], 10)
	}
	return "0.0." + strconv.FormatUint(v.num[2], 10)
}

// newer reports whether a's version is higher than b's. Both are versions that
// compatible took: prereleases do not meet here.
func newer(a, b string) bool {
	_, sa := splitVersion(a)
	_, sb := splitVersion(b)
	va, _ := parseVersion(sa)
	vb, _ := parseVersion(sb)
	return slices.Compare(va.num[:], vb.num[:]) > 0
}
