package manifest

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/airsstack/witgen/internal/tomlpos"
)

// check moves what a file says into the model and keeps every mistake of meaning; those of form were kept when it was decoded.
type check struct{ doc *tomlpos.Document }

// defaultNamespace is that of a component whose name has none.
const defaultNamespace = "default"

var (
	addressForm = regexp.MustCompile(`^[A-Za-z0-9._-]+:[A-Za-z0-9._-]+$`)
	topicForm   = regexp.MustCompile(`^(\*|[^\s.*#>\pC]+)(\.(\*|[^\s.*#>\pC]+))*(\.[#>])?$|^[#>]$`)
	groupForm   = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	// What a source is in full, package trust knows.
	repositoryForm = regexp.MustCompile(`^(https://|ssh://|git@)[!-~]{1,500}$`)
	branchForm     = regexp.MustCompile(`^[!-~]{1,250}$`)
	commitForm     = regexp.MustCompile(`^[0-9a-f]{40}$`)
	worldForm      = regexp.MustCompile(`^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*/[a-z][a-z0-9-]*(@[0-9A-Za-z.+-]+)?$`)
)

// identity is what both dialects say of who the component is, in their first tables.
func (c check) identity(m *Manifest, table string, f identity) {
	if !c.doc.Has(table) {
		c.doc.Fail(fmt.Sprintf("there is no [%s] table", table), fmt.Sprintf(`begin with [%s], name = "namespace:name" and version = "1.0.0"`, table))
		return
	}
	if c.doc.Failed(table) {
		return
	}
	if c.required(table, "name", f.Name) {
		m.Name = f.Name
		if !strings.Contains(f.Name, ":") {
			m.Name = defaultNamespace + ":" + f.Name
		}
		if !addressForm.MatchString(m.Name) {
			c.fail(fmt.Sprintf("%q is not a component's name", f.Name), `write namespace:name, as in "orders:ledger", of letters, digits, "-", "_" and "."`, table, "name")
		}
	}
	if c.required(table, "version", f.Version) {
		m.Version = f.Version
		if core, _, _ := strings.Cut(f.Version, "-"); !semver.IsValid("v"+f.Version) || strings.Count(core, ".") < 2 {
			c.fail(fmt.Sprintf("%q is not a semantic version", f.Version), `write three numbers, as in "1.0.0"`, table, "version")
		}
	}
	m.Description, m.Authors, m.License = f.Description, f.Authors, f.License
}

