import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test, type TestContext } from 'node:test'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import {
  clusterUrl,
  emptyPostgresUrl,
  newPostgresUrl,
  temporaryFolder,
  newDataFolder,
} from '../support/databases.ts'
import { fetchMedia, filesIn, upload } from '../support/media.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { runBelfry } from '../support/process.ts'
import { runHere } from '../support/run-command.ts'
import { startTestServer } from '../support/server.ts'

type Dialect = 'sqlite' | 'postgres'

const databaseFlags = async (dialect: Dialect, create: (cluster: string) => Promise<string>) =>
  dialect === 'sqlite' ? [] : ['--database', await create(clusterUrl() as string)]

/** A change of a sound database for each fault, in the order of the checks. */
const PLANTED = {
  'rooms with wrong counts of members': 'update rooms set joined_count = joined_count + 1',
  'users with a wrong sum of their files': 'update media_usage set bytes = bytes + 1',
  'contents of files with a wrong number of uses': 'update media_contents set uses = uses + 1',
  'receipts above the last position of the stream': 'update receipts set position = 9000000000000',
  'events without a room': `update events set room_id = '!gone:localhost' where type = 'm.room.message'`,
  'state without its event': `update current_state set event_id = '$gone' where type = 'm.room.create'`,
  'memberships without their event': `update memberships set event_id = '$gone'`,
  'members without a read position': 'delete from read_positions',
  'devices without an account': `update devices set user_id = '@gone:localhost'`,
  // The device now belongs to another account.
  'access tokens without a device': 'select 1',
  'pushers without a lane': 'delete from lanes',
  'queued items without a lane':
    'insert into lane_items (lane_id, position, created_at, urgent) values (999, 1, 0, 0)',
  'files without their content': `update media set content_hash = 'gone'`,
}

const belfry = (...args: string[]) => runHere(args)

/** In a process of its own, as beside a running server. */
async function belfryApart(t: TestContext, ...args: string[]) {
  const { code, stdout, stderr } = await runBelfry(t, args)
  return { code, out: stdout.trim(), err: stderr.trim() }
}

