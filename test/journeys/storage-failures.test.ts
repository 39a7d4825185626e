import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { damage } from '../support/damage-database.ts'
import { temporaryFolder, newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startProcess } from '../support/process.ts'
import { startTestServer } from '../support/server.ts'
import { smallDisk } from '../support/small-disk.ts'

const LARGE = 'x'.repeat(40_000)
const sendPath = (roomId: string, txn: string) =>
  `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${txn}`
const text = (body: string) => ({ msgtype: 'm.text', body })

async function textsIn(user: TestUser, roomId: string): Promise<unknown[]> {
  const { chunk } = (await user.get(`/rooms/${encodeURIComponent(roomId)}/messages?dir=f&limit=200`)) as {
    chunk: { type: string; content: { body?: unknown } }[]
  }
  return chunk.filter(({ type }) => type === 'm.room.message').map(({ content }) => content.body)
}

const statusOf = async (url: string, path: string) => (await call(url + path)).status

describe('a failing storage', () => {
  test('returns 503 without space, writes nothing partially, and accepts messages when there is space again', async (t) => {
    const disk = smallDisk(t)
    const server = await startTestServer(t)
    const gateway = await startPokeReceiver(t)
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    await alice.post('/pushers/set', foundingPusher(gateway.url))
    const roomId = await bob.createRoom()
    await alice.post(`/join/${encodeURIComponent(roomId)}`)
    const before = await bob.say(roomId, 'before')
    await gateway.waitFor((poke) => poke.event_id === before)

    disk.fill()
    const taken: string[] = []
    const refused: string[] = []
    for (let n = 0; refused.length < 3; n++) {
      const body = `${n} ${LARGE}`
      const response = await bob.try('PUT', sendPath(roomId, `full${n}`), text(body))
      if (response.status === 200) {
        taken.push(body)
        continue
      }
      refused.push(body)
      assert.equal(response.status, 503)
      assert.equal(response.body['errcode'], 'ORG.BELFRY.STORAGE_FULL')
      assert.match(String(response.body['error']), /no space left/)
      assert.ok(Number(response.headers.get('retry-after')) > 0)
    }
    assert.equal(await statusOf(server.url, '/health'), 503, 'a small write would still succeed')
    assert.equal(await statusOf(server.url, '/ready'), 503)
    assert.deepEqual(
      await textsIn(alice, roomId),
      ['before', ...taken],
      'reading returns the accepted messages',
    )
    const room = async () => {
      const { rooms } = (await alice.get('/sync')) as {
        rooms: { join: Record<string, { unread_notifications: { notification_count: number } }> }
      }
      return rooms.join[roomId]?.unread_notifications.notification_count
    }
    assert.equal(await room(), 1 + taken.length, 'no refused message is counted')

    disk.makeRoom()
    const response = await bob.try('PUT', sendPath(roomId, 'full-again'), text('after'))
    assert.equal(response.status, 200)
    await gateway.waitFor((poke) => poke.event_id === response.body['event_id'])
    await eventually(async () => (await statusOf(server.url, '/health')) === 200)
    assert.equal(await room(), 2 + taken.length)
    const poked = gateway.pokes.map((poke) => poke.content?.['body'])
    assert.deepEqual(
      poked.filter((body, at) => body !== poked[at - 1]),
      ['before', ...taken, 'after'],
      'accepted messages are sent, refused ones are not',
    )
  })

  test('refuses messages and fails /health after the data directory was deleted', async (t) => {
    const data = join(temporaryFolder(t), 'data')
    const server = await startProcess(t, data)
    const bob = await registerUser(server.url, 'bob')
    const roomId = await bob.createRoom()
    await bob.say(roomId, 'before')

    rmSync(data, { recursive: true })
    const response = await bob.try('PUT', sendPath(roomId, 'one'), text('one'))
    assert.equal(response.status, 503)
    assert.equal(response.body['errcode'], 'ORG.BELFRY.STORAGE_UNAVAILABLE')
    assert.match(String(response.body['error']), /was deleted, moved or replaced while it ran/)
    assert.doesNotMatch(String(response.body['error']), /belfry\.db/)
    assert.equal((await call(`${server.url}/health`)).status, 503)
    assert.equal((await call(`${server.url}/ready`)).status, 503)
    assert.equal(await server.end('SIGTERM'), 0)
  })

  test('returns 503 for requests that need a damaged page, and fails /health from then on', async (t) => {
    const data = newDataFolder(t)
    const first = await startTestServer(t, { data })
    const bob = await registerUser(first.url, 'bob')
    await bob.createRoom()
    await first.close()
    damage(join(data, 'belfry.db'), 'filters')
    const server = await startTestServer(t, { data })
    assert.equal(await statusOf(server.url, '/health'), 200, 'no request has read the page yet')
    const path = `/_matrix/client/v3/user/${encodeURIComponent(bob.userId)}/filter/0`
    const { status, body } = await call(server.url + path, { token: bob.token })
    assert.equal(status, 503)
    assert.match(String(body['error']), /damaged/)
    await eventually(async () => (await statusOf(server.url, '/health')) === 503)
  })

  const missing = spawnSync('prlimit', ['--version']).error ? 'prlimit is not installed' : false

  test(
    'returns 503 and fails /health while the disk refuses writes, and recovers by itself',
    { skip: missing },
    async (t) => {
      const data = newDataFolder(t)
      const server = await startProcess(t, data)
      const bob = await registerUser(server.url, 'bob')
      const roomId = await bob.createRoom()
      const limit = (bytes: string) =>
        execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:`])

      // No byte can be written, also not over an old one after a checkpoint: for SQLite this is an I/O error,
      // not a full disk.
      limit('0')
      const response = await bob.try('PUT', sendPath(roomId, 'one'), text('one'))
      assert.equal(response.status, 503)
      assert.equal(response.body['errcode'], 'ORG.BELFRY.STORAGE_UNAVAILABLE')
      assert.match(String(response.body['error']), /disk of the server/)
      assert.equal((await call(`${server.url}/health`)).status, 503)
      assert.deepEqual(await textsIn(bob, roomId), [])

      limit('unlimited')
      assert.equal((await bob.try('PUT', sendPath(roomId, 'one'), text('one'))).status, 200)
      // All requests within a second share one check.
      await eventually(async () => (await statusOf(server.url, '/health')) === 200)
      assert.deepEqual(await textsIn(bob, roomId), ['one'])
    },
  )
})
