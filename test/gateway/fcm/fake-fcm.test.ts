import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { suite, test, type TestContext } from 'node:test'

import { afterTest } from '../../support/after-test.ts'
import { startAutopush } from '../../support/autopush.ts'
import { eventually } from '../../support/eventually.ts'
import { type FakeFcm, startFakeFcm } from '../../support/fake-fcm.ts'

// Tests of the fakes: their behaviour decides what the other tests can find.

async function start(t: TestContext): Promise<FakeFcm> {
  const fake = await startFakeFcm()
  afterTest(t, () => fake[Symbol.asyncDispose]())
  return fake
}

/** Sends the head of a request and part of its body, then resets the connection. */
async function resetDuringRequest(url: string, path: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"mess`)
  // The head has arrived when the server has responded to another request.
  await fetch(url).then((response) => response.text())
  socket.resetAndDestroy()
  await once(socket, 'close')
}

suite('a client that resets its connection in the middle of a request', () => {
  test('does not end the fake FCM', async (t) => {
    const fake = await start(t)
    const path = `/v1/projects/${fake.projectId}/messages:send`
    for (const one of ['/token', path]) await resetDuringRequest(fake.url, one)
    await eventually(async () => (await fetch(fake.url)).status === 404)
    assert.deepEqual(fake.seen, [])
  })

  test('does not end the fake push service of Firefox', async (t) => {
    const fake = await startAutopush()
    afterTest(t, () => fake[Symbol.asyncDispose]())
    await resetDuringRequest(fake.origin, '/wpush/x')
    await eventually(async () => (await fetch(fake.origin, { method: 'POST' })).status === 410)
  })
})

suite('the fake FCM accepts what Google accepts', () => {
  const rows: [android: object, isAccepted: boolean][] = [
    [{ priority: 'HIGH' }, true],
    [{ priority: 'NORMAL' }, true],
    [{ priority: 'high' }, true],
    [{ priority: 'normal' }, true],
    [{ priority: 'urgent' }, false],
    [{ ttl: '3.5s' }, true],
    [{ ttl: '2419201s' }, false],
    [{ ttl: '60' }, false],
  ]
  for (const [android, isAccepted] of rows) {
    test(`${JSON.stringify(android)}: ${isAccepted ? 'accepted' : 'refused'}`, async (t) => {
      const fake = await start(t)
      const authorization = fake.grant()
      const response = await fetch(`${fake.url}/v1/projects/${fake.projectId}/messages:send`, {
        method: 'POST',
        headers: { authorization },
        body: JSON.stringify({ message: { token: 'phone', android } }),
      })
      assert.equal(response.status, isAccepted ? 200 : 400)
    })
  }
})
