package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/trust/gate"
)

// stateOptions say where trust file, approvals and audit log lie, and who uses them.
type stateOptions struct{ dir, by string }

// flags adds the flags to a command; who is asked for where something is decided.
func (o *stateOptions) flags(cmd *cobra.Command, who bool) {
	cmd.Flags().StringVar(&o.dir, "state", "", "the `DIR` of trust file, approvals and audit log (default "+defaultStateName+")")
	if who {
		cmd.Flags().StringVar(&o.by, "by", "", "who decides, for the records (default you)")
	}
}

const defaultStateName = "witgen in the user's configuration folder"

var approvalsHint = regexp.MustCompile("witgen approvals (show|review) ")

// withState has the commands that an error names be those of the state that the command was given.
func withState(cmd *cobra.Command, text string) string {
	f := cmd.Flags().Lookup("state")
	if f == nil || !f.Changed {
		return text
	}
	dir := f.Value.String()
	if strings.ContainsAny(dir, " \t'\"$`\\&;()<>|*?#~") {
		dir = "'" + strings.ReplaceAll(dir, "'", `'\''`) + "'"
	}
	return approvalsHint.ReplaceAllStringFunc(text, func(hint string) string { return hint + "--state " + dir + " " })
}

// folder is the state's.
func (o *stateOptions) folder() (string, error) {
	if o.dir != "" {
		return o.dir, nil
	}
	base, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("%w: say where the state lies with --state DIR", err)
	}
	return filepath.Join(base, "witgen"), nil
}

// open opens the gate of the state.
func (o *stateOptions) open() (*gate.Gate, error) {
	dir, err := o.folder()
	if err != nil {
		return nil, err
	}
	return gate.Open(gate.Config{Dir: dir, By: o.who()})
}

// who is the person for the records.
func (o *stateOptions) who() string {
	if o.by != "" {
		return o.by
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// forRun opens the gate for `witgen run`: where a state was named, or dev mode, or the user has a trust file. Otherwise there is none, and who names a
// component answers for it.
func (o *stateOptions) forRun(dev bool) (*gate.Gate, error) {
	dir, err := o.folder()
	if err != nil {
		if o.dir == "" && !dev {
			return nil, nil
		}
		return nil, err
	}
	if o.dir == "" && !dev && !isFile(filepath.Join(dir, gate.TrustFile)) {
		return nil, nil
	}
	return gate.Open(gate.Config{Dir: dir, By: o.who(), Dev: dev})
}

// with runs use with the gate of the state.
func (o *stateOptions) with(use func(*gate.Gate) error) (err error) {
	g, err := o.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	return use(g)
}
