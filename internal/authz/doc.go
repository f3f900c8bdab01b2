// Package authz tests the servers with an authorization server that others
// wrote: npm oidc-provider, on this machine.
package authz
