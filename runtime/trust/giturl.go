package trust

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/airsstack/witgen/runtime/capability"
)

// A repository is a Git URL taken apart. Only transports that know whom they talk to are trusted: https and ssh.
type repository struct{ scheme, host, path string }

// parseURL reads "https://host/path", "ssh://git@host/path" or "git@host:path". A last ".git" or "/" makes no difference.
func parseURL(text string) (repository, error) {
	if user, rest, ok := strings.Cut(text, "@"); ok && !strings.Contains(text, "://") && !strings.ContainsAny(user, "/:") {
		host, path, ok := strings.Cut(rest, ":")
		if !ok || strings.HasPrefix(path, "/") {
			return repository{}, errors.New("it is no Git URL")
		}
		text = "ssh://" + user + "@" + host + "/" + path
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Opaque != "", u.Host == "":
		return repository{}, errors.New("it is no Git URL")
	case u.Scheme != "https" && u.Scheme != "ssh":
		return repository{}, fmt.Errorf("%s does not prove whom it talks to", u.Scheme)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.ContainsAny(text, "#%\\"):
		return repository{}, errors.New(`it holds "?", "#", "%" or "\"`)
	case u.User != nil && (u.Scheme != "ssh" || u.User.String() != "git"):
		return repository{}, errors.New(`it names a user; only "git@" may stand before an ssh host`)
	}
	path := strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), ".git")
	for _, segment := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		if segment == "" || segment == "." || segment == ".." {
			return repository{}, errors.New("its path has an empty segment, or one of dots")
		}
	}
	return repository{u.Scheme, strings.TrimSuffix(strings.ToLower(u.Host), "."), path}, nil
}

// A urlPattern matches the URLs of one host.
type urlPattern struct {
	repository
	paths *capability.Pattern
}

func parseURLPattern(text string) (*urlPattern, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if ok && scheme == "https" && strings.Contains(rest, "?") { // url.Parse would take it for a query
		return nil, errors.New(`"?" is no pattern here; write "*"`)
	}
	r, err := parseURL(text)
	switch {
	case err != nil:
		return nil, err
	case strings.ContainsAny(r.host, "*[]{}"):
		return nil, errors.New("its host is a pattern: whoever has a name under it would be trusted")
	case strings.HasPrefix(strings.TrimPrefix(r.path, "/"), "*"):
		return nil, errors.New("it is too wide: it trusts everybody who has a place on that host; name the owner at least")
	}
	paths, err := capability.ParsePattern(capability.Filesystem, r.path)
	if err != nil {
		return nil, err
	}
	return &urlPattern{r, paths}, nil
}

func (p *urlPattern) match(text string) bool {
	r, err := parseURL(text)
	return err == nil && r.scheme == p.scheme && r.host == p.host && p.paths.Match(r.path)
}
