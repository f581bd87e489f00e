//go:build !unix

package process

import (
	"os"
	"syscall"

	"github.com/airsstack/witgen/runtime/host/process/bindings/airssys/extprocess/types"
)

const maxSignal = 0

var errSignals error = &types.ProcessErrorSignalNotSupported{Value: "this system has no signals and no groups"}

func grouped() *syscall.SysProcAttr { return nil }

func killGroup(int) error { return nil }

func numberOf(types.Signal) (int, error) { return 0, errSignals }

func actionOf(int) string { return kill }

func nameOf(uint32) (string, error) { return "", errSignals }

func sendSignal(int, int) error { return errSignals }

func groupOf(int) (int32, error) { return 0, errSignals }

func setGroup(int, int) error { return errSignals }

func signalOf(*os.ProcessState) int { return 0 }

func peak(*os.ProcessState) uint64 { return 0 }
