import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { z } from 'zod'
import { createBelfry } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { isRawBody } from '../../src/http/response.ts'
import { pathsOf, type Route } from '../../src/http/route.ts'
import { afterTest } from '../support/after-test.ts'
import { temporaryFolder } from '../support/databases.ts'

async function served(t: TestContext): Promise<readonly Route[]> {
  const config = loadConfig({ argv: ['--data', temporaryFolder(t), '--log-level', 'silent'], env: {} })
  const belfry = await createBelfry(config)
  afterTest(t, () => belfry.close())
  return belfry.routes
}

const nameOf = (route: Route) => `${route.method} ${pathsOf(route).at(-1)?.path ?? ''}`

/** Where in a schema an object is that says nothing of further keys: `z.object` drops them silently, so that no test would see them. */
function undecidedObjects(schema: z.core.$ZodType, path: string, seen = new Set<unknown>()): string[] {
  if (seen.has(schema)) return []
  seen.add(schema)
  const { def } = schema._zod
  const own = def.type === 'object' && !('catchall' in def && def.catchall !== undefined) ? [path] : []
  return [...own, ...parts(def).flatMap(([name, inner]) => undecidedObjects(inner, `${path}${name}`, seen))]
}

/** The schemas that a schema is made of. */
function parts(def: object): [string, z.core.$ZodType][] {
  return Object.entries(def).flatMap(([key, value]): [string, z.core.$ZodType][] => {
    if (isSchema(value)) return [[key === 'element' ? '[]' : '', value]]
    if (typeof value === 'function' && key === 'getter') return [['', (value as () => z.core.$ZodType)()]]
    if (Array.isArray(value)) return value.filter(isSchema).map((inner) => ['', inner])
    if (key !== 'shape') return []
    return Object.entries(value as z.core.$ZodShape).map(([name, inner]) => [`.${name}`, inner])
  })
}

function isSchema(value: unknown): value is z.core.$ZodType {
  return typeof value === 'object' && value !== null && '_zod' in value
}

describe('every route', () => {
  test('has a summary and a response', async (t) => {
    const routes = await served(t)
    assert.ok(routes.length > 100, 'it has looked')
    const without = routes.filter(({ response, summary }) => response === undefined || summary === undefined)
    assert.deepEqual(without.map(nameOf), [])
  })

  test('says of each object that it sends which keys it has, or that any may come', async (t) => {
    const bodies = (await served(t)).flatMap((route) =>
      Object.entries(route.response ?? {}).flatMap(([status, body]) =>
        isRawBody(body) ? [] : [{ path: `${nameOf(route)} ${status} `, schema: body() }],
      ),
    )
    assert.ok(bodies.length > 10, 'it has looked')
    assert.deepEqual(
      bodies.flatMap(({ path, schema }) => undecidedObjects(schema, path)),
      [],
    )
    const undecided = z.strictObject({ list: z.array(z.object({ inner: z.looseObject({}) })).optional() })
    assert.deepEqual(undecidedObjects(undecided, 'body'), ['body.list[]'])
  })
})
