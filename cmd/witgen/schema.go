package main

import (
	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/manifest"
)

// newSchemaCommand is `witgen schema`.
func newSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of Component.toml, for editors",
		Long: `Print the JSON schema of Component.toml. An editor that knows it completes keys,
shows what they mean, and marks mistakes as you type; what is about patterns and
components, check alone says.

Editors that follow Taplo find it by a first line "#:schema component.schema.json".`,
		Example: `  witgen schema > component.schema.json`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(manifest.Schema())
			return err
		},
	}
}
