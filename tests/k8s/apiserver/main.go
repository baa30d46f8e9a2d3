// Command kube-apiserver is Kubernetes' own API server, built from its sources: no release of it is in any registry of
// packages. It checks manifests as a cluster does; nothing that it takes is run.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
