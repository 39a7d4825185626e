import { ConfigError } from '../config/config-error.ts'
import type { Command } from './command.ts'
import { type ExplainResponse, explanationText } from './push-explain-text.ts'
import { helpText } from './help-text.ts'
import { consoleLine, parseQuestion, SERVER_HELP, serverClient } from './server-client.ts'

const ABOUT = `  --user USER_ID     The user to query; needs an administrator's token [the owner of the token]
${SERVER_HELP}

The ids of room and event are as clients show them; put them in single quotes.`

/** Asks a running server why an event did, or did not, notify a user. */
export const pushExplain: Command = {
  usage: 'push explain ROOM_ID EVENT_ID',
  summary: 'show why an event did, or did not, notify a user, by rule and device',
  help: () => helpText({ about: ABOUT, examples: [`belfry push explain '!AbCdEf:example.org' '$event'`] }),
  async run(argv, context) {
    const { values, roomId, eventId } = read(argv)
    const query = new URLSearchParams({
      room_id: roomId,
      event_id: eventId,
      ...(values.user === undefined ? {} : { user_id: values.user }),
    })
    const response = await serverClient(context, values)(`/_belfry/v1/explain?${query.toString()}`)
    context.print(
      values.json === true
        ? JSON.stringify(response, null, 2)
        : `${explanationText(response as ExplainResponse)}\n\n${consoleLine(context, values, eventId)}`,
    )
    return 0
  },
}

function read(argv: readonly string[]) {
  const { values, positionals } = parseQuestion(argv)
  const [roomId, eventId, extra] = positionals
  if (roomId === undefined || eventId === undefined)
    throw new ConfigError('push explain needs a ROOM_ID and an EVENT_ID')
  if (extra !== undefined) throw new ConfigError(`unexpected argument "${extra}"`)
  return { values, roomId, eventId }
}
