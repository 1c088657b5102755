// The test cluster's small tool, one static binary for images that have no shell: a pause process,
// a client and a server to probe the network with, and the gate through which the host reaches the
// API server. It reads nothing but its arguments and never retries: the caller decides.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"sort"
	"strings"
	"syscall"
	"time"
)

type command struct {
	usage string
	run   func(arguments []string) error
}

var commands = map[string]command{
	"pause":   {"pause: does nothing until SIGTERM, and reaps what is left to it", pause},
	"sleep":   {"sleep SECONDS", sleep},
	"cat":     {"cat FILE...: prints files", cat},
	"eat":     {"eat MEBIBYTES: takes that much memory and keeps it", eat},
	"fetch":   {"fetch [-H 'Name: value'] [-d BODY] [-timeout-ms N] URL: prints status line, fields and body", fetch},
	"lookup":  {"lookup NAME: prints the addresses that DNS gives", lookup},
	"serve":   {"serve ADDRESS: HTTP; /healthz, /status/NNN, /delay/MS, anything else says who answers", serve},
	"forward": {"forward -port-file FILE NETWORK_NAMESPACE TARGET: a loopback port of the host onto TARGET", forward},
}

func usage() string {
	lines := make([]string, 0, len(commands))
	for _, command := range commands {
		lines = append(lines, "  probe "+command.usage)
	}
	sort.Strings(lines)
	return "usage:\n" + strings.Join(lines, "\n")
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, usage())
		os.Exit(2)
	}
	chosen, known := commands[os.Args[1]]
	if !known {
		fmt.Fprintf(os.Stderr, "probe: no command is named %q\n%s\n", os.Args[1], usage())
		os.Exit(2)
	}
	if err := chosen.run(os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "probe %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func pause([]string) error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	for {
		select {
		case <-stop:
			return nil
		case <-children:
			for {
				if pid, _ := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 {
					break
				}
			}
		}
	}
}

func sleep(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("wants one number of seconds")
	}
	duration, err := time.ParseDuration(arguments[0] + "s")
	if err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case <-stop:
	case <-time.After(duration):
	}
	return nil
}

func cat(arguments []string) error {
	for _, path := range arguments {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if _, err := os.Stdout.Write(text); err != nil {
			return err
		}
	}
	return nil
}

func eat(arguments []string) error {
	var mebibytes int
	if len(arguments) != 1 {
		return fmt.Errorf("wants one number of mebibytes")
	}
	if _, err := fmt.Sscan(arguments[0], &mebibytes); err != nil {
		return err
	}
	var held [][]byte
	for range mebibytes {
		block := make([]byte, 1<<20)
		for at := 0; at < len(block); at += 4096 {
			block[at] = 1
		}
		held = append(held, block)
	}
	fmt.Printf("holding %d MiB\n", len(held))
	return pause(nil)
}
