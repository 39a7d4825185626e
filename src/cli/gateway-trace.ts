import { ConfigError } from '../config/config-error.ts'
import { loadGatewayConfig } from '../config/gateway-file.ts'
import type { Command, DeviceJourneyResponse } from './command.ts'
import { helpText } from './help-text.ts'
import { jsonFlag } from './json-flag.ts'
import { UNPRINTABLE } from './push-explain-text.ts'
import { lineFor } from './push-trace-text.ts'

const ABOUT = `  --config FILE   The configuration of the gateway, which names its database
  --data DIR      The data directory of the gateway [./data]
  --database URL  The database of the gateway [sqlite:DATA/gateway.db]
  --json          Print the result as JSON.

The id of the event is the first argument; put it in single quotes. docs/journey.md lists the steps.`

/** Prints the steps of an event at a gateway. It reads the database, beside a running gateway. */
export const gatewayTrace: Command = {
  usage: 'gateway trace EVENT_ID',
  summary: 'show the steps of an event at a gateway, for each device',
  help: () =>
    helpText({
      about: ABOUT,
      examples: ["belfry gateway trace '$event' --config gateway.yaml"],
      exitCodes: { done: 'the gateway has steps of the event', failed: 'it has none, or the command failed' },
    }),
  async run(argv, context) {
    const { isJson, rest } = jsonFlag(argv)
    const [eventId, ...flags] = rest
    if (eventId === undefined || eventId.startsWith('--'))
      throw new ConfigError('gateway trace needs an EVENT_ID as its first argument')
    const config = loadGatewayConfig({ argv: flags, env: context.env })
    const devices = await context.readJourney(config, eventId)
    context.print(isJson ? JSON.stringify({ event_id: eventId, devices }) : text(devices))
    return devices.length > 0 ? 0 : 1
  },
}

function text(devices: readonly DeviceJourneyResponse[]): string {
  if (devices.length === 0)
    return 'The gateway has no record of this event: it was never received, or the record has expired.'
  return devices
    .flatMap(({ app_id, pushkey_hash, steps }) => [`${app_id}, ${pushkey_hash}:`, ...steps.map(lineFor)])
    .map((line) => line.replaceAll(UNPRINTABLE, '\ufffd'))
    .join('\n')
}
