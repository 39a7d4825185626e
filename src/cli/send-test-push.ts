import { faultText } from './fault-text.ts'
import { parseArgs } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import { shortHash } from '../lib/short-hash.ts'
import type { Command } from './command.ts'
import { UNPRINTABLE } from './push-explain-text.ts'
import { helpText } from './help-text.ts'
import { SERVER_HELP, SERVER_OPTIONS, serverClient } from './server-client.ts'

const ABOUT = `  --app APP_ID       Only pushers of this app
  --pushkey PUSHKEY  Only the pusher with this pushkey, or with this pushkey_hash
  --event EVENT_ID   The event id in the pokes [an id that no event has]
${SERVER_HELP}

Without --app and --pushkey, all pushers of the token's owner are tested.`

type Pusher = {
  kind: string
  app_id: string
  pushkey: string
  app_display_name: string
  device_display_name: string
}
type TestPushResponse = {
  status: string
  'org.belfry.attempt': { gateway_status: number | null; ms: number; error: string | null } | null
}

/** Sends a real poke to pushers through a running server, and prints the result from their gateways. */
export const pushTest: Command = {
  usage: 'push test',
  summary: 'send a real poke to your pushers and print the result',
  help: () =>
    helpText({
      about: ABOUT,
      examples: ['belfry push test --app org.example.app'],
      exitCodes: { done: 'every gateway accepted its poke', failed: 'one did not, or the command failed' },
    }),
  async run(argv, context) {
    const values = read(argv)
    const ask = serverClient(context, values)
    const { pushers } = (await ask('/_matrix/client/v3/pushers')) as { pushers: Pusher[] }
    const wanted = pushers.filter(
      ({ app_id, pushkey }) =>
        (values.app ?? app_id) === app_id &&
        [undefined, pushkey, shortHash(pushkey)].includes(values.pushkey),
    )
    if (wanted.length === 0)
      throw new Error(pushers.length === 0 ? 'there are no pushers' : 'no pusher matches')
    let allArrived = true
    // One at a time, so that each result is printed as soon as it is known.
    for (const pusher of wanted) {
      const { app_id, pushkey } = pusher
      const response = (await ask('/_matrix/client/unstable/org.matrix.msc4173/pushers/push', {
        app_id,
        pushkey,
        event_id: values.event,
      })) as TestPushResponse
      allArrived &&= response.status === 'ok'
      context.print(
        values.json === true
          ? JSON.stringify({ app_id, pushkey_hash: shortHash(pushkey), ...response })
          : lineFor(pusher, response),
      )
    }
    return allArrived ? 0 : 1
  },
}

function lineFor(pusher: Pusher, { status, 'org.belfry.attempt': attempt }: TestPushResponse): string {
  const { kind } = pusher
  const name = `${pusher.device_display_name} (${pusher.app_id}, ${shortHash(pusher.pushkey)})`
  const meaning = kind === 'email' ? { ...MEANING, ...MEANING_FOR_MAIL } : MEANING
  const line = `${name}: ${meaning[status] ?? status}${attempt === null ? '' : detailOf(attempt)}`
  return line.replaceAll(UNPRINTABLE, '\ufffd')
}

const MEANING: Readonly<Record<string, string>> = {
  ok: 'ok, the gateway accepted it',
  rejected: 'rejected, the gateway does not know the pushkey; the pusher has been removed',
  unreachable: 'not delivered',
  rate_limited: 'the gateway limits the rate of pokes',
  not_registered: 'the pusher no longer exists',
  blocked: 'not sent',
  disabled: 'not sent, the pusher is disabled',
  not_activated: 'not sent, its app has not confirmed the pusher yet',
  unsupported: 'not sent, this kind of pusher does not support pokes',
}
const MEANING_FOR_MAIL: Readonly<Record<string, string>> = {
  ok: 'ok, the mail server accepted it',
  unsupported: 'not sent, no mail server is configured',
}

function detailOf({
  gateway_status,
  ms,
  error,
}: NonNullable<TestPushResponse['org.belfry.attempt']>): string {
  const status = gateway_status === null ? null : `status ${gateway_status}`
  // The fault may add details to the status; `status 500` and `smtp 550` do not.
  const isStatus = error !== null && gateway_status !== null && error.endsWith(` ${gateway_status}`)
  const fault = error === null || isStatus ? null : faultText(error)
  return ` (${[fault, status, `${ms} ms`].filter((part) => part !== null).join(', ')})`
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        ...SERVER_OPTIONS,
        app: { type: 'string' },
        pushkey: { type: 'string' },
        event: { type: 'string' },
      },
    }).values
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : 'bad arguments', { cause: error })
  }
}
