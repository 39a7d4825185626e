import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRouter } from '../../src/http/router.ts'

describe('createRouter', () => {
  test('refuses a second route with the same method and path, whatever the names of the parameters', () => {
    const router = createRouter<number>()
    router.add('GET', '/rooms/:roomId/state', 1)
    router.add('PUT', '/rooms/:roomId/state', 2)
    router.add('GET', '/rooms/:roomId', 3)
    assert.throws(() => router.add('GET', '/rooms/:id/state', 4), /two routes .*\/rooms\/:id\/state/)
  })

  test('finds the route of a method, and the methods of a path without that method', () => {
    const router = createRouter<number>()
    router.add('GET', '/rooms/:roomId', 1)
    router.add('PUT', '/rooms/:roomId', 2)
    router.add('POST', '/rooms', 3)
    const found = JSON.stringify(router.find('PUT', '/rooms/a%2Fb?x=1'))
    assert.equal(found, '{"kind":"route","value":2,"params":{"roomId":"a/b"},"query":{"x":"1"}}')
    assert.equal((router.find('HEAD', '/rooms/a') as { value?: number }).value, 1)
    assert.deepEqual(router.find('DELETE', '/rooms/a'), {
      kind: 'unmatched',
      methods: ['GET', 'HEAD', 'OPTIONS', 'PUT'],
    })
    assert.deepEqual(router.find('GET', '/nowhere'), { kind: 'unmatched', methods: [] })
    assert.deepEqual(router.find('GET', '/rooms/%zz'), { kind: 'malformed' })
  })
})
