import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { createBelfry } from '../../src/app.ts'
import { claimedVersions, endpointsOf, isOptional, serves } from '../../src/client-api/claimed-versions.ts'
import { ABSENT, INTRODUCED, OPTIONAL } from '../../src/client-api/specification-table.ts'
import { FEATURES_OF_ENDPOINTS } from '../../src/client-api/versions.ts'
import { loadConfig } from '../../src/config/load.ts'
import { defineRoute, type Route } from '../../src/http/route.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { afterTest } from '../support/after-test.ts'
import { call } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { startTestServer } from '../support/server.ts'
import { operationsOf, specifiedOperations } from '../support/specification/load.ts'

const ALL = Object.values(INTRODUCED).flatMap(endpointsOf)
const CLAIMED = Array.from({ length: 19 }, (_, minor) => `v1.${minor + 1}`)

/** A route for `METHOD /path`. */
const routeFor = (endpoint: string): Route => {
  const [method, path = ''] = endpoint.split(' ')
  return defineRoute({
    method: method as 'GET',
    path: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    auth: 'none',
    limit: 'default',
    handler: () => ({}),
  })
}

/** The routes of a server, from its OpenAPI document. */
async function servedRoutes(t: TestContext): Promise<Route[]> {
  const config = loadConfig({ argv: ['--data', newDataFolder(t), '--log-level', 'silent'], env: {} })
  const belfry = await createBelfry(config)
  afterTest(t, () => belfry.close())
  return operationsOf((await belfry.openApi()) as JsonObject).flatMap(({ method, path, about }) =>
    [path, ...((about['x-also-at'] ?? []) as string[])].map((one) =>
      routeFor(`${method.toUpperCase()} ${one}`),
    ),
  )
}

const required = (...versions: string[]) =>
  versions
    .flatMap((version) => endpointsOf(INTRODUCED[version] ?? ''))
    .filter((endpoint) => !isOptional(endpoint))
    .map(routeFor)

describe('GET /versions', () => {
  test('claims each version up to the first one with a required endpoint that is not served', () => {
    assert.deepEqual(claimedVersions([]), [])
    const upTo = claimedVersions(required('r0.6.1', 'v1.1'))
    assert.ok(upTo.includes('r0.6.1') && upTo.includes('v1.1'))
    const rows = Object.keys(INTRODUCED)
    assert.deepEqual(claimedVersions(required(...rows)).slice(-CLAIMED.length), CLAIMED)
    for (const [at, version] of rows.entries()) {
      const [missing] = required(version)
      if (missing === undefined) continue
      const routes = required(...rows).filter(
        ({ path, method }) => path !== missing.path || method !== missing.method,
      )
      const claimed = claimedVersions(routes)
      assert.equal(claimed.includes(version), false, version)
      const before = rows[at - 1]
      if (before !== undefined) assert.ok(claimed.includes(before), before)
    }
  })

  test('a deprecated or optional endpoint is not required', () => {
    const rows = Object.keys(INTRODUCED)
    const routes = required(...rows)
    assert.ok(routes.length < ALL.length)
    assert.ok(claimedVersions(routes).includes('v1.19'))
  })

  test('its response follows from the routes of the server', async (t) => {
    const routes = await servedRoutes(t)
    const { url } = await startTestServer(t)
    const { body } = await call(`${url}/_matrix/client/versions`)
    assert.deepEqual(body['versions'], claimedVersions(routes))
    const features = body['unstable_features'] as Record<string, boolean>
    assert.ok(Object.values(features).every((flag) => flag))
    for (const [flag, endpoint] of Object.entries(FEATURES_OF_ENDPOINTS))
      assert.equal(features[flag] === true, serves(routes, endpoint), flag)
  })
})

describe('the table of endpoints', () => {
  test('has each endpoint in the files of the specification, with the version that introduced it', () => {
    const introduced = new Map(
      Object.entries(INTRODUCED).flatMap(([version, row]) =>
        endpointsOf(row).map((endpoint) => [endpoint, version] as const),
      ),
    )
    const operations = specifiedOperations().filter(({ path }) =>
      /^\/(_matrix\/(client|media)|\.well-known\/matrix\/client)/.test(path),
    )
    assert.ok(operations.length > 100, 'the specification was read')
    for (const { method, path, about } of operations) {
      const endpoint = `${method.toUpperCase()} ${path}`
      if (endpoint === 'GET /_matrix/client/versions') continue
      const version = introduced.get(endpoint)
      assert.ok(version !== undefined, endpoint)
      const added = about['x-addedInMatrixVersion']
      if (typeof added === 'string') assert.equal(version, `v${added}`, endpoint)
    }
  })

  test('has no endpoint twice, and each optional or absent line matches one of its endpoints', () => {
    assert.equal(new Set(ALL).size, ALL.length)
    for (const pattern of Object.keys({ ...OPTIONAL, ...ABSENT }))
      assert.ok(
        ALL.some((endpoint) => new RegExp(pattern).test(endpoint)),
        pattern,
      )
  })

  test('lists no module as absent that is served', async (t) => {
    const routes = await servedRoutes(t)
    for (const pattern of Object.keys(ABSENT)) {
      const served = ALL.filter((one) => new RegExp(pattern).test(one) && serves(routes, one))
      assert.deepEqual(served, [], `remove ${pattern} from ABSENT, or a part of it`)
    }
  })
})
