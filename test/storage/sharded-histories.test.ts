import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { notAhead, parseToken, syncToken } from '../../src/rooms/sync/token.ts'
import { advanceIdleShards } from '../../src/storage/idle-shards.ts'
import { query } from '../../src/storage/query.ts'
import { currentPoint } from '../../src/storage/stream.ts'
import type { StreamPoint } from '../../src/storage/stream-point.ts'
import { afterTest } from '../support/after-test.ts'
import { onShards, type Sharded } from '../support/sharded.ts'

const WRITERS = 6
const ROOMS = 40
const WRITES = 60

const news = query<{ since: StreamPoint; now: StreamPoint }>()((db, p, d) =>
  db
    .selectFrom('device_list_changes')
    .select('user_id')
    .where(d.isAfter('position', p.since))
    .where(d.isUpTo('position', p.now))
    .orderBy('position'),
)

/** One number of a sequence that depends on nothing but the start. */
function randomNumbers(start: number): (below: number) => number {
  let state = start
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Writer = { number: number; url: string; shards: number; committed: string[] }

/**
 * Writes rows for rooms, as the processes of a server do: the row of the shard is locked before the position
 * is taken.
 */
async function write(t: TestContext, { number, url, shards, committed }: Writer): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  afterTest(t, () => client.end())
  const random = randomNumbers(number)
  for (let count = 0; count < WRITES; count++) {
    const room = random(ROOMS)
    const shard = room % shards
    await client.query('begin')
    await client.query('select position from stream where id = $1 for update', [shard + 1])
    // So that shards become idle, and are far behind.
    if (random(10) === 0) await client.query(`select nextval('stream_positions') from generate_series(1, 60)`)
    for (let turns = random(6); turns > 0; turns--) await setImmediate()
    const row = `${room} ${number} ${count}`
    await client.query(
      `with taken as (select nextval('stream_positions') * ${shards} + ${shard} as position),
        moved as (update stream set position = (select position from taken) where id = ${shard + 1})
        insert into device_list_changes (user_id, position) select '${row}', position from taken`,
    )
    for (let turns = random(6); turns > 0; turns--) await setImmediate()
    if (random(8) === 0) await client.query('rollback')
    else {
      await client.query('commit')
      committed.push(row)
    }
  }
}

/** Polls with tokens, as a client does, until the writers have ended. */
async function poll({ db }: Sharded, isOver: () => boolean): Promise<string[]> {
  const seen: string[] = []
  let token = 's0'
  for (let isLast = false; ; isLast = isOver()) {
    const found = await db.snapshot(async (read) => {
      const now = { position: await currentPoint(read) }
      const since = notAhead(parseToken(token, 'since'), now)
      return { now, rows: await read.all(news, { since: since.position, now: now.position }) }
    })
    seen.push(...found.rows.map((row) => row.user_id))
    token = syncToken(found.now)
    if (isLast) return seen
    await advanceIdleShards(db)
  }
}

const ofRoom = (rows: readonly string[], room: number) => rows.filter((row) => row.startsWith(`${room} `))

onShards('a client that polls while several processes write', (open) => {
  for (const shards of [1, 3, 16])
    test(`gets every change once, and those of a room in order, with ${shards} shards`, async (t) => {
      const sharded = await open(t, shards)
      let isOver = false
      const committed: string[] = []
      const writers = Array.from({ length: WRITERS }, (_, number) =>
        write(t, { number, url: sharded.url, shards, committed }),
      )
      const polling = poll(sharded, () => isOver)
      await Promise.all(writers).finally(() => (isOver = true))
      const seen = await polling
      assert.deepEqual(seen.toSorted(), committed.toSorted())
      const stored = await sharded.client.query<{ user_id: string }>(
        'select user_id from device_list_changes order by position',
      )
      const inOrder = stored.rows.map((row) => row.user_id)
      for (let room = 0; room < ROOMS; room++)
        assert.deepEqual(ofRoom(seen, room), ofRoom(inOrder, room), `room ${room}`)
    })
})
