import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { createBelfry } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { pathsOf, type Route } from '../../src/http/route.ts'
import { temporaryFolder } from '../support/databases.ts'

async function served(t: TestContext): Promise<readonly Route[]> {
  const config = loadConfig({ argv: ['--data', temporaryFolder(t), '--log-level', 'silent'], env: {} })
  const belfry = await createBelfry(config)
  t.after(() => belfry.close())
  return belfry.routes
}

const nameOf = (route: Route) => `${route.method} ${pathsOf(route).at(-1)?.path ?? ''}`

describe('every route', () => {
  test('has a summary and a response', async (t) => {
    const routes = await served(t)
    assert.ok(routes.length > 100, 'it has looked')
    const without = routes.filter(({ response, summary }) => response === undefined || summary === undefined)
    assert.deepEqual(without.map(nameOf), [])
  })
})