// component is what [component] says beside the identity.
func (c check) component(m *Manifest, f *component) {
	m.World, m.File = f.World, f.File
	c.source(m, &f.Source)
	if c.has("component", "world") && !worldForm.MatchString(f.World) {
		c.fail(fmt.Sprintf("%q is not the name of a world", f.World), `write it as in "airssys:core/airssys-component"`, "component", "world")
	}
	if c.has("component", "file") && (!filepath.IsLocal(filepath.FromSlash(f.File)) || strings.Contains(f.File, `\`)) {
		c.fail(fmt.Sprintf("%q is not a path below the manifest's folder", f.File), `write a relative path with "/", without ".."`, "component", "file")
	}
}

// source is where the component comes from.
func (c check) source(m *Manifest, f *source) {
	at := []any{"component", "source"}
	if !c.has(at...) {
		return
	}
	m.Source = &Source{f.Git, f.Branch, f.Commit, f.Path}
	git, path := c.doc.Has(below(at, "git")...), c.doc.Has(below(at, "path")...)
	if git == path {
		c.fail("`source` names a repository or a path, one of the two", `write { git = "https://github.com/acme/tool", commit = "…" } or { path = "/opt/components/tool.wasm" }`, at...)
		return
	}
	for _, key := range []string{"branch", "commit"} {
		if path && c.has(below(at, key)...) {
			c.doc.FailKey(fmt.Sprintf("`%s` means nothing with `path`", key), "leave it out", below(at, key)...)
		}
	}
	if git && !repositoryForm.MatchString(f.Git) {
		c.fail(fmt.Sprintf("%q is not the URL of a repository", f.Git), `write it as in "https://github.com/acme/tool" or "ssh://git@host/acme/tool"`, below(at, "git")...)
	}
	if c.has(below(at, "branch")...) && !branchForm.MatchString(f.Branch) {
		c.fail(fmt.Sprintf("%q is not the name of a branch", f.Branch), `write it as Git has it: "main"`, below(at, "branch")...)
	}
	if c.has(below(at, "commit")...) && !commitForm.MatchString(f.Commit) {
		c.fail(fmt.Sprintf("%q is not a commit", f.Commit), "write its 40 hex digits, in lower case", below(at, "commit")...)
	}
	if path && (!strings.HasPrefix(f.Path, "/") && !filepath.IsAbs(filepath.FromSlash(f.Path)) || len(f.Path) > 4096) {
		c.fail(fmt.Sprintf("%q is not an absolute path", f.Path), `write it as in "/opt/components/tool.wasm"`, below(at, "path")...)
	}
}

func (c check) required(table, key, value string) bool {
	if !c.doc.Has(table, key) {
		c.doc.FailKey(fmt.Sprintf("[%s] has no `%s`", table, key), "", table)
		return false
	}
	if value == "" && c.has(table, key) {
		c.fail(fmt.Sprintf("`%s` is empty", key), "", table, key)
	}
	return value != ""
}

func (c check) supervision(m *Manifest, f *supervision) {
	at := []any{"supervision"}
	c.oneOf(f.Restart, []string{string(Permanent), string(Transient), string(Temporary)}, below(at, "restart"))
	c.oneOf(f.Strategy, []string{string(OneForOne), string(OneForAll), string(RestForOne)}, below(at, "strategy"))
	switch {
	case c.has(below(at, "group")...) && !groupForm.MatchString(f.Group):
		c.fail(fmt.Sprintf("%q is not the name of a group", f.Group), `write letters, digits, "-" and "_", with dots for groups within groups, as in "books" or "shop.books"`, below(at, "group")...)
	case c.has(below(at, "strategy")...) && !c.doc.Has(below(at, "group")...):
		c.doc.FailKey("`strategy` means nothing without a group", `name one, as in group = "books", in the manifest of each component that belongs to it`, below(at, "strategy")...)
	}
	c.between(int64(f.MaxRestarts), 0, 1_000_000, "", below(at, "max_restarts"))
	c.lasting(f.Within, time.Millisecond, 24*time.Hour, below(at, "within"))
	c.lasting(f.StartupTimeout, time.Millisecond, time.Hour, below(at, "startup_timeout"))
	c.lasting(f.ShutdownTimeout, time.Millisecond, time.Hour, below(at, "shutdown_timeout"))
	m.Supervision = Supervision{
		Restart: Restart(f.Restart), Group: f.Group, Strategy: Strategy(f.Strategy), MaxRestarts: f.MaxRestarts, Within: time.Duration(f.Within),
		StartupTimeout: time.Duration(f.StartupTimeout), ShutdownTimeout: time.Duration(f.ShutdownTimeout),
		KeepState: f.KeepState,
	}
	c.backoff(m, &f.Backoff, below(at, "backoff"))
	c.health(m, &f.Health, below(at, "health"))
}

func (c check) health(m *Manifest, f *health, at []any) {
	c.lasting(f.Interval, 0, 24*time.Hour, below(at, "interval"))
	c.lasting(f.Timeout, time.Millisecond, time.Hour, below(at, "timeout"))
	c.between(int64(f.Failures), 1, 1_000_000, "", below(at, "failures"))
	m.Supervision.Health = Health{time.Duration(f.Interval), time.Duration(f.Timeout), f.Failures}
}

// subscriptions holds topics to the form that the broker wants.
func (c check) subscriptions(m *Manifest, all []subscription) {
	for i, s := range all {
		at := []any{"subscriptions", i, "topic"}
		if s.Topic == "" && !c.doc.Has(at...) {
			c.fail("a subscription has no `topic`", `write topic = "orders.*"`, "subscriptions", i)
			continue
		}
		if !topicForm.MatchString(s.Topic) || len(s.Topic) > 255 || strings.Count(s.Topic, ".") > 31 {
			c.fail(fmt.Sprintf("%q is not a pattern of topics", s.Topic), `write segments with dots between them, "*" for one and "#" at the end for the rest, as in "orders.*.paid" or "orders.#"`, at...)
		}
		m.Subscriptions = append(m.Subscriptions, s.Topic)
	}
}

func (c check) backoff(m *Manifest, f *backoff, at []any) {
	kinds := []string{string(Exponential), string(Linear), string(Immediate)}
	c.oneOf(f.Kind, kinds, below(at, "kind"))
	c.lasting(f.Base, time.Millisecond, time.Hour, below(at, "base"))
	c.lasting(f.Max, time.Millisecond, 24*time.Hour, below(at, "max"))
	if f.Max < f.Base && f.Base <= duration(time.Hour) && (c.has(below(at, "max")...) || c.has(below(at, "base")...)) {
		c.fail("`max` is shorter than `base`", fmt.Sprintf("base is %s", time.Duration(f.Base)), below(at, "max")...)
	}
	if !(f.Multiplier >= 1 && f.Multiplier <= 100) {
		c.fail(fmt.Sprintf("`multiplier` is %v, and must be from 1 to 100", f.Multiplier), "", below(at, "multiplier")...)
	}
	m.Supervision.Backoff = Backoff{
		Kind: BackoffKind(f.Kind), Base: time.Duration(f.Base), Multiplier: f.Multiplier, Max: time.Duration(f.Max), Jitter: f.Jitter,
	}
	for _, key := range map[string][]string{"linear": {"multiplier"}, "immediate": {"base", "multiplier", "max", "jitter"}}[f.Kind] {
		if c.has(below(at, key)...) {
			c.doc.FailKey(fmt.Sprintf("`%s` means nothing with kind = %q", key, f.Kind), "leave it out", below(at, key)...)
		}
	}
	switch m.Supervision.Backoff.Kind {
	case Linear:
		m.Supervision.Backoff.Multiplier = 0
	case Immediate:
		m.Supervision.Backoff = Backoff{Kind: Immediate}
	}
}

func (c check) mailbox(m *Manifest, f *mailbox) {
	c.between(int64(f.Size), 1, 1_000_000, " messages", []any{"mailbox", "size"})
	c.lasting(f.DeliveryTimeout, time.Millisecond, time.Hour, []any{"mailbox", "delivery_timeout"})
	each, all := []any{"mailbox", "max_message_bytes"}, []any{"mailbox", "max_bytes"}
	m.Mailbox = Mailbox{
		Size: f.Size, DeliveryTimeout: time.Duration(f.DeliveryTimeout),
		MaxMessageBytes: uint64(c.number(int64(f.MaxMessageBytes), 1, mostValueBytes, " bytes", each)),
		MaxBytes:        uint64(c.number(int64(f.MaxBytes), 1, mostMailboxBytes, " bytes", all)),
	}
	if b := &m.Mailbox; b.MaxBytes > 0 && b.MaxMessageBytes > b.MaxBytes {
		c.fail("`max_message_bytes` is more than `max_bytes`, so that the largest messages would never fit", fmt.Sprintf("max_bytes is %d", b.MaxBytes), each...)
	}
}

func (c check) audit(m *Manifest, f *audit) {
	c.oneOf(f.Level, []string{string(AuditDenied), string(AuditEvery)}, []any{"audit", "level"})
	m.Audit = AuditLevel(f.Level)
}

func (c check) env(m *Manifest, env map[string]string) {
	m.Env = env
	for key, value := range env {
		switch {
		case key == "" || strings.ContainsAny(key, "=\x00"):
			c.doc.FailKey(fmt.Sprintf("%q cannot be the name of a variable", key), `leave out "=" and NUL`, "env", key)
		case strings.Contains(value, "\x00"):
			c.fail("the value of a variable cannot hold NUL", "", "env", key)
		}
	}
}

// has says whether the file has a value at path whose form was not a mistake already.
func (c check) has(path ...any) bool { return c.doc.Has(path...) && !c.doc.Failed(path...) }

// fail keeps a mistake of meaning unless the value's form was one already.
func (c check) fail(msg, hint string, path ...any) {
	if !c.doc.Failed(path...) {
		c.doc.Fail(msg, hint, path...)
	}
}

func (c check) oneOf(value string, known []string, path []any) {
	if slices.Contains(known, value) {
		return
	}
	quoted := make([]string, len(known))
	for i, k := range known {
		quoted[i] = strconv.Quote(k)
	}
	hint := "write " + strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
	if near := tomlpos.Nearest(value, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	c.fail(fmt.Sprintf("`%s` cannot be %q", tomlpos.PathString(path...), value), hint, path...)
}

func (c check) between(n, least, most int64, unit string, path []any) {
	if n < least || n > most {
		c.fail(fmt.Sprintf("`%s` is %d, and must be from %d to %d%s", tomlpos.PathString(path...), n, least, most, unit), "", path...)
	}
}

func (c check) lasting(d duration, least, most time.Duration, path []any) {
	if t := time.Duration(d); t < least || t > most {
		c.fail(fmt.Sprintf("`%s` is %s, and must be from %s to %s", tomlpos.PathString(path...), t, least, short(most)), "", path...)
	}
}

// short writes a duration of whole hours without its zero minutes and seconds.
func short(d time.Duration) string {
	return strconv.FormatFloat(math.Round(d.Hours()), 'f', -1, 64) + "h"
}

func below(path []any, key string) []any { return append(path[:len(path):len(path)], key) }
