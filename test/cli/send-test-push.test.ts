import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/main.ts'
import { TOKEN_REFUSED } from '../../src/delivery/poke-fault.ts'

const PUSHER = {
  kind: 'webpush',
  app_id: 'org.example.web',
  pushkey: 'key',
  app_display_name: 'App',
  device_display_name: 'Firefox',
}

/** The output of `belfry push test` when the server returns this result for its only pusher. */
async function printed(response: { gateway_status: number | null; error: string | null }) {
  const lines: string[] = []
  const attempt = { event_id: '$e', ms: 5, ...response }
  const pages = [{ pushers: [PUSHER] }, { status: 'unreachable', 'org.belfry.attempt': attempt }]
  const context = {
    env: { BELFRY_TOKEN: 'secret' },
    fetch: async () => Response.json(pages.shift()),
    print: (line: string) => void lines.push(line),
    complain: (line: string) => void lines.push(line),
  }
  assert.equal(await runCommand(['push', 'test'], context as unknown as CommandContext), 1)
  return lines.join('\n').replace(/^.*?: /, '')
}

const ROWS: [response: Parameters<typeof printed>[0], text: string][] = [
  [{ gateway_status: 503, error: 'status 503' }, 'not delivered (status 503, 5 ms)'],
  [{ gateway_status: null, error: 'timeout' }, 'not delivered (timeout, 5 ms)'],
  [
    { gateway_status: 403, error: TOKEN_REFUSED },
    'not delivered (vapid token refused: the push service refuses the VAPID token of this server; check the system clock and push.contact, status 403, 5 ms)',
  ],
]
for (const [response, text] of ROWS)
  test(`"belfry push test" prints the error ${response.error ?? '(none)'} with advice to the operator`, async () =>
    assert.equal(await printed(response), text))
