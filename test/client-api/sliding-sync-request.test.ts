import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remembered, stableBody, stableRules } from '../../src/client-api/sliding-sync-request.ts'
import { MAX_RECENT_BYTES } from '../../src/http/body.ts'
import type { Viewer } from '../../src/lib/matrix-event.ts'

const viewer = { userId: '@alice:localhost', deviceId: 'PHONE' } as Viewer

/** `rulesOf` of a route, and the number of times that it has read a body. */
function counted() {
  const count = { reads: 0 }
  const rulesOf = remembered((body: Parameters<typeof stableRules>[0]) => {
    count.reads++
    return stableRules(body)
  })
  return { rulesOf, count }
}

test('the rules of a body are kept from the second request on', () => {
  const { rulesOf, count } = counted()
  const body = stableBody.parse({ conn_id: 'main' })
  const [first, second, third, fourth] = [1, 2, 3, 4].map(() => rulesOf(body, viewer))
  assert.deepEqual(first, second)
  assert.equal(second, third)
  assert.equal(third, fourth)
  assert.equal(count.reads, 2)
})

test('a body that is sent once does not end the rules of another one of the connection', () => {
  const { rulesOf, count } = counted()
  const body = stableBody.parse({ conn_id: 'main' })
  for (const sent of [body, body, stableBody.parse({ conn_id: 'main' }), body]) rulesOf(sent, viewer)
  assert.equal(count.reads, 3)
})

test('the rules that are kept are limited by the size of their bodies', () => {
  const { rulesOf, count } = counted()
  const bodies = Array.from({ length: 300 }, (_, at) =>
    stableBody.parse({
      conn_id: String(at),
      extensions: { typing: { enabled: true, lists: Array.from({ length: 60 }, () => 'x'.repeat(250)) } },
    }),
  )
  assert.ok(JSON.stringify(bodies[0]).length < MAX_RECENT_BYTES)
  const small = stableBody.parse({ conn_id: 'small' })
  for (const body of [small, ...bodies]) [1, 2].map(() => rulesOf(body, viewer))
  count.reads = 0
  rulesOf(bodies.at(-1) ?? small, viewer)
  assert.equal(count.reads, 0)
  rulesOf(small, viewer)
  assert.equal(count.reads, 1)
})
