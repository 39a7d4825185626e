import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { onShards } from '../support/sharded.ts'
import { whenLocked } from '../support/when-locked.ts'
import { openGateway, unavailable } from './fixture.ts'

const DEVICES = ['a', 'b', 'c', 'd', 'e', 'f']

onShards('two processes of the gateway that queue notifications for the same devices', (open) => {
  test('lock the lanes in one order, so they do not wait for each other in a circle', async (t) => {
    const { db, client } = await open(t, 1)
    let [inFlight, isHeld] = [0, false]
    const { promise: allInFlight, resolve: onAll } = Promise.withResolvers<void>()
    const script = async () => {
      if (isHeld && ++inFlight === DEVICES.length) onAll()
      if (isHeld) await allInFlight
      return { ...unavailable, isOfDevice: true }
    }
    await using gateway = await openGateway(db, { script })
    /** By the key of its lane. */
    const lanes = new Map<string, string>()
    for (const pushkey of DEVICES) {
      await gateway.push({ pushkey })
      const { rows } = await client.query<{ key: string }>(`select key from lanes where kind = 'push'`)
      for (const { key } of rows) if (!lanes.has(key)) lanes.set(key, pushkey)
    }
    const keys = [...lanes.keys()].toSorted()
    await client.query('begin')
    await client.query('select 1 from lanes where key = $1 for update', [keys.at(-1)])
    isHeld = true
    // The results are written together, the one for the last lane first.
    const pushes = keys
      .toReversed()
      .map((key) => gateway.push({ pushkey: lanes.get(key) ?? '', event: '$next' }))
    await whenLocked(db)
    const free = await client.query(`select key from lanes where key <> $1 for update skip locked`, [
      keys.at(-1),
    ])
    assert.deepEqual(free.rows, [], 'all lanes before the one that is locked are held')
    await client.query('commit')
    for (const response of await Promise.all(pushes)) assert.deepEqual(response, { rejected: [] })
    await eventually(() => gateway.gateway.health().queued === 2 * DEVICES.length)
  })
})
