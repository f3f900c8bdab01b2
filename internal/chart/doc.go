// Package chart tests the Helm chart in deploy/helm with Helm itself and with
// the types of Kubernetes. It is a module of its own, as these are large.
package chart
