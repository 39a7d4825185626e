import { ConfigError } from '../config/config-error.ts'
import type { Command } from './command.ts'
import { type JourneyResponse, journeyText } from './push-trace-text.ts'
import { helpText } from './help-text.ts'
import { consoleLine, parseQuestion, SERVER_HELP, serverClient } from './server-client.ts'

const ABOUT = `  --user USER_ID     The user to query; needs an administrator's token [the owner of the token]
${SERVER_HELP}

The id of the event is as clients show it; put it in single quotes. docs/journey.md lists the steps.`

/** Asks a running server for the journey of an event to a user's devices. */
export const pushTrace: Command = {
  usage: 'push trace EVENT_ID',
  summary: 'show the journey of an event to your devices, step by step, with reasons',
  help: () => helpText({ about: ABOUT, examples: [`belfry push trace '$event' --user @alice:example.org`] }),
  async run(argv, context) {
    const { values, eventId } = read(argv)
    const query = new URLSearchParams({
      event_id: eventId,
      ...(values.user === undefined ? {} : { user_id: values.user }),
    })
    const response = await serverClient(context, values)(`/_belfry/v1/journey?${query.toString()}`)
    context.print(
      values.json === true
        ? JSON.stringify(response, null, 2)
        : `${journeyText(response as JourneyResponse)}\n\n${consoleLine(context, values, eventId)}`,
    )
    return 0
  },
}

function read(argv: readonly string[]) {
  const { values, positionals } = parseQuestion(argv)
  const [eventId, extra] = positionals
  if (eventId === undefined) throw new ConfigError('push trace needs an EVENT_ID')
  if (extra !== undefined) throw new ConfigError(`unexpected argument "${extra}"`)
  return { values, eventId }
}
