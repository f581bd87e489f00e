// Command go-files does what its first argument says, with Go's standard library
// alone: a program of another toolchain for testing WASI.
package main

import (
	"bufio"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

func main() {
	defer release()
	if err := do(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func do(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("what?")
	}
	verb, args := args[0], args[1:]
	switch verb {
	case "args":
		fmt.Printf("%q\n", args)
	case "env":
		env := os.Environ()
		sort.Strings(env)
		fmt.Println(strings.Join(env, "\n"))
	case "words":
		return words()
	case "sleep": // goroutines that wait at the same time
		began := time.Now()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { time.Sleep(20 * time.Millisecond) })
		}
		all.Wait()
		took := time.Since(began)
		fmt.Println(took >= 20*time.Millisecond, took < 20*50*time.Millisecond)
	case "garbage": // much more than is ever in use
		kept := 0
		for range 2_000 {
			b := make([]byte, 1<<16)
			b[rand.Intn(len(b))] = 1
			for _, v := range b {
				kept += int(v)
			}
		}
		runtime.GC()
		fmt.Println(kept)
	case "write":
		return os.WriteFile(args[0], []byte(args[1]), 0o600)
	case "cat":
		b, err := os.ReadFile(args[0])
		fmt.Print(string(b))
		return err
	case "ls":
		entries, err := os.ReadDir(args[0])
		for _, e := range entries {
			fmt.Println(e.Name(), e.IsDir())
		}
		return err
	case "remove":
		return os.Remove(args[0])
	case "panic":
		panic("as asked")
	default:
		return fmt.Errorf("no verb %s", verb)
	}
	return nil
}

func words() error {
	n := 0
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		n += len(strings.Fields(in.Text()))
	}
	fmt.Println(n)
	return in.Err()
}
