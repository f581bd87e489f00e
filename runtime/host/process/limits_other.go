//go:build !linux

package process

import (
	"os/exec"

	"github.com/airsstack/witgen/runtime/host/process/bindings/airssys/extprocess/types"
)

var errLimits error = &types.ProcessErrorSignalNotSupported{Value: "this system sets no limits of other processes"}

func launch(cmd *exec.Cmd, limits *types.ResourceLimits) error {
	if limits != nil {
		return errLimits
	}
	return cmd.Start()
}

func setLimits(int, *types.ResourceLimits) error { return errLimits }

func getLimits(int) (types.ResourceLimits, error) { return types.ResourceLimits{}, errLimits }
