package trust

import (
	"fmt"
	"path/filepath"
)

// A Claim is what a manifest says of where its component comes from: a repository, or a place. Anybody can write one, so that it gives no trust; it can
// only take some: a component that is recorded as fetched from elsewhere, or lies elsewhere, is not the one that the manifest is about.
type Claim struct {
	Git    string // the repository's URL; "" where it is a place
	Branch string // "" for any
	Commit string // "" for any
	Path   string // absolute; "" where it is a repository
}

// agreesWith says whether a record is one of what is claimed. No claim agrees with all.
func (c *Claim) agreesWith(o *Origin) bool {
	if c == nil {
		return true
	}
	claimed, err := parseURL(c.Git)
	recorded, _ := parseURL(o.URL)
	return err == nil && claimed == recorded && (c.Branch == "" || c.Branch == o.Branch) && (c.Commit == "" || c.Commit == o.Commit)
}

// liesAt says whether a file, by its true path, is at the place that is claimed. The claim of a repository says nothing of places.
func (c *Claim) liesAt(path string) bool {
	if c == nil || c.Path == "" {
		return true
	}
	place, err := filepath.EvalSymlinks(filepath.FromSlash(c.Path))
	return err == nil && place == path
}

func (c *Claim) String() string {
	if c.Git == "" {
		return c.Path
	}
	s := c.Git
	if c.Branch != "" {
		s += " branch " + c.Branch
	}
	if c.Commit != "" {
		s += " commit " + c.Commit
	}
	return s
}

// unproven says why nothing follows from a claim; "" where it is what was recorded, or where the file lies.
func (c *Claim) unproven(of *Component) string {
	const claims = "its manifest says that it comes from %.200q, and "
	switch {
	case c == nil:
		return ""
	case c.Path != "" && !c.liesAt(of.Path):
		return fmt.Sprintf(claims+"it does not lie there", c)
	case c.Git != "" && of.Origin == nil:
		return fmt.Sprintf(claims+"nobody has recorded that of these bytes", c)
	case c.Git != "" && !c.agreesWith(of.Origin):
		return fmt.Sprintf(claims+"it is recorded as fetched from %s", c, of.Origin)
	}
	return ""
}
