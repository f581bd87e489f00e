package validate

import (
	"fmt"
	"strings"
)

// nameKind tells the forms of import and export names apart [Explainer.md,
// Import and Export Definitions].
type nameKind uint8

const (
	nameLabel       nameKind = iota // a-b
	nameConstructor                 // [constructor]a-b
	nameMethod                      // [method]a.b
	nameStatic                      // [static]a.b
	nameInterface                   // a:b/c@1.0.0
)

// A name is the name of an import or export, taken apart.
type name struct {
	kind nameKind
	// resource is that of a constructor, method or static function.
	resource string
	// version is what follows the "@" of an interface name, if hasVersion.
	version    string
	hasVersion bool
	// canonical is equal for names that are too alike to stand side by side
	// [Explainer.md, Name Uniqueness].
	canonical string
}

// formerNames start names that the specification had once.
var formerNames = []string{"unlocked-dep=", "locked-dep=", "url=", "integrity="}

// parseName takes a name apart. The error says what is wrong with it.
func parseName(s string) (name, error) {
	if rest, ok := strings.CutPrefix(s, "[constructor]"); ok {
		return name{kind: nameConstructor, resource: rest, canonical: strings.ToLower(s)}, checkLabel(rest)
	}
	if rest, ok := strings.CutPrefix(s, "[method]"); ok {
		return parseMember(nameMethod, rest)
	}
	if rest, ok := strings.CutPrefix(s, "[static]"); ok {
		return parseMember(nameStatic, rest)
	}
	for _, former := range formerNames {
		if strings.HasPrefix(s, former) {
			return name{}, fmt.Errorf("the component model no longer has names that start with %q; build the component with newer tools", former)
		}
	}
	if strings.Contains(s, ":") {
		return parseInterfaceName(s)
	}
	return name{kind: nameLabel, canonical: strings.ToLower(s)}, checkLabel(s)
}

// parseMember takes apart what follows [method] or [static].
func parseMember(kind nameKind, s string) (name, error) {
	resource, member, ok := strings.Cut(s, ".")
	if !ok {
		return name{}, fmt.Errorf("%q has no `.` between a resource and the name of its function", s)
	}
	if err := checkLabel(resource); err != nil {
		return name{}, err
	}
	if err := checkLabel(member); err != nil {
		return name{}, err
	}
	n := name{kind: kind, resource: resource, canonical: strings.ToLower(s)}
	if strings.EqualFold(resource, member) {
		n.canonical = strings.ToLower(member)
	}
	return n, nil
}

// parseInterfaceName takes apart namespace:package/interface@version.
func parseInterfaceName(s string) (name, error) {
	path, version, hasVersion := strings.Cut(s, "@")
	namespace, rest, _ := strings.Cut(path, ":")
	pkg, iface, ok := strings.Cut(rest, "/")
	if err := checkWords(namespace); err != nil {
		return name{}, err
	}
	if strings.Contains(pkg, ":") {
		return name{}, fmt.Errorf("%q has more than one namespace", s)
	}
	if err := checkWords(pkg); err != nil {
		return name{}, err
	}
	if !ok {
		return name{}, fmt.Errorf("%q has no `/` and interface behind the package", s)
	}
	if strings.Contains(iface, "/") {
		return name{}, fmt.Errorf("%q has more than one `/`", s)
	}
	if err := checkLabel(iface); err != nil {
		return name{}, err
	}
	n := name{kind: nameInterface, version: version, hasVersion: hasVersion, canonical: strings.ToLower(path)}
	if hasVersion {
		n.canonical += "@" + version // a version has no acronyms
	}
	return n, nil
}

// checkVersion holds the version of an interface name and its suffix to the
// grammar [Explainer.md, Canonical Interface Name].
func (n name) checkVersion(suffix string, hasSuffix bool) error {
	switch {
	case hasSuffix && !n.hasVersion:
		return fmt.Errorf("it has a version suffix, %q, and no version for it to follow", suffix)
	case hasSuffix && !isCanonVersion(n.version):
		return fmt.Errorf("it has a version suffix, %q, but %q is no version up to its first number that counts, as 1, 0.2 or 0.0.3", suffix, n.version)
	case hasSuffix:
		if err := checkSemver(n.version + suffix); err != nil {
			return fmt.Errorf("version %q with its suffix: %w", n.version+suffix, err)
		}
	case n.hasVersion && !isCanonVersion(n.version):
		if err := checkSemver(n.version); err != nil {
			return fmt.Errorf("version %q: %w", n.version, err)
		}
	}
	return nil
}

