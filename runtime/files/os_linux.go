package files

import (
	"io/fs"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Accessed is when a file was last read; the zero time where the system does not
// say.
func Accessed(info fs.FileInfo) time.Time {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(s.Atim.Unix())
	}
	return time.Time{}
}

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

// SetLinkTimes sets the times of a symbolic link, and not of what it leads to. The
// zero time is no change.
func (p *Place) SetLinkTimes(accessed, modified time.Time) error {
	dir, err := p.Parent.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	times := make([]unix.Timespec, 2)
	for i, t := range []time.Time{accessed, modified} {
		if t.IsZero() {
			times[i].Nsec = unix.UTIME_OMIT
		} else if times[i], err = unix.TimeToTimespec(t); err != nil {
			return err
		}
	}
	return unix.UtimesNanoAt(int(dir.Fd()), p.Name, times, unix.AT_SYMLINK_NOFOLLOW)
}