describe('belfry backup, restore and verify', () => {
  for (const dialect of ['sqlite', 'postgres'] as const)
    test(`a backup that is made while messages are sent restores a server that goes on, on ${dialect}`, async (t) => {
      if (dialect === 'postgres') {
        const cluster = clusterUrl()
        if (typeof cluster !== 'string') return t.skip(cluster.missing)
      }
      const data = newDataFolder(t)
      const flags = await databaseFlags(dialect, newPostgresUrl)
      const first = await startTestServer(t, { data, flags })
      const gateway = await startPokeReceiver(t)
      const alice = await registerUser(first.url, 'alice')
      const bob = await registerUser(first.url, 'bob')
      await alice.post('/pushers/set', foundingPusher(gateway.url, { pushkey: 'phone' }))
      const roomId = await bob.createRoom()
      await alice.post(`/join/${encodeURIComponent(roomId)}`)
      const file = await upload(first.url, bob, { body: 'a file', type: 'text/plain' })
      const acknowledged = [await bob.say(roomId, 'before')]
      const { next_batch: since } = (await alice.get('/sync?timeout=0')) as { next_batch: string }

      const backups = temporaryFolder(t)
      const folder = join(backups, 'today')
      let isDone = false
      const sending = (async () => {
        while (!isDone) await bob.say(roomId, 'meanwhile')
      })()
      const made = await belfryApart(t, 'backup', folder, '--json', '--data', data, ...flags)
      isDone = true
      await sending
      assert.equal(made.code, 0, made.err)
      const { server_name, files, lost_files } = JSON.parse(made.out) as Record<string, unknown>
      assert.deepEqual(
        { server_name, files, lost_files },
        { server_name: 'localhost', files: 1, lost_files: 0 },
      )
      const again = await belfry('backup', folder, '--data', data, ...flags)
      assert.equal(again.code, 2)
      assert.match(again.err, /is not empty/)
      await first.close()

      const restored = join(temporaryFolder(t), 'data')
      const to = ['--data', restored, ...(await databaseFlags(dialect, emptyPostgresUrl))]
      const done = await belfry('restore', folder, ...to)
      assert.equal(done.code, 0, done.err)
      assert.match(done.out, /^restored localhost as of 20/)
      const repeated = await belfry('restore', folder, ...to)
      assert.equal(repeated.code, 2, repeated.out)
      const checked = await belfry('verify', '--json', ...to)
      assert.equal(checked.code, 0, checked.out + checked.err)

      const second = await startTestServer(t, { data: restored, flags: to.slice(2) })
      // Sessions go on: their tokens are in the backup.
      const request = async (user: TestUser, path: string, options: Parameters<typeof call>[1] = {}) => {
        const url = `${second.url}/_matrix/client/v3${path}`
        return (await call(url, { ...options, token: user.token })).body
      }
      const room = encodeURIComponent(roomId)
      for (const eventId of acknowledged) {
        const event = await request(alice, `/rooms/${room}/event/${encodeURIComponent(eventId)}`)
        assert.equal(event['event_id'], eventId)
      }
      assert.equal(await (await fetchMedia(second.url, bob, `download/${file}`)).text(), 'a file')
      const sent = await request(bob, `/rooms/${room}/send/m.room.message/after`, {
        method: 'PUT',
        body: { msgtype: 'm.text', body: 'after' },
      })
      const after = String(sent['event_id'])
      await gateway.waitFor((poke) => poke.event_id === after)
      // A client that synced with the lost server finds the new message.
      const sync = await request(alice, `/sync?timeout=0&since=${since}`)
      assert.ok(JSON.stringify(sync).includes(after))
    })

  test('verify names a file that the store lost, and exits 1', async (t) => {
    const data = newDataFolder(t)
    const server = await startTestServer(t, { data })
    const alice = await registerUser(server.url, 'alice')
    await upload(server.url, alice, { body: 'a file', type: 'text/plain' })
    await server.close()
    for (const file of filesIn(join(data, 'media'))) await rm(join(data, 'media', file.slice(0, 2), file))
    const { code, out } = await belfry('verify', '--data', data)
    assert.equal(code, 1)
    assert.match(
      out,
      /FAULT files that are missing in the store or have a wrong size: \S+\n1 kinds of faults found/,
    )
  })

  test('verify finds each kind of contradicting rows', async (t) => {
    const data = newDataFolder(t)
    const server = await startTestServer(t, { data })
    const alice = await registerUser(server.url, 'alice')
    await alice.post('/pushers/set', foundingPusher('http://127.0.0.1:9/'))
    await upload(server.url, alice, { body: 'a file', type: 'text/plain' })
    const roomId = await alice.createRoom()
    await alice.read(roomId, await alice.say(roomId, 'read'))
    await server.close()
    const sound = JSON.parse((await belfry('verify', '--json', '--data', data)).out) as {
      faults: unknown[]
    }
    assert.deepEqual(sound.faults, [])
    const database = new DatabaseSync(join(data, 'belfry.db'))
    database.exec('pragma foreign_keys = off')
    for (const statement of Object.values(PLANTED)) database.exec(statement)
    database.close()
    const { code, out } = await belfry('verify', '--json', '--data', data)
    const { faults } = JSON.parse(out) as { faults: { fault: string; places: string[] }[] }
    assert.equal(code, 1)
    assert.deepEqual(
      faults.map(({ fault }) => fault),
      Object.keys(PLANTED),
    )
    assert.ok(faults.every(({ places }) => places.length > 0))
  })

  test('verify counts unread events one by one, and finds wrong totals, wrong badges and files that no row names', async (t) => {
    const data = newDataFolder(t)
    const server = await startTestServer(t, { data })
    const [alice, bob] = [await registerUser(server.url, 'alice'), await registerUser(server.url, 'bob')]
    await alice.post('/pushers/set', foundingPusher('http://127.0.0.1:9/'))
    const rooms: string[] = []
    for (const text of ['unread', 'read', 'read in its thread']) {
      const roomId = await bob.createRoom()
      await alice.post(`/join/${encodeURIComponent(roomId)}`)
      const eventId = await bob.say(roomId, text)
      if (text === 'read') await alice.read(roomId, eventId)
      rooms.push(roomId)
    }
    const [unread = '', read = '', threaded = ''] = rooms
    const path = `/rooms/${encodeURIComponent(threaded)}/receipt/m.read/${encodeURIComponent(await bob.say(threaded, 'two'))}`
    await alice.post(path, { thread_id: 'main' })
    await alice.createRoom({ invite: [bob.userId] })
    await server.close()
    const verify = async () => {
      const { out } = await belfry('verify', '--json', '--data', data)
      const { faults } = JSON.parse(out) as { faults: { fault: string; places: string[] }[] }
      return faults.map(({ fault }) => fault)
    }
    assert.deepEqual(await verify(), [])
    const database = new DatabaseSync(join(data, 'belfry.db'))
    database.prepare('delete from badge_rooms where room_id = ?').run(unread)
    database.prepare('insert into badge_rooms values (?, ?)').run(alice.userId, read)
    database.prepare('update cohort_outcomes set total_notify = 7 where room_id = ?').run(read)
    database.close()
    await mkdir(join(data, 'media', 'st'), { recursive: true })
    await writeFile(join(data, 'media', 'st', 'stray'), 'old')
    assert.deepEqual(await verify(), [
      'totals of notifications that do not add up',
      'unread rooms that are not on the badge of a member',
      'rooms on a badge in which nothing is unread',
      'files in the store that no row names',
    ])
  })

  test('restore refuses a damaged database, says which backup to use instead, and creates nothing', async (t) => {
    const [data, folder] = [temporaryFolder(t), join(temporaryFolder(t), 'backup')]
    await (await startTestServer(t, { data })).close()
    assert.equal((await belfry('backup', folder, '--data', data)).code, 0)
    await writeFile(join(folder, 'belfry.db'), 'garbage '.repeat(1000))
    const target = join(temporaryFolder(t), 'data')
    const { code, err } = await belfry('restore', folder, '--data', target)
    assert.equal(code, 1)
    assert.match(
      err,
      /^belfry: the database in the backup is damaged \(file is not a database\); use another backup$/,
    )
    assert.equal(existsSync(join(target, 'belfry.db')), false)
  })

  test('restore refuses a folder without a complete backup, and creates nothing', async (t) => {
    const folder = temporaryFolder(t)
    const data = join(temporaryFolder(t), 'data')
    await writeFile(join(folder, 'belfry.db'), '')
    const { code, err } = await belfry('restore', folder, '--data', data)
    assert.equal(code, 2)
    assert.match(err, /has no complete backup/)
    assert.equal(existsSync(data), false)
  })
})
