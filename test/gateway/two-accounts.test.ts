import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { openGateway, type PushGiven, type Script, unavailable } from './fixture.ts'

const of = (account: string, more: PushGiven = {}): PushGiven => ({
  data: { default_payload: { cs: account } },
  ...more,
})

onEachDatabase('two accounts on one phone', (open) => {
  test('are both told of an event in a room that they share, each once', async (t) => {
    const db = await open(t)
    {
      await using it = await openGateway(db)
      await Promise.all([it.push(of('alice')), it.push(of('bob')), it.push(of('alice'))])
      assert.deepEqual(
        it.sent
          .map(({ device }) => device.data)
          .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
        [of('alice').data, of('bob').data],
      )
    }
    await using again = await openGateway(db)
    await again.push(of('alice'))
    await again.push(of('bob'))
    await again.push(of('carol'))
    assert.deepEqual(
      again.sent.map(({ device }) => device.data),
      [of('carol').data],
      'after a restart too',
    )
  })

  test('keep counts of their own while they wait', async (t) => {
    const isDown = new Set(['alice', 'bob'])
    const script: Script = ({ device }) => {
      const { default_payload: payload } = device.data as { default_payload: { cs: string } }
      return isDown.has(payload.cs) ? unavailable : undefined
    }
    await using it = await openGateway(await open(t), { script })
    await it.push(of('alice', { event: '$1', counts: { unread: 7 } }))
    await it.push(of('alice', { event: null, counts: { unread: 8 } }))
    isDown.delete('bob')
    await it.push(of('bob', { event: '$1', counts: { unread: 1 } }))
    await eventually(() => it.outcomes().includes('delivered'))
    isDown.delete('alice')
    const told = () =>
      it.sent
        .filter(({ device }) => JSON.stringify(device.data).includes('alice'))
        .map(({ notification }) => notification.counts?.unread)
    await eventually(() => {
      it.clock.advance(1000)
      return it.outcomes().filter((outcome) => outcome === 'delivered').length === 3
    })
    assert.ok(!told().includes(1), `alice was told ${String(told())}`)
  })

  test('a rejected token is dead for both', async (t) => {
    const script: Script = () => ({ kind: 'rejected', reason: 'Unregistered', status: 410 })
    await using it = await openGateway(await open(t), { script })
    assert.deepEqual(await it.push(of('alice')), { rejected: ['key'] })
    assert.deepEqual(await it.push(of('bob')), { rejected: ['key'] })
  })
})
