// An authorization server on a free port. Clients get JWTs for the resource
// they name. The argument is where the packages are.
import http from 'node:http'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const packages = createRequire(`${process.argv[2]}/package.json`)
const { default: Provider } = await import(pathToFileURL(packages.resolve('oidc-provider')))

const scope = 'mcp:read mcp:write mcp:delete'
const server = http.createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const getResourceServerInfo = (_, audience) =>
    ({ scope, audience, accessTokenFormat: 'jwt', accessTokenTTL: 60, jwt: { sign: { alg: 'RS256' } } })
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'agent', client_secret: 'a-secret-of-this-test', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
    scopes: scope.split(' '),
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false },
      resourceIndicators: { enabled: true, getResourceServerInfo } },
  })
  server.on('request', provider.callback())
  console.log(`issuer=${issuer}`)
})
