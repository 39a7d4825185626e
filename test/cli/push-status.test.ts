import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/main.ts'
import { registerUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

const IDENTITY = {
  user_id: '@alice:localhost',
  app_id: 'org.example.app',
  pushkey_hash: '3be278aa4e48',
  device_display_name: 'Phone\u001b[2J',
}
const WELL = {
  ...IDENTITY,
  state: 'ok',
  queued: 0,
  last_success_at: 1_795_313_370_089,
  failing_since: null,
  last_error: null,
  next_attempt_at: null,
  handle_shared_with: [],
}
const FAILING = {
  ...WELL,
  state: 'retrying',
  queued: 3,
  last_success_at: null,
  failing_since: 1_795_313_370_000,
  last_error: 'status 503',
  next_attempt_at: 1_795_313_400_000,
  held_until: 1_795_313_380_000,
  handle_shared_with: ['TABLET'],
  arrival: { state: 'not seen', last_arrived_at: 1_795_313_300_000, usual_ms: 840, not_seen: 2 },
}
const SENDING = { ...FAILING, arrival: undefined, held_until: null, sending_since: 1_795_313_401_000 }
const REMOVED = {
  ...IDENTITY,
  reason: 'rejected',
  removed_at: 1_795_313_500_000,
  last_success_at: null,
  failing_since: null,
  last_error: 'status 400',
}

async function run(argv: string[], pages: unknown[]) {
  const notes = { out: [] as string[], err: [] as string[], paths: [] as string[] }
  const context = {
    env: { BELFRY_TOKEN: 'secret' },
    fetch: async (url: string) => {
      notes.paths.push(url.replace('http://127.0.0.1:8008', ''))
      return Response.json(pages[notes.paths.length - 1])
    },
    print: (line: string) => void notes.out.push(line),
    complain: (line: string) => void notes.err.push(line),
  }
  const code = await runCommand(['push', 'status', ...argv], context as unknown as CommandContext)
  return { code, ...notes }
}

test('push status prints each pusher with its problems and the removed ones, and exits 1 when a pusher fails', async () => {
  const { code, out, err } = await run([], [{ pushers: [WELL, FAILING], removed: [REMOVED] }])
  assert.deepEqual([code, err], [1, []])
  const name = '@alice:localhost Phone\ufffd[2J (org.example.app, 3be278aa4e48)'
  assert.equal(
    out.join('\n'),
    `${name}: ok, last sent 2026-11-22 02:09:30Z, nothing waits
${name}: retrying, nothing sent yet, 3 waiting
  failing since 2026-11-22 02:09:30Z (status 503), next attempt 2026-11-22 02:10:00Z
  held until 2026-11-22 02:09:40Z: its user is active on another device
  last arrived 2026-11-22 02:08:20Z, usually after 0.8 s
  not seen: the app has not fetched the last 2 events
  its instance_handle is shared with: TABLET

Removed in the last 30 days:
  2026-11-22 02:11:40Z  ${name}: rejected (last error: status 400)`,
  )
})

test('push status says since when an attempt is under way, instead of the time of the next one', async () => {
  const { out } = await run([], [{ pushers: [SENDING], removed: [] }])
  assert.deepEqual(out.join('\n').split('\n').slice(1, 3), [
    '  failing since 2026-11-22 02:09:30Z (status 503)',
    '  an attempt is under way since 2026-11-22 02:10:01Z',
  ])
})

test('reads all pages for the given user, and --json prints them as one', async () => {
  const { code, out, paths } = await run(
    ['--user', '@bob:x', '--json'],
    [
      { pushers: [WELL], removed: [], next_batch: '7' },
      { pushers: [WELL], removed: [REMOVED] },
    ],
  )
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(out.join('')), { pushers: [WELL, WELL], removed: [REMOVED] })
  assert.deepEqual(paths, [
    '/_belfry/v1/pushers?user_id=%40bob%3Ax&from=0',
    '/_belfry/v1/pushers?user_id=%40bob%3Ax&from=7',
  ])
})

test('reads the response of a real server', async (t) => {
  const server = await startTestServer(t)
  const alice = await registerUser(server.url, 'alice')
  await alice.post('/pushers/set', {
    kind: 'http',
    app_id: 'org.belfry.inbox',
    pushkey: 'alices-phone',
    app_display_name: 'Inbox',
    device_display_name: 'Alices phone',
    lang: 'en',
    data: { url: `${server.url}/_matrix/push/v1/notify` },
  })
  const out: string[] = []
  const context = { env: { BELFRY_TOKEN: alice.token }, fetch, print: (line: string) => void out.push(line) }
  const code = await runCommand(['push', 'status', '--url', server.url], context as unknown as CommandContext)
  assert.equal(code, 0)
  assert.match(
    out.join('\n'),
    /^@alice:localhost Alices phone \(org\.belfry\.inbox, [0-9a-f]{12}\): ok, nothing sent yet, nothing waits$/,
  )
})

test('an error on the command line prints one line and exits 2', async () => {
  const { code, err, paths } = await run(['--loud'], [])
  assert.deepEqual([code, err.length, paths.length], [2, 1, 0])
})
