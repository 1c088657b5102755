package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// forward listens on a free loopback port of the namespace it was started in, writes that port to a
// file, and joins each connection with one to the target dialled inside the other namespace. Hosts
// reach the cluster's API server this way without a link or an address of their own.
func forward(arguments []string) error {
	flags := flag.NewFlagSet("forward", flag.ContinueOnError)
	portFile := flags.String("port-file", "", "where to write the port")
	port := flags.Int("port", 0, "the port to listen on; 0 takes a free one")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() != 2 || *portFile == "" {
		return fmt.Errorf("wants -port-file FILE NETWORK_NAMESPACE TARGET")
	}
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		return err
	}
	dial, err := dialerInside(flags.Arg(0), flags.Arg(1))
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%d\n", listener.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile(*portFile+".new", []byte(text), 0o600); err != nil {
		return err
	}
	if err := os.Rename(*portFile+".new", *portFile); err != nil {
		return err
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			return err
		}
		go join(client, dial)
	}
}

type dialled struct {
	connection net.Conn
	err        error
}

// dialerInside keeps one thread in the namespace and opens every socket on it: a socket belongs to
// the namespace of the thread that made it, whoever uses it later.
func dialerInside(namespacePath, target string) (func() (net.Conn, error), error) {
	address, err := net.ResolveTCPAddr("tcp4", target)
	if err != nil {
		return nil, err
	}
	requests := make(chan chan dialled)
	entered := make(chan error)
	go func() {
		runtime.LockOSThread()
		if err := enterNetwork(namespacePath); err != nil {
			entered <- err
			return
		}
		entered <- nil
		for reply := range requests {
			connection, err := net.DialTCP("tcp4", nil, address)
			reply <- dialled{connection, err}
		}
	}()
	if err := <-entered; err != nil {
		return nil, fmt.Errorf("cannot enter %s: %w", namespacePath, err)
	}
	return func() (net.Conn, error) {
		reply := make(chan dialled, 1)
		requests <- reply
		answer := <-reply
		return answer.connection, answer.err
	}, nil
}

func enterNetwork(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
}

func join(client net.Conn, dial func() (net.Conn, error)) {
	defer client.Close()
	server, err := dial()
	if err != nil {
		return
	}
	defer server.Close()
	done := make(chan struct{}, 2)
	pipe := func(to, from net.Conn) {
		io.Copy(to, from)
		to.(*net.TCPConn).CloseWrite()
		done <- struct{}{}
	}
	go pipe(server, client)
	go pipe(client, server)
	<-done
	<-done
}
