import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { createBelfry } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { afterTest } from '../support/after-test.ts'
import { newDataFolder } from '../support/databases.ts'
import { differences } from '../support/specification/compare.ts'
import { ACCEPTED, EXTENSIONS, NOT_SERVED, OURS_ALONE } from '../support/specification/known.ts'
import { type Operation, operationsOf, specifiedOperations } from '../support/specification/load.ts'

async function ourOperations(t: TestContext): Promise<Operation[]> {
  const config = loadConfig({ argv: ['--data', newDataFolder(t), '--log-level', 'silent'], env: {} })
  const belfry = await createBelfry(config)
  afterTest(t, () => belfry.close())
  return operationsOf((await belfry.openApi()) as JsonObject)
}

const segments = (path: string) => path.split('/')
const nameOf = ({ method, path }: Operation) => `${method.toUpperCase()} ${path}`

/** The operation of this server for a path of the specification: the match with the fewest parameters. */
function serving(ours: readonly Operation[], specified: Operation): Operation | undefined {
  const wanted = segments(specified.path)
  const fits = (path: string) => {
    const own = segments(path)
    return (
      own.length === wanted.length && own.every((part, at) => part === wanted[at] || part.startsWith('{'))
    )
  }
  const literal = ({ path }: Operation) => segments(path).filter((part) => !part.startsWith('{')).length
  return ours
    .filter(({ method, path, about }) => {
      const others = (about['x-also-at'] ?? []) as string[]
      return method === specified.method && [path, ...others].some(fits)
    })
    .toSorted((one, other) => literal(other) - literal(one))[0]
}

/** The operations that no pattern of the list matches, and the patterns that match no operation. */
function beyond(list: Readonly<Record<string, string>>, operations: readonly Operation[]) {
  const patterns = Object.keys(list).map((pattern) => new RegExp(pattern, 'i'))
  const names = operations.map(nameOf)
  return {
    unnamed: names.filter((name) => !patterns.some((pattern) => pattern.test(name))),
    unused: patterns.filter((pattern) => !names.some((name) => pattern.test(name))).map(String),
  }
}

/** The longest extension that ends the difference: names contain dots, so a shorter name may match too. */
const extensionIn = (difference: string) =>
  Object.keys(EXTENSIONS)
    .toSorted((one, other) => other.length - one.length)
    .find((name) => difference.endsWith(`.${name}: not specified`))

describe('the OpenAPI document compared with the specification', () => {
  const specified = specifiedOperations()

  test('each endpoint of the specification is served or listed, and each other endpoint is listed', async (t) => {
    const ours = await ourOperations(t)
    assert.ok(specified.length > 100, 'the specification was read')
    const missing = specified.filter((one) => serving(ours, one) === undefined)
    assert.deepEqual(beyond(NOT_SERVED, missing), { unnamed: [], unused: [] })
    const matched = new Set(specified.map((one) => serving(ours, one)))
    const alone = ours.filter((one) => one.path.startsWith('/_matrix') && !matched.has(one))
    assert.deepEqual(beyond(OURS_ALONE, alone), { unnamed: [], unused: [] })
  })

  test('authentication, parameters, bodies, statuses and responses are equal, or the difference is listed', async (t) => {
    const ours = await ourOperations(t)
    const found = specified.flatMap((one) => {
      const own = serving(ours, one)
      return own === undefined
        ? []
        : differences(one, own).map((difference) => ({ operation: nameOf(one), difference }))
    })
    const isAccepted = ({ operation, difference }: (typeof found)[number]) =>
      ACCEPTED.some((one) => one.operation.test(operation) && one.difference.test(difference))
    const unnamed = found.filter((one) => !isAccepted(one) && extensionIn(one.difference) === undefined)
    assert.deepEqual(
      unnamed.map(({ operation, difference }) => `${operation} ${difference}`),
      [],
    )
    const unused = ACCEPTED.filter(
      (one) =>
        !found.some(
          ({ operation, difference }) => one.operation.test(operation) && one.difference.test(difference),
        ),
    )
    assert.deepEqual(unused, [])
    const used = new Set(found.map(({ difference }) => extensionIn(difference)))
    assert.deepEqual(
      Object.keys(EXTENSIONS).filter((name) => !used.has(name)),
      [],
    )
  })

  test('a difference of each kind is found', () => {
    const of = (about: JsonObject): Operation => ({ method: 'get', path: '/', about })
    const json = (schema: JsonObject) => ({ content: { 'application/json': { schema } } })
    const text = { type: 'string' }
    const theirs = of({
      security: [{ token: [] }],
      parameters: [{ name: 'a', in: 'query', required: true, schema: text }],
      requestBody: json({ type: 'object', properties: { b: text }, required: ['b'] }),
      responses: {
        200: json({ type: 'object', properties: { c: text, d: text }, required: ['c'] }),
        404: {},
      },
    })
    const own = of({
      parameters: [{ name: 'x', in: 'query', schema: text }],
      requestBody: json({ type: 'object', properties: { y: text }, required: ['y'] }),
      responses: {
        200: json({ type: 'object', properties: { d: { type: 'integer' }, z: text } }),
        201: json({}),
        400: {},
      },
    })
    assert.deepEqual(differences(theirs, theirs), [])
    assert.deepEqual(differences(theirs, own), [
      'authentication: specified needed, ours none',
      'query a: not read, but required',
      'query x: not specified',
      'body.b: required, but not read',
      'body.y: not specified',
      'status 404: never returned',
      'status 201: not specified',
      'response.c: required, but not always sent',
      'response.d: integer is not string',
      'response.z: not specified',
    ])
  })
})
