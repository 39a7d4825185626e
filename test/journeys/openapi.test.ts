import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts'
import { call } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

const METHODS = ['get', 'put', 'post', 'delete']

/** All values of a key at any depth. */
function valuesOf(value: Json | undefined, key: string): Json[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesOf(item, key))
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(name === key ? [inner] : []),
    ...valuesOf(inner, key),
  ])
}

test('any client can read the OpenAPI document of all routes of a server', async (t) => {
  const { url } = await startTestServer(t)
  const { status, body } = await call(`${url}/_belfry/v1/openapi.json`)
  assert.equal(status, 200)
  const document = body as JsonObject & { paths: Record<string, Record<string, JsonObject>> }
  assert.equal(document['openapi'], '3.1.1')
  const paths = Object.keys(document.paths)
  for (const path of [
    '/_matrix/client/v3/sync',
    '/_matrix/push/v1/notify',
    '/_belfry/v1/openapi.json',
    '/health',
  ])
    assert.ok(paths.includes(path), path)

  // Two templates that differ only in parameter names would be one path.
  const shapes = paths.map((path) => path.replace(/\{\w+\}/g, '{}'))
  assert.deepEqual(
    shapes.filter((shape, at) => shapes.indexOf(shape) !== at),
    [],
  )
  const operations = Object.values(document.paths).flatMap((item) =>
    METHODS.flatMap((method): JsonObject[] => (item[method] ? [item[method]] : [])),
  )
  assert.ok(operations.length > 100, 'the operations were found')
  assert.equal(new Set(operations.map((operation) => operation['operationId'])).size, operations.length)

  const references = valuesOf(document, '$ref')
  assert.ok(references.length > 100)
  const components = (document['components'] as { schemas: JsonObject }).schemas
  const known = new Set(Object.keys(components).map((name) => `#/components/schemas/${name}`))
  assert.deepEqual(
    references.filter((reference) => typeof reference !== 'string' || !known.has(reference)),
    [],
  )
})
