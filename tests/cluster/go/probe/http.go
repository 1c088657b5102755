package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// fields collects repeated -H flags.
type fields []string

func (f *fields) String() string     { return strings.Join(*f, ", ") }
func (f *fields) Set(v string) error { *f = append(*f, v); return nil }

// fetch follows no redirect and ignores proxies: it shows what the peer said, and fails only where
// there was no answer at all.
func fetch(arguments []string) error {
	flags := flag.NewFlagSet("fetch", flag.ContinueOnError)
	var headers fields
	flags.Var(&headers, "H", "a field to send, 'Name: value'")
	body := flags.String("d", "", "a body to send, by POST")
	timeoutMs := flags.Int("timeout-ms", 5000, "for the whole exchange, in milliseconds")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("wants one URL")
	}
	method := http.MethodGet
	if *body != "" {
		method = http.MethodPost
	}
	request, err := http.NewRequest(method, flags.Arg(0), strings.NewReader(*body))
	if err != nil {
		return err
	}
	for _, header := range headers {
		name, value, found := strings.Cut(header, ":")
		if !found {
			return fmt.Errorf("-H %q is not 'Name: value'", header)
		}
		if value = strings.TrimSpace(value); strings.EqualFold(name, "host") {
			request.Host = value
		} else {
			request.Header.Add(name, value)
		}
	}
	client := http.Client{
		Timeout:       time.Duration(*timeoutMs) * time.Millisecond,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	fmt.Printf("%s %s\r\n", response.Proto, response.Status)
	if err := response.Header.Write(os.Stdout); err != nil {
		return err
	}
	fmt.Print("\r\n")
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}

func lookup(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("wants one name")
	}
	context, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(context, arguments[0])
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(addresses, "\n"))
	return nil
}

func serve(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("wants one address, such as :8080")
	}
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	http.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	http.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, err := strconv.Atoi(r.PathValue("code"))
		if err != nil || code < 200 || code > 599 {
			code = http.StatusBadRequest
		}
		w.WriteHeader(code)
	})
	http.HandleFunc("/delay/{ms}", func(w http.ResponseWriter, r *http.Request) {
		delayMs, err := strconv.Atoi(r.PathValue("ms"))
		if err != nil || delayMs < 0 || delayMs > 60_000 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		time.Sleep(time.Duration(delayMs) * time.Millisecond)
		fmt.Fprintln(w, name)
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "host %s\nmethod %s\npath %s\nfrom %s\n", name, r.Method, r.URL.RequestURI(), r.RemoteAddr)
	})
	server := http.Server{Addr: arguments[0], ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}
