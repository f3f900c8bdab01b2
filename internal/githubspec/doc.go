// Package githubspec holds mcp-github against GitHub's own descriptions: what
// the tests of servers/github exchanged with the fake GitHub, each request and
// each answer, against the OpenAPI description and the GraphQL schema; and what
// GitHub once answered, as recorded, against the server. It is no part of the
// server's module, whose users need no validators: the tests there write down
// what they exchange when they are asked to.
package githubspec
