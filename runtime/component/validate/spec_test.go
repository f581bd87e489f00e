package validate_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/component/validate"
	"github.com/airsstack/witgen/runtime/corewasm"
)

var specDir = flag.String("spec", "", "a folder of scripts made by `wasm-tools json-from-wast`, to run TestSpec on")

// A script is one script of the specification's suite, as JSON.
type script struct {
	Commands []struct {
		Type, Filename, Text string
		Line                 int
		ModuleType           string `json:"module_type"`
	}
}

// TestSpec runs the commands of scripts that say whether a component is valid:
// each definition must be, each of assert_invalid and assert_malformed must not,
// for a reason of the class that the script's text is of.
//
//	go test ./runtime/component/validate -run TestSpec -args -spec DIR
func TestSpec(t *testing.T) {
	if *specDir == "" {
		t.Skip("the specification's own scripts are not part of this tree: name their folder with -spec")
	}
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(*specDir, "*", "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in %s: %v", *specDir, err)
	}
	type count struct{ valid, invalid, wrong, unsupported, skipped int }
	counts := map[string]*count{}
	for _, file := range files {
		folder := filepath.Base(filepath.Dir(filepath.Dir(file)))
		if counts[folder] == nil {
			counts[folder] = &count{}
		}
		c := counts[folder]
		for _, r := range runScript(t, file) {
			switch {
			case r.skip:
				c.skipped++
			case r.unsupported != nil:
				c.unsupported++
				t.Logf("%s:%d: %v", strings.TrimPrefix(file, *specDir), r.line, r.unsupported)
			case r.wrong != "":
				c.wrong++
				t.Errorf("%s:%d: %s", strings.TrimPrefix(file, *specDir), r.line, r.wrong)
			case r.valid:
				c.valid++
			default:
				c.invalid++
			}
		}
	}
	for folder, c := range counts {
		t.Logf("%-12s %d valid accepted, %d invalid refused, %d wrong, %d valid with core features that the engine lacks, %d in the text format skipped",
			folder, c.valid, c.invalid, c.wrong, c.unsupported, c.skipped)
	}
}

type result struct {
	line        int
	valid, skip bool
	unsupported error
	wrong       string
}

func runScript(t *testing.T, file string) []result {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s script
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	var out []result
	for _, cmd := range s.Commands {
		r := result{line: cmd.Line}
		switch cmd.Type {
		case "module", "module_definition", "assert_uninstantiable", "assert_unlinkable":
			r.valid = true
		case "assert_invalid", "assert_malformed":
		default:
			continue
		}
		if r.skip = cmd.ModuleType == "text"; !r.skip {
			wasm, err := os.ReadFile(filepath.Join(filepath.Dir(file), cmd.Filename))
			if err != nil {
				t.Fatal(err)
			}
			err = check(wasm)
			if testing.Verbose() && err != nil {
				t.Logf("%s: %s\n\t%v", cmd.Filename, cmd.Text, err)
			}
			if got, ok := errors.AsType[*validate.Error](err); ok && r.valid && got.Class == validate.ClassUnsupported && got.Cause != nil {
				r.unsupported = err
			} else {
				r.wrong = judge(r.valid, cmd.Text, err)
			}
		}
		out = append(out, r)
	}
	return out
}

// judge tells what is wrong with the outcome of a command, "" if nothing is.
func judge(valid bool, text string, err error) string {
	switch {
	case valid && err != nil:
		return fmt.Sprintf("valid, but refused: %v", err)
	case valid:
		return ""
	case err == nil:
		return fmt.Sprintf("accepted, but %q", text)
	}
	got, ok := errors.AsType[*validate.Error](err)
	if !ok { // the decoder's
		return ""
	}
	for _, c := range textClasses {
		if strings.Contains(text, c.text) {
			for _, class := range c.classes {
				if got.Class == class {
					return ""
				}
			}
			return fmt.Sprintf("refused as class %s, but for %q: %v", got.Class, text, err)
		}
	}
	return fmt.Sprintf("the table has no class for %q: %v", text, err)
}

// check decodes and validates a component, and its core modules as the engine
// does.
func check(wasm []byte) error {
	tree, err := binary.Decode(wasm)
	if err != nil {
		return err
	}
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(
		api.CoreFeaturesV2|experimental.CoreFeaturesTailCall|experimental.CoreFeaturesExtendedConst|experimental.CoreFeaturesExceptionHandling))
	defer rt.Close(ctx)
	return validate.Component(tree, func(m *binary.CoreModule) (*corewasm.Module, error) {
		mod, err := corewasm.Decode(m.Bytes)
		if err != nil {
			return nil, err
		}
		renamed, err := mod.Rewrite(corewasm.Edit{Rename: func(im corewasm.Import) (string, string) { return "m", im.Module + im.Name }})
		if err == nil {
			_, err = rt.CompileModule(ctx, renamed.Wasm)
		}
		return mod, err
	})
}

