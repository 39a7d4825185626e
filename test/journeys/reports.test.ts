import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { registerUser } from '../support/client.ts'
import { clusterUrl, newPostgresUrl, newDataFolder } from '../support/databases.ts'
import { runHere } from '../support/run-command.ts'
import { startTestServer } from '../support/server.ts'

type Report = Record<string, unknown> & { report_id: number; event: Record<string, unknown> | null }

async function begin(t: TestContext, flags: readonly string[] = [], env: Record<string, string> = {}) {
  const data = newDataFolder(t)
  const { url } = await startTestServer(t, { data, flags, env })
  const [alice, bob, carol] = [
    await registerUser(url, 'alice'),
    await registerUser(url, 'bob'),
    await registerUser(url, 'carol'),
  ]
  const roomId = await alice.createRoom({ preset: 'private_chat', name: 'Garden', invite: [bob.userId] })
  await bob.post(`/join/${encodeURIComponent(roomId)}`)
  const belfry = (...args: readonly string[]) => runHere(['report', ...args, '--data', data, ...flags])
  const reports = async () =>
    (JSON.parse((await belfry('list', '--json')).out) as { reports: Report[] }).reports
  const path = (event = '') =>
    `/rooms/${encodeURIComponent(roomId)}/report${event === '' ? '' : `/${encodeURIComponent(event)}`}`
  return { alice, bob, carol, roomId, belfry, reports, path }
}

describe('reports', () => {
  for (const dialect of ['sqlite', 'postgres'] as const)
    test(`of events, rooms and users are listed and closed by the operator, on ${dialect}`, async (t) => {
      const cluster = clusterUrl()
      if (dialect === 'postgres' && typeof cluster !== 'string') return t.skip(cluster.missing)
      const flags = dialect === 'postgres' ? ['--database', await newPostgresUrl(cluster as string)] : []
      const { alice, bob, carol, roomId, belfry, reports, path } = await begin(t, flags)
      assert.equal((await belfry('list')).out, 'There are no reports.')
      const eventId = await alice.say(roomId, 'an\u001b[31m insult')
      await bob.post(path(eventId), { reason: 'first' })
      await bob.post(path(eventId), { reason: 'rude', score: -100 })
      await bob.post(path(eventId), {})
      await carol.post(path(), { reason: 'spam' })
      await carol.post(`/users/${encodeURIComponent(alice.userId)}/report`, { reason: '' })
      await alice.put(`/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(eventId)}/1`, {})
      const [first, second, third, ...more] = await reports()
      assert.deepEqual(more, [])
      assert.ok(first && second && third)
      assert.deepEqual(
        [first, second, third].map(({ kind, reporter, target, reason, room_id: room, room_name: name }) => [
          kind,
          reporter,
          target,
          reason,
          room,
          name,
        ]),
        [
          ['event', bob.userId, eventId, '', roomId, 'Garden'],
          ['room', carol.userId, roomId, 'spam', roomId, 'Garden'],
          ['user', carol.userId, alice.userId, '', null, null],
        ],
      )
      const { sender, content } = first.event ?? {}
      assert.deepEqual([sender, content], [alice.userId, { msgtype: 'm.text', body: 'an\u001b[31m insult' }])
      const { out } = await belfry('list')
      const lines = out.split('\n')
      assert.match(lines[0] ?? '', /@bob:localhost reports the event \$\S+ in !\S+ "Garden"$/)
      assert.equal(lines[2], '  m.room.message of @alice:localhost: an\ufffd[31m insult')
      assert.match(lines[3] ?? '', /@carol:localhost reports the room !\S+ "Garden"$/)

      const closed = await belfry('close', String(first.report_id), String(third.report_id))
      assert.deepEqual([closed.code, closed.out], [0, `closed ${first.report_id}, ${third.report_id}`])
      assert.deepEqual(
        (await reports()).map(({ report_id: id }) => id),
        [second.report_id],
      )
      const again = await belfry('close', String(first.report_id))
      assert.deepEqual([again.code, again.err], [1, `belfry: There is no report ${first.report_id}`])
    })

  test('of unknown targets, of events in rooms of others and with invalid reasons are refused', async (t) => {
    const { alice, bob, carol, roomId, reports, path } = await begin(t)
    const eventId = await alice.say(roomId, 'hello')
    for (const [who, url, body, status, errcode] of [
      [carol, path(eventId), { reason: 'x' }, 404, 'M_NOT_FOUND'],
      [bob, path('$unknown'), { reason: 'x' }, 404, 'M_NOT_FOUND'],
      [bob, '/rooms/!unknown:localhost/report', { reason: 'x' }, 404, 'M_NOT_FOUND'],
      [bob, '/users/@unknown:localhost/report', { reason: 'x' }, 404, 'M_NOT_FOUND'],
      [bob, '/users/unknown/report', { reason: 'x' }, 400, 'M_INVALID_PARAM'],
      [bob, path(), {}, 400, 'M_MISSING_PARAM'],
      [bob, path(), { reason: 7 }, 400, 'M_BAD_JSON'],
      [bob, path(), { reason: 'x'.repeat(4097) }, 400, 'M_INVALID_PARAM'],
    ] as const) {
      const response = await who.try('POST', url, body)
      assert.deepEqual([response.status, response.body['errcode']], [status, errcode], url)
    }
    await bob.post(`/rooms/${encodeURIComponent(roomId)}/leave`)
    assert.equal((await bob.try('POST', path(eventId), { reason: 'x' })).status, 404)
    assert.deepEqual(await reports(), [])
  })

  test('above the quota are refused until the operator closes one', async (t) => {
    const { bob, alice, carol, belfry, reports } = await begin(t, [], { BELFRY_QUOTAS_REPORTS: '1' })
    const report = (userId: string) =>
      bob.try('POST', `/users/${encodeURIComponent(userId)}/report`, { reason: 'x' })
    assert.equal((await report(alice.userId)).status, 200)
    assert.equal((await report(alice.userId)).status, 200)
    const refused = await report(carol.userId)
    assert.deepEqual(
      [refused.status, refused.body['errcode'], refused.body['org.belfry.quota']],
      [403, 'M_FORBIDDEN', 'quotas.reports'],
    )
    const [one] = await reports()
    await belfry('close', String(one?.report_id))
    assert.equal((await report(carol.userId)).status, 200)
  })
})
