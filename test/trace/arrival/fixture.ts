import type { TestContext } from 'node:test'
import { touchDevices } from '../../../src/accounts/devices-store.ts'
import type { DeviceId } from '../../../src/lib/ids.ts'
import type { Database } from '../../../src/storage/database.ts'
import { query } from '../../../src/storage/query.ts'
import { insertFetched } from '../../../src/trace/arrival/arrival-store.ts'
import { judgePokes } from '../../../src/trace/arrival/judge.ts'
import { createTrace } from '../../../src/trace/trace.ts'
import { alice, bob, createDeliveryFixture, PHONE, room1 } from '../../delivery/delivery-fixture.ts'

const trace = createTrace({ isEnabled: true })
const DATA = { url: 'http://127.0.0.1/_matrix/push/v1/notify', format: 'event_id_only' }
/** Positions of events that do not exist any more. */
let past = -1000

const allArrivals = query()((db) => db.selectFrom('arrivals').selectAll().orderBy('entry_id'))
const newestPusher = query()((db) =>
  db.selectFrom('pushers').select('pusher_id').orderBy('pusher_id', 'desc'),
)

type Attempt = { isFetchExpected?: boolean; failed?: 'timeout' }

/** Bob's phone with a pusher, last used ten minutes ago, and pokes that are recorded without sending them. */
export async function createArrivalFixture(t: TestContext, db: Database) {
  const delivery = await createDeliveryFixture(t, db)
  const { clock } = delivery
  clock.advance(600_000)
  const seen = (at: number) =>
    db.transaction((tx) =>
      tx.run(touchDevices, { seen: [{ user_id: bob, device_id: PHONE, address: '', at }] }),
    )
  await seen(clock.now() - 1_200_000)
  const addPusher = async (pushkey: string) => {
    await delivery.setPusher(bob, { pushkey, data: DATA })
    return (await db.first(newestPusher, {}))?.pusher_id ?? 0
  }
  const pusherId = await addPusher('phone')
  const say = async () => {
    const { position, eventId } = await delivery.fixture.say(room1, alice, 'hello')
    return { position, eventId }
  }
  /** Records an attempt that took 100 ms and ends now. */
  const sent = (position: number, { failed, isFetchExpected = true }: Attempt = {}) =>
    db.transaction(async (tx) => {
      const result =
        failed === undefined
          ? ({ kind: 'delivered', reason: 'accepted', status: 200, ms: 100 } as const)
          : ({ kind: 'retry', reason: failed, ms: 100 } as const)
      trace.recordSteps(tx, clock.now(), [{ pusherId, position, result, isFetchExpected }])
    })
  return {
    ...delivery,
    pusherId,
    addPusher,
    phone: { userId: bob, deviceId: PHONE },
    laptop: { userId: bob, deviceId: 'LAPTOP' as DeviceId },
    seen,
    say,
    sent,
    /** Sends an event whose poke is recorded. */
    poke: async (more: Attempt = {}) => {
      const event = await say()
      await sent(event.position, more)
      return event
    },
    /** Earlier pokes whose events were fetched. */
    addHabit: async (count = 5) => {
      const at = clock.now() - 300_000
      const proofs = Array.from({ length: count }, () => ({
        position: past--,
        pusher_id: pusherId,
        sent_at: at,
        at: at + 500,
        expected: 1 as const,
      }))
      await db.transaction((tx) => tx.run(insertFetched, { proofs }))
    },
    judge: (on: Database = db) => judgePokes({ db: on, clock }),
    /** The states of the arrivals of an event. */
    statesOf: async (position: number) =>
      (await db.all(allArrivals, {})).filter((row) => row.position === position).map(({ state }) => state),
    waiting: async () => (await db.all(allArrivals, {})).filter(({ state }) => state === 'waiting').length,
  }
}
