// Package replicas tests several replicas of a server as one: behind a proxy,
// with Redis for what they share, while some of them are killed and drained.
package replicas
