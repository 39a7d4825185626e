import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { content } from '../../src/http/content.ts'
import { z } from 'zod'
import { named } from '../../src/http/response.ts'
import { defineRoute, reply, type Route } from '../../src/http/route.ts'
import { Deferred } from '../../src/lib/deferred.ts'
import { MatrixError, notFound } from '../../src/lib/errors.ts'
import { createResponseCheck } from '../support/response-check.ts'
import { startServer } from './server-fixture.ts'
import { inject } from '../support/inject.ts'

const at = { method: 'GET', path: '/thing', auth: 'none', limit: 'default' } as const
const thing = () => z.strictObject({ name: z.string(), tags: z.array(z.string()).optional() })

/** The faults that the check reports for the one response of a route. */
async function checked(route: Route, path = '/thing'): Promise<string[]> {
  const check = createResponseCheck()
  await using started = startServer([route], { onResponse: check.onResponse })
  await inject(started.server, { method: route.method, url: path })
  return check.faults()
}

describe('the response schemas of a route', () => {
  test('the compiler refuses a handler that does not match them', () => {
    const tags: readonly string[] = ['a']
    defineRoute({ ...at, response: { 200: thing }, handler: () => ({ name: 'n', tags }) })
    defineRoute({ ...at, response: { 201: thing }, handler: () => reply(201, { name: 'n' }) })
    // @ts-expect-error another type of a key
    defineRoute({ ...at, response: { 200: thing }, handler: () => ({ name: 1 }) })
    // @ts-expect-error a required key is missing
    defineRoute({ ...at, response: { 200: thing }, handler: () => ({ tags }) })
    // @ts-expect-error an undeclared status
    defineRoute({ ...at, response: { 200: thing }, handler: () => reply(202, { name: 'n' }) })
    // @ts-expect-error the body of another status
    defineRoute({ ...at, response: { 200: thing }, handler: () => reply(200, { other: 'n' }) })
  })

  test('a named schema is created once, on first use', () => {
    let made = 0
    const schema = named('ResponseTestThing', () => z.string().describe(String(++made)))
    assert.equal(made, 0)
    assert.equal(schema(), schema())
    assert.equal(made, 1)
    assert.equal(schema().meta()?.id, 'ResponseTestThing')
  })
})

describe('the response check', () => {
  test('reports nothing for a response that matches', async () => {
    assert.deepEqual(
      await checked(defineRoute({ ...at, response: { 200: thing }, handler: () => ({ name: 'n' }) })),
      [],
    )
  })

  test('reports the route, the status and the place of a mismatch, and no part of the response', async () => {
    const wrong = { name: 'n', tags: ['a', 2], secret: 'hidden' } as never
    const faults = await checked(defineRoute({ ...at, response: { 200: thing }, handler: () => wrong }))
    assert.deepEqual(faults, [
      'GET /thing 200: tags.1: Invalid input: expected string, received number',
      'GET /thing 200: body: Unrecognized key: "secret"',
    ])
  })

  test('reports an undeclared status and an undeclared error code', async () => {
    const accepted = { ...at, response: { 200: thing }, errors: { 404: ['M_NOT_FOUND'] } } as const
    const failing = (error: MatrixError) =>
      defineRoute({
        ...accepted,
        handler: () => {
          throw error
        },
      })
    assert.deepEqual(await checked(failing(notFound('gone'))), [])
    assert.deepEqual(await checked(failing(new MatrixError(404, 'M_OTHER', 'gone'))), [
      'GET /thing 404: not declared by the route (M_OTHER)',
    ])
    assert.deepEqual(await checked(failing(new MatrixError(409, 'M_NOT_FOUND', 'gone'))), [
      'GET /thing 409: not declared by the route (M_NOT_FOUND)',
    ])
    assert.deepEqual(await checked(failing(notFound('gone')), '/nowhere'), [])
  })

  test('ignores deferred parts, and checks only the media type of a body that is not JSON', async () => {
    const rooms = () => z.strictObject({ rooms: z.record(z.string(), z.strictObject({})) })
    const later = new Deferred(async () => ({}))
    assert.deepEqual(
      await checked(
        defineRoute({ ...at, response: { 200: rooms }, handler: () => ({ rooms: { a: later } }) }),
      ),
      [],
    )
    const page = defineRoute({
      ...at,
      response: { 200: { mediaType: 'text/html' } },
      handler: () => content(200, { data: 'text', type: 'text/plain' }),
    })
    assert.deepEqual(await checked(page), [
      'GET /thing 200: content-type: expected text/html, was text/plain',
    ])
  })
})
