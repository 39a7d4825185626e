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
  test('are both notified of an event in a shared room, each once', async (t) => {
    const db = await open(t)
    {
      await using fixture = await openGateway(db)
      await Promise.all([fixture.push(of('alice')), fixture.push(of('bob')), fixture.push(of('alice'))])
      assert.deepEqual(
        fixture.sent
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
      'also after a restart',
    )
  })

  test('keep separate counts in the queue', async (t) => {
    const isDown = new Set(['alice', 'bob'])
    const script: Script = ({ device }) => {
      const { default_payload: payload } = device.data as { default_payload: { cs: string } }
      return isDown.has(payload.cs) ? unavailable : undefined
    }
    await using fixture = await openGateway(await open(t), { script })
    await fixture.push(of('alice', { event: '$1', counts: { unread: 7 } }))
    await fixture.push(of('alice', { event: null, counts: { unread: 8 } }))
    isDown.delete('bob')
    await fixture.push(of('bob', { event: '$1', counts: { unread: 1 } }))
    await eventually(() => fixture.outcomes().includes('delivered'))
    isDown.delete('alice')
    const countsOfAlice = () =>
      fixture.sent
        .filter(({ device }) => JSON.stringify(device.data).includes('alice'))
        .map(({ notification }) => notification.counts?.unread)
    await eventually(() => {
      fixture.clock.advance(1000)
      return fixture.outcomes().filter((outcome) => outcome === 'delivered').length === 3
    })
    assert.ok(!countsOfAlice().includes(1), `alice received the counts ${String(countsOfAlice())}`)
  })

  test('a rejected token is rejected for both', async (t) => {
    const script: Script = () => ({ kind: 'rejected', reason: 'Unregistered', status: 410 })
    await using fixture = await openGateway(await open(t), { script })
    assert.deepEqual(await fixture.push(of('alice')), { rejected: ['key'] })
    assert.deepEqual(await fixture.push(of('bob')), { rejected: ['key'] })
  })
})
