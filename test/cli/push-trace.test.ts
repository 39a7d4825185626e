import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/main.ts'

const AT = Date.UTC(2026, 1, 3, 4, 5, 6, 7)
const RESPONSE = {
  event_id: '$event',
  room_id: '!room',
  type: 'm.room.message',
  sender: '@bob:localhost',
  user_id: '@alice:localhost',
  notifies: true,
  read: true,
  traced: false,
  steps: [
    { step: 'stored', reason: 'stored', text: 'It was stored.', at: AT },
    {
      step: 'decided',
      reason: 'notifies',
      text: 'A rule notifies of it.',
      at: AT,
      rule: { kind: 'room', rule_id: '!room\u001b[2J', until: Date.parse('2026-07-01T14:03Z') },
    },
    { step: 'retracted', reason: 'redacted', text: 'It was redacted.', at: null },
  ],
  pushers: [
    {
      app_id: 'org.example.app',
      device_display_name: 'Phone\u001b[2J',
      pushkey_hash: 'abc',
      removed_at: AT,
      state: 'waiting',
      reason: 'gateway failing',
      steps: [
        {
          step: 'attempt',
          reason: 'failed',
          text: 'It did not arrive.',
          at: AT,
          attempt: 1,
          status: 503,
          ms: 7,
          error: 'status 503',
        },
        { step: 'waiting', reason: 'gateway failing', text: 'It waits.', at: AT, next_attempt_at: AT + 1000 },
      ],
    },
    {
      app_id: 'org.belfry.inbox',
      device_display_name: 'Inbox',
      pushkey_hash: 'def',
      removed_at: null,
      state: 'sent',
      reason: 'sent',
      steps: [
        { step: 'gateway', reason: 'delivered', text: 'Taken.', at: AT, attempt: 1, provider_id: 'x1' },
      ],
    },
  ],
}

async function run(argv: string[], env: Record<string, string> = { BELFRY_TOKEN: 'secret' }, status = 200) {
  const notes = { out: [] as string[], err: [] as string[], requests: [] as string[] }
  const context = {
    env,
    fetch: async (url: string) => {
      notes.requests.push(url)
      return status === 200
        ? Response.json(RESPONSE)
        : Response.json({ error: 'There is no such event' }, { status })
    },
    print: (line: string) => void notes.out.push(line),
    complain: (line: string) => void notes.err.push(line),
  }
  const code = await runCommand(['push', 'trace', ...argv], context as unknown as CommandContext)
  return { code, ...notes }
}

test('push trace prints the steps of the event and those of each pusher', async () => {
  const { code, out, err, requests } = await run(['$event'])
  assert.deepEqual([code, err], [0, []])
  assert.deepEqual(requests, ['http://127.0.0.1:8008/_belfry/v1/journey?event_id=%24event'])
  assert.equal(
    out.join('\n'),
    `$event (m.room.message, from @bob:localhost, in !room), for @alice:localhost
  2026-02-03T04:05:06.007Z  stored      It was stored.
  2026-02-03T04:05:06.007Z  decided     A rule notifies of it. [rule: room !room\ufffd[2J (until 2026-07-01T14:03:00.000Z)]
                            retracted   It was redacted.
It has been read.

Phone\ufffd[2J (org.example.app, abc, removed 2026-02-03T04:05:06.007Z): waiting, gateway failing
  2026-02-03T04:05:06.007Z  attempt 1   It did not arrive. [status 503, 7 ms]
  2026-02-03T04:05:06.007Z  waiting     It waits. [next attempt 2026-02-03T04:05:07.007Z]

Inbox (org.belfry.inbox, def): sent
  2026-02-03T04:05:06.007Z  gateway 1   Taken. [id x1]

Journeys are not being recorded (trace.enabled).

In the console: http://127.0.0.1:8008/_belfry/console/journeys/%24event`,
  )
})

test('a user can be set by a flag, and --json prints the unchanged response', async () => {
  const { code, out, requests } = await run(['$e', '--user', '@bob:x', '--json'])
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(out.join('\n')), RESPONSE)
  assert.deepEqual(requests, ['http://127.0.0.1:8008/_belfry/v1/journey?event_id=%24e&user_id=%40bob%3Ax'])
})

test('an error on the command line prints one line and exits 2, and a refusal prints the error of the server', async () => {
  for (const [argv, env, said] of [
    [[], undefined, /needs an EVENT_ID/],
    [['$e', 'x'], undefined, /unexpected argument "x"/],
    [['$e', '--loud'], undefined, /--loud/],
    [['$e'], {}, /access token is missing/],
  ] as const) {
    const { code, err } = await run([...argv], env)
    assert.equal(code, 2)
    assert.match(err.join('\n'), said)
  }
  const refused = await run(['$e'], undefined, 404)
  assert.deepEqual([refused.code, refused.err], [1, ['belfry: There is no such event']])
})
