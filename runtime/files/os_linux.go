package files

import "syscall"

// openFlags keep a pipe that took a file's place from holding the goroutine.
const openFlags = syscall.O_NONBLOCK

// rename moves a name from one folder that is held open to another.
func rename(from, to *Place) error {
	a, err := from.Parent.Open(".")
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := to.Parent.Open(".")
	if err != nil {
		return err
	}
	defer b.Close()
	return syscall.Renameat(int(a.Fd()), from.Name, int(b.Fd()), to.Name)
}
