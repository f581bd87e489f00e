// Package templates holds what `witgen new` starts projects from: a host in Go
// and guests in several languages, all of one small world. It holds no logic but to
// fill in names.
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template"
)

//go:embed host guest-rust guest-c guest-go guest-js
var files embed.FS

// world is the folder with the WIT that all templates share.
const world = "host/wit"

// A Template is one thing to start from.
type Template struct {
	// Name is what the command line calls it.
	Name string
	// Short says what it is.
	Short string
	// Next are the commands to go on with, in the new folder.
	Next []string
}

// All are the templates.
var All = []Template{
	{"host", "a Go program that embeds a component", []string{"go mod tidy", "go run ."}},
	{"guest-rust", "a component in Rust", []string{"sh build.sh", "witgen call --stub NAME.wasm 'greet(\"you\")'"}},
	{"guest-c", "a component in C", []string{"sh build.sh", "witgen call --stub NAME.wasm 'greet(\"you\")'"}},
	{"guest-go", "a component in Go", []string{"sh build.sh", "witgen call --wasi --stub NAME.wasm 'greet(\"you\")'"}},
	{"guest-js", "a component in JavaScript", []string{"sh build.sh", "witgen call --stub NAME.wasm 'greet(\"you\")'"}},
}

// Find is the template of that name.
func Find(name string) (Template, bool) {
	i := slices.IndexFunc(All, func(t Template) bool { return t.Name == name })
	if i < 0 {
		return Template{}, false
	}
	return All[i], true
}

// Files are the files of a new project, by slash-separated names.
func (t Template) Files(project string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, root := range []string{world, t.Name} {
		err := fs.WalkDir(files, root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := files.ReadFile(name)
			if err != nil {
				return err
			}
			to := strings.TrimPrefix(name, t.Name+"/")
			if root == world {
				to = path.Join("wit", strings.TrimPrefix(name, world+"/"))
			}
			out[target(to, project)], err = filled(name, text, project)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// target is what a file of a template is called in the project.
func target(name, project string) string {
	name = strings.TrimSuffix(name, ".tmpl")
	if name == "guest.c" {
		return project + ".c"
	}
	return name
}

func filled(name string, text []byte, project string) ([]byte, error) {
	if path.Ext(name) != ".tmpl" {
		return text, nil
	}
	t, err := template.New(name).Option("missingkey=error").Parse(string(text))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]string{"Name": project, "Snake": strings.ReplaceAll(project, "-", "_")})
	return b.Bytes(), err
}

// Steps are the commands to go on with.
func (t Template) Steps(project string) []string {
	steps := []string{"cd " + project}
	for _, s := range t.Next {
		steps = append(steps, strings.ReplaceAll(s, "NAME", project))
	}
	return steps
}

// Names are the names of files, sorted.
func Names(files map[string][]byte) []string { return slices.Sorted(maps.Keys(files)) }

// CheckName says why a project cannot be called so; nil where it can.
func CheckName(name string) error {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return fmt.Errorf("%q is no name for a project: lower-case letters, digits and - are, a letter first", name)
		}
	}
	if name == "" {
		return fmt.Errorf("a project needs a name")
	}
	return nil
}
