import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CommandContext } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/main.ts'
import { temporaryFolder } from '../support/databases.ts'

const RESPONSE = {
  user_id: '@alice:localhost',
  room_id: '!room',
  event_id: '$event',
  type: 'm.room.message',
  sender: '@bob:localhost',
  notify: false,
  highlight: false,
  decided_by: { scope: 'global', kind: 'room', rule_id: '!room' },
  reason: null,
  rules: [
    {
      scope: 'global',
      kind: 'override',
      rule_id: '.m.rule.master',
      enabled: false,
      verdict: 'disabled',
      conditions: [],
    },
    {
      scope: 'global',
      kind: 'override',
      rule_id: 'mine\u001b[2J',
      enabled: true,
      verdict: 'no match',
      conditions: [
        {
          condition: { kind: 'event_match', key: 'content.body' },
          holds: false,
          expected: 'x',
          actual: `\u001b[2J${'long '.repeat(50)}`,
        },
        {
          condition: { kind: 'org.belfry.until' },
          holds: false,
          expected: Date.parse('2026-07-01T14:03Z'),
          actual: Date.parse('2026-07-01T15:00Z'),
        },
        { condition: { kind: 'room_member_count' }, holds: true, expected: '2', actual: 2 },
      ],
    },
    { scope: 'global', kind: 'room', rule_id: '!room', enabled: true, verdict: 'matched', conditions: [] },
  ],
  recorded: {
    notify: true,
    highlight: false,
    decided_by: { scope: 'global', kind: 'underride', rule_id: '.m.rule.message' },
  },
  rules_changed_since: true,
  read: true,
  pushers: [
    {
      app_id: 'org.example.app',
      app_display_name: 'App',
      device_display_name: 'Phone',
      device_id: 'PHONE',
      instance_handle: 'k2v8',
      poke: false,
      reason: 'suppressed by a device rule',
      decided_by: {
        scope: 'device',
        instance_handle: 'k2v8',
        kind: 'room',
        rule_id: '!room',
        schedule: '22:00-07:00 Europe/Berlin',
        until: Date.parse('2026-07-01T14:03Z'),
      },
      rules: [
        {
          scope: 'device',
          instance_handle: 'k2v8',
          kind: 'room',
          rule_id: '!room',
          enabled: true,
          verdict: 'matched',
          conditions: [],
        },
      ],
      queued: false,
      failing_since: null,
    },
    {
      app_id: 'org.example.app',
      app_display_name: 'App',
      device_display_name: 'Laptop',
      device_id: 'LAPTOP',
      instance_handle: null,
      poke: true,
      reason: null,
      tweaks: { sound: 'default' },
      prio: 'high',
      decided_by: { scope: 'global', kind: 'underride', rule_id: '.m.rule.message' },
      rules: [],
      queued: true,
      failing_since: 5,
    },
  ],
}

async function run(argv: string[], env: Record<string, string>, response: () => Response) {
  const notes = {
    out: [] as string[],
    err: [] as string[],
    requests: [] as { url: string; token: string | null }[],
  }
  const context = {
    env,
    fetch: async (url: string, init: RequestInit) => {
      notes.requests.push({ url, token: new Headers(init.headers).get('authorization') })
      return response()
    },
    print: (line: string) => void notes.out.push(line),
    complain: (line: string) => void notes.err.push(line),
  }
  const code = await runCommand(['push', 'explain', ...argv], context as unknown as CommandContext)
  return { code, ...notes }
}

test('push explain prints the outcome, the verdict of each rule and the result for each pusher', async () => {
  const { code, out, err, requests } = await run(['!room', '$event'], { BELFRY_TOKEN: 'secret' }, () =>
    Response.json(RESPONSE),
  )
  assert.deepEqual([code, err], [0, []])
  assert.deepEqual(requests, [
    {
      url: 'http://127.0.0.1:8008/_belfry/v1/explain?room_id=%21room&event_id=%24event',
      token: 'Bearer secret',
    },
  ])
  const text = out.join('\n')
  assert.ok(!text.includes('\u001b'), 'nothing moves the cursor')
  const escaped = `"\\u001b[2J${'long '.repeat(22)}`
  assert.equal(
    text,
    `$event (m.room.message, from @bob:localhost), for @alice:localhost
It notifies: by the global underride rule .m.rule.message. It has been read.
The rules have changed since. With the current rules: It does not notify: by the global room rule !room.

Rules, in order of evaluation:
  disabled     global override .m.rule.master
  no match     global override mine\ufffd[2J
               event_match content.body: expected "x", was ${escaped.slice(0, 120)}…
               it ended at 2026-07-01T14:03:00.000Z, and the event came at 2026-07-01T15:00:00.000Z
  matched      global room !room

Pushers:
  Phone (org.example.app, handle k2v8): no poke, suppressed by a device rule; by the device (k2v8) room rule !room (22:00-07:00 Europe/Berlin, until 2026-07-01T14:03:00.000Z)
    matched      device (k2v8) room !room
  Laptop (org.example.app): poke, priority high, sound "default"; it waits because the gateway fails

In the console: http://127.0.0.1:8008/_belfry/console/journeys/%24event`,
  )
})

