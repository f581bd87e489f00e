package wit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/airsstack/witgen/wit/internal/wasmtools"
)

// Load reads WIT: a file, or a folder of files of one package with its
// dependencies below deps/. Mistakes in it are a *[SyntaxError], parts of the
// language that are not read yet an *[UnsupportedError]. Items marked @unstable
// are left out.
//
// The first load of a process takes about a second where nothing is cached yet.
// Load may be called from several goroutines; loads wait for one another.
func Load(path string) (*Resolve, error) {
	clean := filepath.Clean(path)
	return load(os.DirFS(filepath.Dir(clean)), filepath.Base(clean), filepath.ToSlash(path))
}

// LoadFS reads WIT as Load does, from the file or folder name of fsys.
func LoadFS(fsys fs.FS, name string) (*Resolve, error) {
	return load(fsys, name, name)
}

func load(fsys fs.FS, name, root string) (*Resolve, error) {
	src, err := readSources(fsys, name, root)
	if err != nil {
		return nil, err
	}
	var tree *wasmtools.Tree
	err = src.inTemp(func(at string) error {
		var err error
		if tree, err = wasmtools.Load(at); err != nil {
			return src.explain(err.Error(), at)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r, err := build(tree)
	if err != nil {
		return nil, err
	}
	r.Digest = src.digest()
	main := src.mainPackage()
	for _, p := range r.Packages {
		if p.Name.String() == main || main == "" {
			r.Main = p
		}
	}
	return r, nil
}

// place is how wasm-tools says where: "--> path:line:col", the line, and a caret
// with dashes below it.
var place = regexp.MustCompile(`--> (.+):(\d+):(\d+)`)

var carets = regexp.MustCompile(`\^-*`)

// explain makes an error out of what wasm-tools printed: the line before the
// place is the mistake; without a place the innermost cause is.
func (s *sources) explain(text, at string) error {
	text = strings.TrimSpace(strings.TrimPrefix(text, "wasm-tools: "))
	m := place.FindStringSubmatchIndex(text)
	if m == nil {
		return s.explainPlain(text, at)
	}
	before, after := text[:m[0]], text[m[1]:]
	file := text[m[2]:m[3]]
	line, errLine := strconv.Atoi(text[m[4]:m[5]])
	col, errCol := strconv.Atoi(text[m[6]:m[7]])
	if errors.Join(errLine, errCol) != nil {
		return s.explainPlain(text, at)
	}
	e := &SyntaxError{
		Pos:    Pos{File: s.display(file, at), Line: line, Col: col},
		Msg:    s.rename(lastParagraph(before), at),
		Source: s.line(file, at, line),
		Len:    max(len(carets.FindString(after)), 1),
	}
	if isMap(e) {
		e.Pos.Col -= len("map")
		return &UnsupportedError{Pos: e.Pos, What: "maps"}
	}
	return e
}

// isMap tells whether a mistake is that wasm-tools does not know map<k, v> yet
// and so wonders at the bracket.
func isMap(e *SyntaxError) bool {
	before, rest := e.Source, ""
	if n := e.Pos.Col - 1; n < len(e.Source) {
		before, rest = e.Source[:n], e.Source[n:]
	}
	return strings.HasSuffix(before, "map") && strings.HasPrefix(rest, "<")
}

func (s *sources) explainPlain(text, at string) error {
	lines := strings.Split(text, "\n")
	msg := lines[len(lines)-1]
	return &SyntaxError{Msg: s.root + ": " + s.rename(stripCause(msg), at)}
}

// lastParagraph is the message above a place, which may go over several lines;
// the chain of outer causes above it says only which file was read.
func lastParagraph(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.HasPrefix(line, "Caused by:"), cause.MatchString(line):
			lines = nil
			if s := stripCause(line); s != "" {
				lines = append(lines, s)
			}
		default:
			lines = append(lines, stripCause(line))
		}
	}
	return strings.Join(lines, " ")
}

var cause = regexp.MustCompile(`^\d+: `)

func stripCause(line string) string {
	line = strings.TrimSpace(line)
	line = strings.TrimPrefix(line, "Caused by:")
	line = strings.TrimPrefix(line, "error: ")
	return cause.ReplaceAllString(line, "")
}

// rename puts the person's names in place of those of the private copy.
func (s *sources) rename(msg, at string) string {
	return strings.ReplaceAll(msg, at, s.root)
}
