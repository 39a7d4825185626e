import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { createBelfry } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { isRawBody } from '../../src/http/response.ts'
import { pathsOf, type Route } from '../../src/http/route.ts'
import { afterTest } from '../support/after-test.ts'
import { newDataFolder } from '../support/databases.ts'

async function served(t: TestContext): Promise<readonly Route[]> {
  const config = loadConfig({ argv: ['--data', newDataFolder(t), '--log-level', 'silent'], env: {} })
  const belfry = await createBelfry(config)
  afterTest(t, () => belfry.close())
  return belfry.routes
}

const nameOf = (route: Route) => `${route.method} ${pathsOf(route).at(-1)?.path ?? ''}`

/**
 * The paths of objects in a schema that do not declare whether further keys are allowed: `z.object` drops
 * them silently, so a test would not see them.
 */
function undecidedObjects(schema: z.core.$ZodType, path: string, seen = new Set<unknown>()): string[] {
  if (seen.has(schema)) return []
  seen.add(schema)
  const { def } = schema._zod
  const own = def.type === 'object' && !('catchall' in def && def.catchall !== undefined) ? [path] : []
  return [...own, ...parts(def).flatMap(([name, inner]) => undecidedObjects(inner, `${path}${name}`, seen))]
}

/** The parts of a schema. */
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
    assert.ok(routes.length > 100, 'the routes were found')
    const without = routes.filter(({ response, summary }) => response === undefined || summary === undefined)
    assert.deepEqual(without.map(nameOf), [])
  })

  test('declares for each object of a response either its keys or that any key is allowed', async (t) => {
    const bodies = (await served(t)).flatMap((route) =>
      Object.entries(route.response ?? {}).flatMap(([status, body]) =>
        isRawBody(body) ? [] : [{ path: `${nameOf(route)} ${status} `, schema: body() }],
      ),
    )
    assert.ok(bodies.length > 10, 'the response schemas were found')
    assert.deepEqual(
      bodies.flatMap(({ path, schema }) => undecidedObjects(schema, path)),
      [],
    )
    const undecided = z.strictObject({ list: z.array(z.object({ inner: z.looseObject({}) })).optional() })
    assert.deepEqual(undecidedObjects(undecided, 'body'), ['body.list[]'])
  })
})

test('only the tests of bin/belfry start it: others use test/support/process.ts, which validates responses', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const starting = globSync('test/**/*.ts', { cwd: root }).filter((file) =>
    /(?<!\/opt\/belfry\/|\/app\/|`)bin\/belfry['`]/.test(readFileSync(join(root, file), 'utf8')),
  )
  assert.deepEqual(starting.toSorted(), ['test/cli/launch.test.ts'])
})
