import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalBus } from '../../src/cluster/bus.ts'
import type { LiveProcess } from '../../src/cluster/membership.ts'
import { ownerOf } from '../../src/cluster/owners.ts'
import { createProcessShare } from '../../src/cluster/process-share.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createFakeMembership } from '../support/fake-membership.ts'
import { createEngineFixture } from './engine-fixture.ts'

const live = (...ids: string[]): LiveProcess[] => ids.map((id) => ({ id, roles: ['delivery'] }))
const lanes = Array.from({ length: 24 }, (_, n) => `https://gateway-${n}.test`)
const all = lanes.map((_, index) => index + 1)
const ofProcess = (id: string) => all.filter((laneId) => ownerOf(`lane ${laneId}`, ['a', 'b']) === id)
/** The fixture sends again for each wake-up. */
const once = (laneIds: readonly number[]) => [...new Set(laneIds)].toSorted((one, other) => one - other)

function memberOf(id: string, ids: readonly string[]) {
  const membership = createFakeMembership(id, live(...ids))
  return { membership, share: createProcessShare(membership, 'delivery') }
}

onEachDatabase('several processes that send', (open) => {
  test('each send the lanes that belong to them, at the start and when a lane is woken', async (t) => {
    const { startOther } = await createEngineFixture(t, open, { lanes, limit: 400 })
    const bus = createLocalBus()
    const settings = { wokenBy: { bus, topic: 'delivery' } } as const
    const a = await startOther('a', { ...settings, share: memberOf('a', ['a', 'b']).share })
    await using _a = a.engine
    const b = await startOther('b', { ...settings, share: memberOf('b', ['a', 'b']).share })
    await using _b = b.engine
    bus.publish('delivery', all)
    a.deliver(all)
    b.deliver(all)
    await eventually(() => once([...a.sent, ...b.sent]).length === all.length)
    assert.deepEqual([once(a.sent), once(b.sent)], [ofProcess('a'), ofProcess('b')])
  })

  test('send the lanes of a process that is gone at once', async (t) => {
    const { startOther } = await createEngineFixture(t, open, { lanes, limit: 400 })
    const { membership, share } = memberOf('a', ['a', 'b'])
    const a = await startOther('a', { share })
    await using _a = a.engine
    a.deliver(all)
    await eventually(() => once(a.sent).length === ofProcess('a').length)
    membership.become(live('a'))
    await eventually(() => once(a.sent).length === all.length)
    assert.deepEqual(once(a.sent), all)
  })

  test('give up the kept leases of lanes that move to a new process, and no others', async (t) => {
    const { startOther, leased } = await createEngineFixture(t, open, { lanes, limit: 400 })
    const { membership, share } = memberOf('a', ['a'])
    const a = await startOther('a', { share, keepsIdleLanes: true })
    await using _a = a.engine
    a.deliver(all)
    await eventually(() => once(a.sent).length === all.length)
    assert.deepEqual(once(await leased()), all)
    membership.become(live('a', 'b'))
    await eventually(async () => once(await leased()).join() === ofProcess('a').join())
  })

  test('send the lanes that another one leaves for two sweeps', async (t) => {
    const { startOther, clock } = await createEngineFixture(t, open, { lanes, limit: 400 })
    const { share } = memberOf('a', ['a', 'b'])
    const a = await startOther('a', { share, sweepEveryMs: 1000 })
    await using _a = a.engine
    a.deliver(all)
    await eventually(() => once(a.sent).length === ofProcess('a').length)
    assert.deepEqual(once(a.sent), ofProcess('a'))
    clock.advance(1000)
    await eventually(() => once(a.sent).length === all.length)
  })

  test('send a lane once when two of them think that it is theirs', async (t) => {
    const { startOther, claimed } = await createEngineFixture(t, open, { lanes, limit: 400 })
    const a = await startOther('a', { share: memberOf('a', ['a']).share })
    await using _a = a.engine
    const b = await startOther('b', { share: memberOf('b', ['b']).share })
    await using _b = b.engine
    await eventually(() => a.sent.length + b.sent.length >= all.length)
    assert.deepEqual(
      claimed.toSorted((one, other) => one - other),
      all,
    )
    a.deliver(all)
    b.deliver(all)
  })
})
