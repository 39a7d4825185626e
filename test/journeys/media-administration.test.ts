import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { registerUser } from '../support/client.ts'
import { clusterUrl, newPostgresUrl, newDataFolder } from '../support/databases.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { fetchMedia, filesIn, tryUpload, upload } from '../support/media.ts'
import { runHere } from '../support/run-command.ts'
import { startTestServer } from '../support/server.ts'

const DAY = 86_400_000

/** A server whose clock is behind that of the command by 100 days, and `belfry media …` beside it. */
async function start(t: TestContext, dialect: 'sqlite' | 'postgres') {
  const data = newDataFolder(t)
  const flags: string[] = []
  if (dialect === 'postgres') flags.push('--database', await newPostgresUrl(clusterUrl() as string))
  const clock = createManualClock(Date.now() - 100 * DAY)
  const server = await startTestServer(t, { data, flags, environment: { clock } })
  const run = (...args: string[]) => runHere(['media', ...args, '--data', data, ...flags])
  return { server, clock, run, files: () => filesIn(join(data, 'media')).length }
}

describe('belfry media beside a running server', () => {
  for (const dialect of ['sqlite', 'postgres'] as const)
    test(`lists, prunes, removes and blocks files, on ${dialect}`, async (t) => {
      if (dialect === 'postgres') {
        const cluster = clusterUrl()
        if (typeof cluster !== 'string') return t.skip(cluster.missing)
      }
      const { server, clock, run, files } = await start(t, dialect)
      const alice = await registerUser(server.url, 'alice')
      const bob = await registerUser(server.url, 'bob')
      const add = (body: string, filename: string) =>
        upload(server.url, alice, { body, type: 'text/plain', filename })
      const [avatar, roomAvatar, unread, read] = [
        await add('avatar', 'avatar.txt'),
        await add('room', 'room.txt'),
        await add('unread'.repeat(500), 'unread\u001b[31m.txt'),
        await add('read', 'read.txt'),
      ]
      await upload(server.url, bob, { body: 'unread'.repeat(500) })
      await alice.put(`/profile/${encodeURIComponent(alice.userId)}/avatar_url`, {
        avatar_url: `mxc://${avatar}`,
      })
      const roomId = await alice.createRoom()
      await alice.put(`/rooms/${encodeURIComponent(roomId)}/state/m.room.avatar`, {
        url: `mxc://${roomAvatar}`,
      })
      clock.step(95 * DAY)
      await fetchMedia(server.url, bob, `download/${read}`)

      const usage = JSON.parse((await run('usage', '--json')).out) as Record<string, unknown>
      assert.deepEqual(
        [usage['media'], usage['contents'], usage['media_bytes'], usage['content_bytes']],
        [5, 4, 6014, 3014],
      )
      assert.match((await run('usage')).out, /@alice:localhost +4 files, 2\.9 KiB/)
      const list = (await run('list', alice.userId)).out.split('\n')
      assert.equal(list.length, 5)
      assert.match(list[1] ?? '', /2\.9 KiB +text\/plain +\d{4}-\d\d-\d\d +never +unread\?\[31m\.txt$/)

      const dry = await run('prune', '30')
      assert.deepEqual(
        [dry.code, dry.out],
        [0, 'would remove 2 files, 5.9 KiB; repeat the command with --yes'],
      )
      assert.equal(files(), 4)
      assert.equal((await run('prune', '30', '--unread', '--yes')).out, 'removed 2 files, 5.9 KiB')
      assert.equal(files(), 3)
      assert.equal((await fetchMedia(server.url, bob, `download/${unread}`)).status, 404)
      assert.equal((await fetchMedia(server.url, bob, `download/${avatar}`)).status, 200)

      const blocked = await run('block', `mxc://${read}`)
      assert.match(blocked.out, /^mxc:.* is blocked\. To undo it: belfry media block [\da-f]{64} --undo$/)
      assert.equal((await fetchMedia(server.url, bob, `download/${read}`)).status, 404)
      const refused = await tryUpload(server.url, bob, { body: 'read' })
      assert.deepEqual([refused.status, refused.body['errcode']], [403, 'M_FORBIDDEN'])
      await run('block', `mxc://${read}`, '--undo')
      assert.equal((await fetchMedia(server.url, bob, `download/${read}`)).status, 200)

      const sha256 = createHash('sha256').update('read').digest('hex')
      await upload(server.url, bob, { body: 'read' })
      const removed = await run('block', `mxc://${read}`, '--remove', '--yes')
      assert.match(removed.out, /; removed 2 files\. To undo/)
      assert.equal(files(), 2)
      assert.match((await run('blocked')).out, new RegExp(`${sha256}.* 0 +not stored`))
      assert.equal((await tryUpload(server.url, bob, { body: 'read' })).status, 403)
      assert.equal((await run('block', sha256, '--undo')).out, `${sha256} is not blocked any more`)
      assert.equal((await run('blocked')).out, 'Nothing is blocked.')
      const again = await upload(server.url, bob, { body: 'read' })
      assert.equal((await run('remove', `mxc://${again}`, '--yes')).out, 'removed 1 files')
      assert.equal(files(), 2)
      assert.equal((await run('remove', alice.userId, '--yes')).out, 'removed 2 files')
      assert.equal(files(), 0)
    })

  test('reports mistakes in one line, and changes nothing without --yes', async (t) => {
    const { server, run } = await start(t, 'sqlite')
    const alice = await registerUser(server.url, 'alice')
    const at = await upload(server.url, alice, { body: 'x' })
    for (const [args, code, error] of [
      [['remove', `mxc://${at}`], 2, /cannot be undone; repeat the command with --yes/],
      [['remove', 'mxc://localhost/unknown', '--yes'], 1, /There is no mxc:\/\/localhost\/unknown here/],
      [['remove', 'mxc://example.org/x', '--yes'], 1, /not the URI of a file of this server/],
      [['remove', '@alice:example.org', '--yes'], 1, /not a user id of this server/],
      [['block', 'mxc://localhost/unknown'], 1, /There is no/],
      [['block', `mxc://${at}`, '--remove'], 2, /cannot be undone; repeat the command with --yes/],
      [['block', 'a'.repeat(64), '--undo'], 1, /is not blocked/],
      [['prune', 'soon'], 2, /"soon" is not a number of days/],
      [['prune'], 2, /an argument is missing: belfry media prune DAYS/],
      [['usage', 'more'], 2, /unexpected argument "more"/],
    ] as const) {
      const result = await run(...args)
      assert.equal(result.code, code, args.join(' '))
      assert.match(result.err, error)
      assert.equal(result.err.split('\n').length, 1)
    }
    assert.equal((await fetchMedia(server.url, alice, `download/${at}`)).status, 200)
  })
})
