import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { afterTest } from '../support/after-test.ts'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { clusterUrl, emptyPostgresUrl, newPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { fetchMedia, upload } from '../support/media.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { launchBelfry, runBelfry } from '../support/process.ts'
import { runHere } from '../support/run-command.ts'
import { startTestServer } from '../support/server.ts'

const cluster = clusterUrl()
const skip = typeof cluster === 'string' ? false : cluster.missing
const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'

const copyArguments = (url: string, data: string) => ['database', 'copy', url, '--json', '--data', data]
const copy = (url: string, data: string) => runHere(copyArguments(url, data))

async function connected(t: TestContext, url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  await client.connect()
  afterTest(t, () => client.end())
  return client
}

/** Sliding sync of all rooms, after a position. */
const slide = (base: string, { token }: TestUser, pos?: string) =>
  call(`${base}${SLIDING}?timeout=0${pos === undefined ? '' : `&pos=${pos}`}`, {
    token,
    body: {
      conn_id: 'rooms',
      lists: { all: { ranges: [[0, 20]], timeline_limit: 5, required_state: [] } },
    },
  })

describe('belfry database copy', { skip }, () => {
  test('a server that moves from SQLite to PostgreSQL keeps sessions, tokens, counts, search and files, and sends what waited once', async (t) => {
    const gateway = await startPokeReceiver(t)
    gateway.respondWith({ status: 503 })
    const first = await startTestServer(t)
    const { data } = first
    const alice = await registerUser(first.url, 'alice')
    const bob = await registerUser(first.url, 'bob')
    const roomId = await bob.createRoom()
    const room = encodeURIComponent(roomId)
    await alice.post(`/join/${room}`)
    await alice.post('/pushers/set', foundingPusher(gateway.url, { pushkey: 'phone' }))
    const file = await upload(first.url, bob, { body: 'a file', type: 'text/plain' })
    const { next_batch: since } = await alice.get('/sync?timeout=0')
    const { pos } = (await slide(first.url, alice)).body
    const waiting = await bob.say(roomId, 'a message about elderberries')
    await gateway.waitFor((poke) => poke.event_id === waiting)
    const url = await emptyPostgresUrl(cluster as string)
    const busy = await runBelfry(t, copyArguments(url, data))
    assert.equal(busy.code, 1)
    assert.match(busy.stderr, /Another process serves the database/)
    await first.close()
    gateway.respondWith({})

    const moved = await copy(url, data)
    assert.equal(moved.code, 0, moved.err)
    assert.ok((JSON.parse(moved.out) as { rows: number }).rows > 50)
    const again = await copy(url, data)
    assert.equal(again.code, 2)
    assert.match(again.err, /the PostgreSQL database is not empty/)
    const to = ['--data', data, '--database', url]
    const checked = await runHere(['verify', ...to])
    assert.equal(checked.code, 0, checked.out + checked.err)

    const before = gateway.pokes.length
    const second = await startTestServer(t, { data, flags: ['--database', url] })
    const request = async (user: TestUser, path: string, body?: unknown, method?: string) => {
      const options = { token: user.token, body, ...(method !== undefined && { method }) }
      return (await call(`${second.url}/_matrix/client/v3${path}`, options)).body
    }
    await gateway.waitFor((poke) => gateway.pokes.indexOf(poke) >= before && poke.event_id === waiting)
    const sync = await request(alice, `/sync?timeout=0&since=${String(since)}`)
    const joined = (sync['rooms'] as { join: Record<string, Record<string, Record<string, unknown>>> }).join
    assert.equal(joined[roomId]?.['unread_notifications']?.['notification_count'], 1)
    assert.ok(JSON.stringify(joined[roomId]?.['timeline']).includes(waiting))
    const slid = await slide(second.url, alice, String(pos))
    assert.equal(slid.status, 200)
    assert.ok(JSON.stringify(slid.body['rooms']).includes(waiting))
    assert.equal(await (await fetchMedia(second.url, bob, `download/${file}`)).text(), 'a file')
    const found = await request(alice, '/search', {
      search_categories: { room_events: { search_term: 'elderberries' } },
    })
    assert.ok(JSON.stringify(found).includes(waiting))
    const send = async (text: string) => {
      const path = `/rooms/${room}/send/m.room.message/${text}`
      return String((await request(bob, path, { msgtype: 'm.text', body: text }, 'PUT'))['event_id'])
    }
    const after = await send('after')
    await gateway.waitFor((poke) => poke.event_id === after)
    const next = await request(alice, `/sync?timeout=0&since=${String(sync['next_batch'])}`)
    assert.ok(JSON.stringify(next).includes(after))
    // Ids continue: a pusher of the new server does not get the id of an existing one.
    await request(bob, '/pushers/set', foundingPusher(gateway.url, { pushkey: 'tablet' }))
    const last = await send('last')
    await gateway.waitFor((poke) => poke.event_id === last)
    const sent = gateway.pokes.slice(before).map((poke) => poke.event_id)
    assert.deepEqual(sent, [waiting, after, last])
  })

  test('a copy that is killed leaves a database that no server opens, and is started over by the same command', async (t) => {
    const first = await startTestServer(t)
    const { data } = first
    await registerUser(first.url, 'alice')
    await first.close()
    const url = await emptyPostgresUrl(cluster as string)
    const client = await connected(t, url)
    // The copy waits before the first row of `users`, until the lock is released.
    await client.query('create schema hold')
    await client.query(`create function hold.wait() returns trigger language plpgsql as
      'begin perform pg_advisory_xact_lock_shared(77); return null; end'`)
    await client.query(`create function hold.add() returns event_trigger language plpgsql as $$
      begin
        if to_regclass('public.users') is not null and not exists (select 1 from pg_trigger where tgname = 'hold') then
          create trigger hold before insert on public.users execute function hold.wait();
        end if;
      end $$`)
    await client.query(
      `create event trigger hold on ddl_command_end when tag in ('CREATE TABLE') execute function hold.add()`,
    )
    await client.query('select pg_advisory_lock(77)')
    const copying = launchBelfry(['database', 'copy', url, '--data', data], { onErrorLine: () => undefined })
    afterTest(t, () => copying.end('SIGKILL'))
    await eventually(async () => {
      const { rows } = await client.query(
        `select 1 from pg_locks where locktype = 'advisory' and objid = 77 and not granted`,
      )
      return rows.length === 1
    })
    await copying.end('SIGKILL')
    await client.query('select pg_advisory_unlock(77)')
    await client.query('drop event trigger hold')
    const refused = await runHere(['verify', '--data', data, '--database', url])
    assert.equal(refused.code, 1)
    assert.match(refused.err, /is incomplete: belfry database copy has not finished\. Run it again/)
    const repeated = await copy(url, data)
    assert.equal(repeated.code, 0, repeated.err)
    assert.equal((await runHere(['verify', '--data', data, '--database', url])).code, 0)
    const { rows } = await client.query<{ name: string }>('select user_id as name from users')
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['@alice:localhost'],
    )
  })

  test('a database of another server, a source that is not SQLite and a missing source are refused', async (t) => {
    const data = temporaryFolder(t)
    const used = await newPostgresUrl(cluster as string)
    const missing = await copy(used, data)
    assert.equal(missing.code, 2)
    assert.match(missing.err, /there is no database at /)
    const notSqlite = await runHere(['database', 'copy', used, '--database', used])
    assert.equal(notSqlite.code, 2)
    assert.match(notSqlite.err, /is not SQLite/)
    const noTarget = await copy('sqlite:other.db', data)
    assert.equal(noTarget.code, 2)
    assert.match(noTarget.err, /must be the URL of a PostgreSQL database/)
  })
})
