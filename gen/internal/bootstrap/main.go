// Command bootstrap writes the bindings that are kept in this tree and that the
// witgen command itself is built on. It imports nothing that it writes, so that
// one bad generation never stops the next.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/airsstack/witgen/gen"
)

// configs are what is generated, relative to the module's root.
var configs = []string{
	"runtime/host/witgen.toml",
	"runtime/wasi/witgen.toml",
	"runtime/host/topics.toml",
	"runtime/host/filesystem/witgen.toml",
	"runtime/host/process/witgen.toml",
	"runtime/host/network/witgen.toml",
	"runtime/host/delegation/witgen.toml",
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	for _, config := range configs {
		c, err := gen.ReadConfig(filepath.Join(root, filepath.FromSlash(config)))
		if err != nil {
			return err
		}
		for _, world := range c.Worlds() {
			if err := generate(config, world); err != nil {
				return err
			}
		}
	}
	return nil
}

func generate(config string, world *gen.Config) error {
	files, err := gen.Generate(world)
	if err != nil {
		return err
	}
	changes, err := files.Write()
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s: %d files, %d changed\n", config, world.Out, len(files.Text), len(changes))
	return nil
}

// moduleRoot is the folder with go.mod, at or above the current one.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("no go.mod at or above the current folder: run this within the module")
		}
		dir = filepath.Dir(dir)
	}
}
