import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { DeviceId } from '../../src/lib/ids.ts'
import { isRead } from '../../src/notifications/read-positions.ts'
import { listPushers } from '../../src/pushers/list-pushers.ts'
import type { Database } from '../../src/storage/database.ts'
import { room } from '../notifications/fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { alice, atRest, bob, bodies, isBadge, kitchen, PHONE, setUp, type Tower } from './tower.ts'

const LAPTOP = { userId: bob, deviceId: 'LAPTOP' as DeviceId }
const GRACE_MS = 60_000

const readAll = (tower: Tower, position: number, roomId = kitchen) =>
  tower.house.read({ userId: bob, roomId, threadId: '', position })

/** Bob's phone has a pusher that holds for a minute. */
async function holding(t: TestContext, open: (t: TestContext) => Promise<Database>) {
  const { tower, gateway } = await setUp(t, open)
  const fields = { data: { url: gateway.url }, 'org.belfry.hold_while_active_ms': GRACE_MS }
  await tower.setPusher(bob, fields)
  return { tower, gateway, fields }
}

/** Resolves once the pusher is left alone, with something held for it; to until when. */
const held = (tower: Tower) =>
  eventually(async () => {
    const [row] = await tower.pusherRows()
    return row?.lease_owner === null && row.held_until !== null && row.held_until
  })