// checkLabel holds a label to the grammar: words of lower-case or acronyms of
// upper-case letters and digits, hyphens between them, a letter first.
func checkLabel(s string) error {
	if s == "" {
		return fmt.Errorf("a label is empty")
	}
	first := true
	for word := range strings.SplitSeq(s, "-") {
		if !isWord(word, 'a', 'z') && !isWord(word, 'A', 'Z') || first && isDigit(word[0]) {
			return fmt.Errorf("%q is not in kebab case, as a-b1 or a-HTTP", s)
		}
		first = false
	}
	return nil
}

// checkWords holds a namespace or package to the grammar: a label of lower-case
// words.
func checkWords(s string) error {
	if err := checkLabel(s); err != nil {
		return err
	}
	if strings.ToLower(s) != s {
		return fmt.Errorf("%q has upper-case letters; namespaces and packages have none", s)
	}
	return nil
}

// isWord tells whether s is not empty and made of digits and letters from a to z.
func isWord(s string, a, z byte) bool {
	for i := range len(s) {
		if c := s[i]; !isDigit(c) && (c < a || c > z) {
			return false
		}
	}
	return s != ""
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isCanonVersion tells whether a version ends with its first number that is not
// 0 [Explainer.md, canonversion].
func isCanonVersion(s string) bool {
	if s == "0.0.0" {
		return true
	}
	last := s
	for range 2 {
		if rest, ok := strings.CutPrefix(last, "0."); ok {
			last = rest
		}
	}
	return isNumber(last) && last != "0"
}

// isNumber tells whether s is a number without leading zeroes.
func isNumber(s string) bool {
	return isWord(s, 1, 0) && (s == "0" || s[0] != '0')
}

// checkSemver holds a version to Semantic Versioning 2.0, items 2, 9 and 10.
func checkSemver(s string) error {
	s, build, hasBuild := strings.Cut(s, "+")
	core, pre, hasPre := strings.Cut(s, "-")
	numbers := strings.Split(core, ".")
	for _, n := range numbers {
		if !isNumber(n) {
			return fmt.Errorf("%q is no number without leading zeroes", n)
		}
	}
	if len(numbers) != 3 {
		return fmt.Errorf("it has %d numbers, not 3", len(numbers))
	}
	if hasPre {
		for id := range strings.SplitSeq(pre, ".") {
			if err := checkIdentifier(id); err != nil {
				return fmt.Errorf("pre-release: %w", err)
			}
			if isWord(id, 1, 0) && !isNumber(id) {
				return fmt.Errorf("pre-release: %q has a leading zero", id)
			}
		}
	}
	if hasBuild {
		for id := range strings.SplitSeq(build, ".") {
			if err := checkIdentifier(id); err != nil {
				return fmt.Errorf("build: %w", err)
			}
		}
	}
	return nil
}

func checkIdentifier(s string) error {
	if s == "" {
		return fmt.Errorf("an identifier is empty")
	}
	for i := range len(s) {
		if c := s[i]; c != '-' && !isWord(string(c), 'a', 'z') && !isWord(string(c), 'A', 'Z') {
			return fmt.Errorf("%q has characters other than letters, digits and hyphens", s)
		}
	}
	return nil
}

// checkLabels holds the labels of a type to the grammar and to strong uniqueness.
func (v *validator) checkLabels(what string, parts []part) {
	seen := make(map[string]string, len(parts))
	for _, p := range parts {
		if err := checkLabel(p.label); err != nil {
			v.failNamed(ClassName, p.label, "%s %q: %v", what, p.label, err)
		}
		canonical := strings.ToLower(p.label)
		if prior, ok := seen[canonical]; ok {
			if prior == p.label {
				v.failNamed(ClassUnique, p.label, "%s %q occurs twice", what, p.label)
			}
			v.failNamed(ClassUnique, p.label, "%s %q conflicts with the earlier %q: labels must differ in more than upper and lower case", what, p.label, prior)
		}
		seen[canonical] = p.label
	}
}
