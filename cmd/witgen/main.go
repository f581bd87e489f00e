// Command witgen generates Go hosts for WebAssembly components, runs components
// as supervised actors, and shows what a component asks for. It holds no logic
// of its own: each command calls the packages that do the work.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(execute(context.Background(), os.Args[1:]))
}

// execute runs the command line and gives the exit code.
func execute(ctx context.Context, args []string) int {
	root := newRootCommand()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintln(root.ErrOrStderr(), visible(withState(cmd, err.Error())))
	}
	return 1
}

// errReported ends a command of which the output says already what is wrong.
var errReported = errors.New("reported")

// commands are the subcommands, in the order in which help lists them.
var commands = []func() *cobra.Command{
	newNewCommand,
	newGenerateCommand,
	newRunCommand,
	newCheckCommand,
	newSchemaCommand,
	newServeCommand,
	newPsCommand,
	newSendCommand,
	newRequestCommand,
	newLogsCommand,
	newRestartCommand,
	newReloadCommand,
	newStopCommand,
	newInspectCommand,
	newWITCommand,
	newCallCommand,
	newValidateCommand,
	newKeygenCommand,
	newSignCommand,
	newVerifyCommand,
	newTrustCommand,
	newApprovalsCommand,
	newAuditCommand,
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "witgen",
		Short: "Host WebAssembly components in Go, safely",
		Long: `witgen hosts WebAssembly components in Go: it turns a WIT world into a typed Go
package whose imports each carry a capability check, and runs components as
supervised actors, each limited to what its manifest grants.`,
		Example: `  witgen new host shop            a project to start from
  witgen generate                 bindings for the world in witgen.toml
  witgen run examples/orders      components as supervised actors
  witgen check examples/orders    manifests against components
  witgen ps                       what runs
  witgen serve site.wasm          a component that answers HTTP requests
  witgen inspect plugin.wasm      what a component asks for
  witgen wit plugin.wasm          the same as WIT
  witgen call x.wasm 'area(2.5)'  one function of a component
  witgen validate plugin.wasm     whether a component is valid`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cobra.EnableCommandSorting = false
	for _, command := range commands {
		root.AddCommand(command())
	}
	return root
}