// textClasses gives the class of an error by a part of its text in the suite,
// which is that of wasm-tools. The first that fits counts.
var textClasses = []struct {
	text    string
	classes []validate.Class
}{
	{"section out of order", []validate.Class{validate.ClassMalformed}},
	{"is not a function type", []validate.Class{validate.ClassType}},
	{"incorrect signature", []validate.Class{validate.ClassABI}},
	{"canonical option", []validate.Class{validate.ClassABI}},
	{"canonical encoding option", []validate.Class{validate.ClassABI}},
	{"`memory` is specified more than once", []validate.Class{validate.ClassABI}},
	{"lowered ", []validate.Class{validate.ClassABI}},
	{"out of bounds", []validate.Class{validate.ClassIndex}},
	{"unknown module", []validate.Class{validate.ClassIndex}},
	{"unknown component", []validate.Class{validate.ClassIndex}},
	{"invalid outer alias count", []validate.Class{validate.ClassIndex}},
	{"conflicts with previous", []validate.Class{validate.ClassUnique}},
	{"already defined", []validate.Class{validate.ClassUnique}},
	{"duplicate ", []validate.Class{validate.ClassUnique}},
	{"not valid to be used as", []validate.Class{validate.ClassVisibility}},
	{"kebab case", []validate.Class{validate.ClassName}},
	{"cannot be empty", []validate.Class{validate.ClassName}},
	{"not a valid", []validate.Class{validate.ClassName}},
	{"must be an interface", []validate.Class{validate.ClassName}},
	{"can have an `implements`", []validate.Class{validate.ClassName}},
	{"only instances", []validate.Class{validate.ClassName}},
	{"not valid with `implements`", []validate.Class{validate.ClassName}},
	{"function should", []validate.Class{validate.ClassName}},
	{"should return", []validate.Class{validate.ClassName}},
	{"should have", []validate.Class{validate.ClassName}},
	{"should take", []validate.Class{validate.ClassName}},
	{"expected resource name", []validate.Class{validate.ClassName}},
	{"have a name in this context", []validate.Class{validate.ClassName}},
	{"not known in this context", []validate.Class{validate.ClassName}},
	{"failed to find `.`", []validate.Class{validate.ClassName}},
	{"is not a func", []validate.Class{validate.ClassName}},
	{"unexpected character", []validate.Class{validate.ClassName}},
	{"unexpected end of input", []validate.Class{validate.ClassName}},
	{"empty string", []validate.Class{validate.ClassName}},
	{"empty identifier", []validate.Class{validate.ClassName}},
	{"expected `/`", []validate.Class{validate.ClassName}},
	{"trailing characters", []validate.Class{validate.ClassName}},
	{"missing ", []validate.Class{validate.ClassMissing}},
	{"does not export an item", []validate.Class{validate.ClassMissing}},
	{"no export named", []validate.Class{validate.ClassMissing}},
	{"exceeds maximum byte size", []validate.Class{validate.ClassLimit}},
	{"more than 32 flags", []validate.Class{validate.ClassLimit}},
	{"size must be at most", []validate.Class{validate.ClassLimit}},
	{"resource types are not the same", []validate.Class{validate.ClassResource}},
	{"local resource", []validate.Class{validate.ClassResource}},
	{"within a concrete component", []validate.Class{validate.ClassResource}},
	{"refers to resources", []validate.Class{validate.ClassResource}},
	{"requires an async function type", []validate.Class{validate.ClassABI}},
	{"not a resource type", []validate.Class{validate.ClassType}},
	{"destructor", []validate.Class{validate.ClassType}},
	{"shared flag", []validate.Class{validate.ClassType, validate.ClassUnsupported}},
	{"type mismatch", []validate.Class{validate.ClassType, validate.ClassMissing, validate.ClassMalformed}},
	{"ascribed type", []validate.Class{validate.ClassType, validate.ClassMissing}},
	{"mismatch", []validate.Class{validate.ClassType}},
	{"expected", []validate.Class{validate.ClassType}},
	{"is not a", []validate.Class{validate.ClassType}},
	{"not a function type", []validate.Class{validate.ClassType}},
	{"may only refer to types", []validate.Class{validate.ClassType}},
	{"cannot contain a `borrow`", []validate.Class{validate.ClassType}},
	{"`stream<char>`", []validate.Class{validate.ClassType}},
	{"not valid at this time", []validate.Class{validate.ClassType}},
}
