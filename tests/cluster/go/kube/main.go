// The Kubernetes programs of the test cluster in one binary: the first argument, or the name the
// binary was called by, says which. They are the upstream programs, unchanged; one binary shares
// their 120 MB of common code.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// commands builds only the chosen program: some register flags globally when they are built.
var commands = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kube-proxy":              kubeproxy.NewProxyCommand,
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kubectl":                 kubectl.NewDefaultKubectlCommand,
}

const etcd = "etcd"

func isProgram(name string) bool {
	_, known := commands[name]
	return known || name == etcd
}

func usage() string {
	names := []string{etcd}
	for name := range commands {
		names = append(names, name)
	}
	sort.Strings(names)
	return "usage: kube " + strings.Join(names, "|") + " [arguments]"
}

func main() {
	name, arguments := filepath.Base(os.Args[0]), os.Args[1:]
	if !isProgram(name) && len(arguments) > 0 {
		name, arguments = arguments[0], arguments[1:]
	}
	if !isProgram(name) {
		fmt.Fprintln(os.Stderr, usage())
		os.Exit(2)
	}
	// Each program reads os.Args itself.
	os.Args = append([]string{name}, arguments...)
	if name == etcd {
		etcdmain.Main(os.Args)
		return
	}
	os.Exit(cli.Run(commands[name]()))
}