test('push explain says that an event only wakes the devices', async () => {
  const rule = { scope: 'global', kind: 'override', rule_id: '.org.matrix.msc4028.encrypted_event' }
  const response = {
    ...RESPONSE,
    actions: ['notify'],
    decided_by: rule,
    rules: [{ ...rule, enabled: true, verdict: 'wakes only', conditions: [] }],
    recorded: { notify: false, highlight: false, decided_by: null },
    rules_changed_since: false,
    read: false,
    pushers: [],
  }
  const { out } = await run(['!room', '$event'], { BELFRY_TOKEN: 'secret' }, () => Response.json(response))
  assert.equal(
    out.join('\n'),
    `$event (m.room.message, from @bob:localhost), for @alice:localhost
It does not count as unread, and wakes the devices so that they decrypt it: by the global override rule .org.matrix.msc4028.encrypted_event.

Rules, in order of evaluation:
  wakes only   global override .org.matrix.msc4028.encrypted_event

No pushers.

In the console: http://127.0.0.1:8008/_belfry/console/journeys/%24event`,
  )
})

test('server, token and user can be set by flags, and --json prints the unchanged response', async (t) => {
  const file = join(temporaryFolder(t), 'token')
  writeFileSync(file, 'from-a-file\n')
  const argv = [
    '!r',
    '$e',
    '--url',
    'https://m.example.org/',
    '--token-file',
    file,
    '--user',
    '@bob:x',
    '--json',
  ]
  const { code, out, requests } = await run(argv, {}, () => Response.json(RESPONSE))
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(out.join('\n')), RESPONSE)
  assert.deepEqual(requests, [
    {
      url: 'https://m.example.org/_belfry/v1/explain?room_id=%21r&event_id=%24e&user_id=%40bob%3Ax',
      token: 'Bearer from-a-file',
    },
  ])
})

test('an error on the command line prints one line and exits 2', async () => {
  const token = { BELFRY_TOKEN: 'secret' }
  for (const [argv, env, said] of [
    [['!r'], token, /needs a ROOM_ID and an EVENT_ID/],
    [['!r', '$e', 'x'], token, /unexpected argument "x"/],
    [['!r', '$e', '--loud'], token, /--loud/],
    [['!r', '$e'], {}, /access token is missing/],
    [['!r', '$e', '--token-file', '/nowhere'], token, /\/nowhere cannot be read/],
    [['!r', '$e', '--url', 'ftp://x'], token, /bad URL "ftp:\/\/x"/],
  ] as const) {
    const { code, err, requests } = await run([...argv], env, () => Response.json(RESPONSE))
    assert.deepEqual([code, err.length, requests.length], [2, 1, 0], argv.join(' '))
    assert.match(err[0] ?? '', said)
    assert.doesNotMatch(err[0] ?? '', /\n|secret/)
  }
})

test('a refusal prints the error of the server and exits 1', async () => {
  const env = { BELFRY_TOKEN: 'secret' }
  const refused = await run(['!r', '$e'], env, () =>
    Response.json({ errcode: 'M_NOT_FOUND', error: 'There is no such event' }, { status: 404 }),
  )
  assert.deepEqual([refused.code, refused.err], [1, ['belfry: There is no such event']])
  const odd = await run(['!r', '$e'], env, () => new Response('<html>', { status: 502 }))
  assert.deepEqual([odd.code, odd.err], [1, ['belfry: the server responded with status 502']])
  const away = await run(['!r', '$e'], env, () => {
    throw new TypeError('fetch failed')
  })
  assert.deepEqual(
    [away.code, away.err],
    [
      1,
      ['belfry: no response from http://127.0.0.1:8008 (network); set the server with --url or BELFRY_URL'],
    ],
  )
})