onEachDatabase('a poke while its user is active elsewhere', (open) => {
  test('is held, as the status says, and sent when the grace is over', async (t) => {
    const { tower, gateway } = await holding(t, open)
    await using _worker = await tower.start()
    using _poll = tower.activity.enter(LAPTOP, 30_000)
    const saidAt = tower.clock.now()
    await tower.say(alice, 'hello')
    assert.equal(await held(tower), saidAt + GRACE_MS)
    const [shown] = await listPushers(tower.db, bob, tower.clock.now())
    assert.equal(shown?.['org.belfry.hold_while_active_ms'], GRACE_MS)
    assert.deepEqual(shown?.['org.belfry.status'], {
      ...(shown?.['org.belfry.status'] as object),
      state: 'ok',
      queued: 1,
      held_until: saidAt + GRACE_MS,
      next_attempt_at: null,
    })
    // Looked at again and again, it is announced once, and nothing is sent.
    for (let passed = 15_000; passed < GRACE_MS; passed += 15_000) {
      tower.clock.advance(15_000)
      await eventually(async () => ((await tower.pusherRows())[0]?.next_attempt_at ?? 0) > tower.clock.now())
    }
    assert.deepEqual(gateway.pokes, [])
    tower.clock.advance(15_000)
    await atRest(tower)
    assert.deepEqual(bodies(gateway.pokes), ['hello'])
    assert.equal((await tower.pusherRows())[0]?.held_until, null)
    assert.deepEqual(
      tower.told.map(({ event }) => event),
      ['pokeHeld', 'pokeSent'],
    )
  })

  test('and read there, is never sent, nor is a badge', async (t) => {
    const { tower, gateway } = await holding(t, open)
    await using _worker = await tower.start()
    await readAll(tower, await tower.say(alice, 'before'))
    await eventually(async () => (await tower.pusherRows())[0]?.value_told === 0)
    const before = gateway.pokes.length
    using _poll = tower.activity.enter(LAPTOP, 30_000)
    const position = await tower.say(alice, 'hello')
    await held(tower)
    await readAll(tower, position)
    await atRest(tower)
    tower.clock.advance(GRACE_MS)
    await atRest(tower)
    assert.equal(gateway.pokes.length, before)
    assert.deepEqual(tower.told.at(-1)?.fields['reason'], 'read')
    assert.equal((await tower.pusherRows())[0]?.held_until, null)
  })

  test('is sent soon after the other device has gone', async (t) => {
    const { tower, gateway } = await holding(t, open)
    await using _worker = await tower.start()
    const poll = tower.activity.enter(LAPTOP, 30_000)
    await tower.say(alice, 'hello')
    await held(tower)
    poll[Symbol.dispose]()
    tower.clock.advance(15_000)
    await atRest(tower)
    assert.deepEqual(bodies(gateway.pokes), ['hello'])
  })

  test('is sent at once: without the setting, at the own device alone, with nobody there, to others', async (t) => {
    const { tower, gateway, fields } = await holding(t, open)
    await using _worker = await tower.start()
    {
      using _own = tower.activity.enter({ userId: bob, deviceId: PHONE }, 30_000)
      using _other = tower.activity.enter({ ...LAPTOP, userId: alice }, 30_000)
      await tower.say(alice, 'nobody elsewhere')
      await atRest(tower)
      assert.equal(gateway.pokes.length, 1)
    }
    using _poll = tower.activity.enter(LAPTOP, 30_000)
    await tower.setPusher(bob, { ...fields, 'org.belfry.hold_while_active_ms': 0 })
    await tower.say(alice, 'no grace')
    await atRest(tower)
    assert.deepEqual(bodies(gateway.pokes), ['nobody elsewhere', 'no grace'])
  })

  test('holds what comes after it, and each has its own grace; calls go', async (t) => {
    const { tower, gateway } = await holding(t, open)
    await using _worker = await tower.start()
    using _poll = tower.activity.enter(LAPTOP, 30_000)
    await tower.say(alice, 'first')
    await held(tower)
    tower.clock.advance(20_000)
    await tower.say(alice, 'second')
    await tower.house.send({
      roomId: kitchen,
      sender: alice,
      type: 'm.call.invite',
      content: { call_id: 'c' },
    })
    const call = await gateway.waitFor((poke) => poke.type === 'm.call.invite')
    assert.equal(call.counts?.unread, 1)
    await held(tower)
    tower.clock.advance(40_000)
    await gateway.waitFor((poke) => poke.content?.['body'] === 'first')
    await held(tower)
    assert.deepEqual(bodies(gateway.pokes).slice(1), ['first'])
    tower.clock.advance(20_000)
    await atRest(tower)
    assert.deepEqual(bodies(gateway.pokes).slice(1), ['first', 'second'])
  })

  test('does not hold the badge: what is read elsewhere is told at once', async (t) => {
    const { tower, gateway } = await holding(t, open)
    const rooms = [room('attic'), room('cellar')] as const
    for (const roomId of rooms) for (const userId of [alice, bob]) await tower.house.join(roomId, userId)
    await using _worker = await tower.start()
    const early: number[] = []
    for (const roomId of rooms) early.push((await tower.house.say(roomId, alice, 'early')).position)
    await atRest(tower)
    using _poll = tower.activity.enter(LAPTOP, 30_000)
    const position = await tower.say(alice, 'held')
    await held(tower)
    // One more unread than before and one fewer: the number that was told is right.
    await readAll(tower, early[0] ?? 0, rooms[0])
    await eventually(async () => (await tower.pusherRows())[0]?.value_due === 0)
    await held(tower)
    assert.equal(gateway.pokes.length, 2)
    await readAll(tower, early[1] ?? 0, rooms[1])
    assert.deepEqual((await gateway.waitFor(isBadge)).counts, { unread: 1 })
    await held(tower)
    assert.equal(await tower.queued(), 1)
    await readAll(tower, position)
    await gateway.waitFor((poke) => isBadge(poke) && poke.counts?.unread === 0)
    await atRest(tower)
    assert.deepEqual(bodies(gateway.pokes), ['early', 'early'])
  })

  test('lets a call through that comes while it is being looked at', async (t) => {
    const { tower, gateway } = await holding(t, open)
    let looks = 0
    await using _worker = await tower.start({
      isRead: async (q, at) => {
        if (looks++ === 0)
          await tower.house.send({ roomId: kitchen, sender: alice, type: 'm.call.invite', content: {} })
        return isRead(q, at)
      },
    })
    using _poll = tower.activity.enter(LAPTOP, 30_000)
    await tower.say(alice, 'held')
    await gateway.waitFor((poke) => poke.type === 'm.call.invite')
    await held(tower)
    assert.equal(gateway.pokes.length, 1)
  })

  test('waits on through a kill, if the other device comes back; else it is sent then', async (t) => {
    for (const comesBack of [true, false]) {
      const { tower, gateway } = await holding(t, open)
      {
        await using _killed = await tower.start()
        using _poll = tower.activity.enter(LAPTOP, 30_000)
        await tower.say(alice, 'hello')
        await held(tower)
      }
      const after = tower.newActivity()
      await using _worker = await tower.start({ activeUntil: (of) => after.until(of) })
      await held(tower)
      if (comesBack) after.enter(LAPTOP, 30_000)
      tower.clock.advance(15_000)
      if (comesBack) {
        await eventually(
          async () => ((await tower.pusherRows())[0]?.next_attempt_at ?? 0) > tower.clock.now(),
        )
        assert.deepEqual(gateway.pokes, [])
        tower.clock.advance(GRACE_MS - 15_000)
      }
      await atRest(tower)
      assert.deepEqual(bodies(gateway.pokes), ['hello'])
    }
  })

  test('is let go when the setting is taken back, and forgotten when the pusher is switched off', async (t) => {
    const { tower, gateway, fields } = await holding(t, open)
    await using _worker = await tower.start()
    using _poll = tower.activity.enter(LAPTOP, 30_000)
    await tower.say(alice, 'one')
    await held(tower)
    await tower.setPusher(bob, { ...fields, 'org.belfry.hold_while_active_ms': 0 })
    await atRest(tower)
    assert.deepEqual(bodies(gateway.pokes), ['one'])
    await tower.setPusher(bob, fields)
    await tower.say(alice, 'two')
    await held(tower)
    await tower.setPusher(bob, { ...fields, enabled: false })
    assert.deepEqual([(await tower.pusherRows())[0]?.held_until, await tower.queued()], [null, 0])
  })

  test('is not held by a clock that was set back', async (t) => {
    const { tower, gateway } = await holding(t, open)
    using _poll = tower.activity.enter(LAPTOP, 30_000)
    await tower.say(alice, 'from the future')
    tower.clock.advance(-3_600_000)
    await using _worker = await tower.start()
    await atRest(tower)
    assert.deepEqual(bodies(gateway.pokes), ['from the future'])
  })

  test('waits for its gateway first, when that has failed', async (t) => {
    const { tower, gateway } = await holding(t, open)
    gateway.answer({ status: 503 })
    await using _worker = await tower.start()
    await tower.say(alice, 'hello')
    await eventually(async () => ((await tower.pusherRows())[0]?.failing_since ?? null) !== null)
    using _poll = tower.activity.enter(LAPTOP, 30_000)
    gateway.answer({})
    tower.clock.advance(2000)
    await held(tower)
    assert.equal(gateway.pokes.length, 1)
    tower.clock.advance(GRACE_MS)
    await atRest(tower)
    assert.equal(gateway.pokes.length, 2)
  })
})
