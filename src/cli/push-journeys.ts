import { parseArgs } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import type { ReceivedEvent } from '../lib/server-sent-events.ts'
import type { Command } from './command.ts'
import { entryText, type JourneyListEntry, type JourneyListPage, pageText } from './push-journeys-text.ts'
import { helpText } from './help-text.ts'
import { SERVER_HELP, SERVER_OPTIONS, serverClient } from './server-client.ts'
import { serverStream } from './server-stream.ts'

const ABOUT = `  --state STATES     Only journeys that are in one of these states for a device, such as failing,waiting
  --device ID        Only this device: the number behind its name
  --room ROOM_ID     Only this room
  --since TIME       Only events since this time: 90s, 30m, 24h, 7d, or milliseconds since the Unix epoch
  --limit N          At most N journeys, up to 100 [default: 50]
  --from CURSOR      Continue the previous list
  --follow           Then print journeys as they begin and change, until Ctrl-C
  --user USER_ID     The user to query; needs an administrator's token [the owner of the token]
${SERVER_HELP} With --follow:
                     one line for each event of the stream, {"event": …, "data": …}.

The newest journey is last. docs/journey.md lists the states.`

const OPTIONS = {
  ...SERVER_OPTIONS,
  state: { type: 'string' },
  device: { type: 'string' },
  room: { type: 'string' },
  since: { type: 'string' },
  limit: { type: 'string' },
  from: { type: 'string' },
  follow: { type: 'boolean' },
  user: { type: 'string' },
} as const

/** Lists the journeys of a user's events on a running server, and follows them. */
export const pushJourneys: Command = {
  usage: 'push journeys',
  summary: 'list the journeys of events to your devices, and follow them live',
  help: () =>
    helpText({
      about: ABOUT,
      examples: ['belfry push journeys --since 24h --state failing,waiting --follow'],
      exitCodes: { done: 'done, also after Ctrl-C' },
    }),
  async run(argv, context) {
    const values = read(argv)
    const { state, device, room, since, limit, from } = values
    const filters = { state, device, room, user_id: values.user }
    const ask = serverClient(context, values)
    const list = async () =>
      (await ask(withQuery('/_belfry/v1/journeys', { ...filters, since, limit, from }))) as JourneyListPage
    const page = await list()
    const isJson = values.json === true
    if (values.follow !== true) {
      context.print(isJson ? JSON.stringify(page, null, 2) : pageText(page))
      return 0
    }
    const print = (event: string, data: unknown) =>
      context.print(isJson ? JSON.stringify({ event, data }) : eventText(event, data))
    // Before the first line, which a reader may respond to with a signal.
    const ending = new AbortController()
    context.onSignal(() => ending.abort())
    context.onOutputClosed(() => ending.abort())
    for (const entry of page.journeys.toReversed()) print('journey', entry)
    await serverStream(context, values)(withQuery('/_belfry/v1/journeys/stream', filters), {
      after: page.last_event_id,
      signal: ending.signal,
      async onEvent({ event, data }: ReceivedEvent) {
        // There are more changes than the stream sends.
        const missed = event === 'reset' ? (await list()).journeys.toReversed() : []
        print(event, data)
        for (const entry of missed) print('journey', entry)
      },
    })
    return 0
  },
}

function eventText(event: string, data: unknown): string {
  if (event === 'journey') return entryText(data as JourneyListEntry)
  return event === 'removed'
    ? `${(data as { event_id: string }).event_id} does not match any more`
    : 'There were more changes than the stream sends. The newest journeys:'
}

function withQuery(path: string, values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`
}

function read(argv: readonly string[]) {
  const values = parsed(argv)
  if (values.follow === true && values.from !== undefined)
    throw new ConfigError('--follow starts with the newest journeys: remove --from')
  return values
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS }).values
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : 'bad arguments', { cause: error })
  }
}
