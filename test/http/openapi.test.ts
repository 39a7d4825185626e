import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { content } from '../../src/http/content.ts'
import { z } from 'zod'
import { openApiDocument } from '../../src/http/openapi/document.ts'
import { named } from '../../src/http/response.ts'
import { client, defineRoute } from '../../src/http/route.ts'
import { jsonObject, queryBoolean, queryInteger } from '../../src/http/schema.ts'
import type { JsonObject } from '../../src/lib/json.ts'

const delivery = named('OpenApiTestItem', () =>
  z.strictObject({ name: z.string(), parts: z.array(z.strictObject({ tone: z.enum(['c', 'g']) })) }),
)

const put = defineRoute({
  method: 'PUT',
  path: client('/items/:itemId/'),
  auth: 'user',
  limit: 'send',
  params: z.object({ itemId: z.string().max(9) }),
  query: z.object({
    limit: queryInteger({ min: 1, max: 9 }).default(3),
    loud: queryBoolean.optional(),
    by: z.string().describe('Name of a caller'),
  }),
  body: z.object({ name: z.string(), more: jsonObject.optional() }),
  summary: 'Creates an item',
  response: { 200: delivery, 401: () => z.strictObject({ session: z.string() }) },
  errors: { 404: ['M_NOT_FOUND'] },
  handler: () => ({ name: 'n', parts: [] }),
})

const open = defineRoute({
  method: 'GET',
  path: '/_belfry/v1/page',
  auth: 'optional',
  limit: 'none',
  summary: 'A page',
  response: {
    200: { mediaType: 'text/html' },
    201: () => z.looseObject({ delivery: delivery().nullable() }),
  },
  handler: () => content(200, { data: '', type: 'text/html' }),
})

const document = openApiDocument([put, open], { version: '7' })
const paths = document['paths'] as Record<string, Record<string, JsonObject>>
const built = paths['/_matrix/client/v3/items/{itemId}/']?.['put'] ?? assert.fail('no such path')
const page = paths['/_belfry/v1/page']?.['get'] ?? assert.fail('no such path')
const responses = built['responses'] as Record<string, JsonObject>

describe('the OpenAPI document', () => {
  test('contains a route once, under its newest prefix, with its other paths', () => {
    assert.deepEqual(Object.keys(paths), ['/_matrix/client/v3/items/{itemId}/', '/_belfry/v1/page'])
    assert.deepEqual(built['x-also-at'], [
      '/_matrix/client/r0/items/{itemId}/',
      '/_matrix/client/api/v1/items/{itemId}/',
    ])
    assert.deepEqual(
      [built['operationId'], built['summary'], built['x-rate-limit']],
      ['putItemsByItemIdAll', 'Creates an item', 'send'],
    )
    assert.deepEqual(
      [page['operationId'], page['x-also-at'], page['x-rate-limit']],
      ['getBelfryV1Page', undefined, undefined],
    )
  })

  test('contains the kind of token of each route', () => {
    assert.deepEqual(built['security'], [{ accessToken: [] }])
    assert.deepEqual(page['security'], [{}, { accessToken: [] }])
  })

  test('describes parameters by the type that they are parsed to', () => {
    assert.deepEqual(built['parameters'], [
      { name: 'itemId', in: 'path', required: true, schema: { type: 'string', maxLength: 9 } },
      {
        name: 'limit',
        in: 'query',
        required: false,
        schema: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
      },
      { name: 'loud', in: 'query', required: false, schema: { type: 'boolean' } },
      {
        name: 'by',
        in: 'query',
        required: true,
        description: 'Name of a caller',
        schema: { type: 'string' },
      },
    ])
  })

  test('describes request bodies before transformation', () => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, more: { type: 'object' } },
      required: ['name'],
    }
    assert.deepEqual(built['requestBody'], { required: true, content: { 'application/json': { schema } } })
  })

  test('contains named schemas as components, and closes no object', () => {
    const schemas = (document['components'] as { schemas: JsonObject }).schemas
    assert.deepEqual(Object.keys(schemas), ['MatrixError', 'OpenApiTestItem'])
    const part = {
      type: 'object',
      properties: { tone: { type: 'string', enum: ['c', 'g'] } },
      required: ['tone'],
    }
    assert.deepEqual(schemas['OpenApiTestItem'], {
      type: 'object',
      properties: { name: { type: 'string' }, parts: { type: 'array', items: part } },
      required: ['name', 'parts'],
    })
    const reference = { $ref: '#/components/schemas/OpenApiTestItem' }
    assert.deepEqual(responses['200'], {
      description: 'OK',
      content: { 'application/json': { schema: reference } },
    })
    assert.deepEqual((page['responses'] as JsonObject)['201'], {
      description: 'Created',
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: { delivery: { anyOf: [reference, { type: 'null' }] } },
            required: ['delivery'],
            additionalProperties: {},
          },
        },
      },
    })
  })

  test('contains the declared error codes of a route and those that follow from its declaration', () => {
    const error = (errcode: JsonObject) => ({
      allOf: [{ $ref: '#/components/schemas/MatrixError' }, { properties: { errcode } }],
    })
    assert.deepEqual(responses['404'], {
      description: 'Not Found: M_NOT_FOUND',
      content: { 'application/json': { schema: error({ const: 'M_NOT_FOUND' }) } },
    })
    const challenge = { type: 'object', properties: { session: { type: 'string' } }, required: ['session'] }
    assert.deepEqual(responses['401'], {
      description: 'Unauthorized: M_MISSING_TOKEN, M_UNKNOWN_TOKEN, M_USER_LOCKED',
      content: {
        'application/json': {
          schema: {
            anyOf: [challenge, error({ enum: ['M_MISSING_TOKEN', 'M_UNKNOWN_TOKEN', 'M_USER_LOCKED'] })],
          },
        },
      },
    })
    assert.ok('headers' in (responses['429'] ?? {}))
    assert.deepEqual(Object.keys(page['responses'] as JsonObject), ['200', '201', '400', '401', '500', '503'])
  })
})
