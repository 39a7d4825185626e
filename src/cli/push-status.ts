import { parseArgs } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import type { Command } from './command.ts'
import { type PusherReport, statusText } from './push-status-text.ts'
import { SERVER_HELP, SERVER_OPTIONS, serverClient, type ServerClient } from './server-client.ts'

const HELP = `  --user USER_ID     Whose pushers, when the token is an administrator's [everybody's then, else its owner's]
${SERVER_HELP}

The exit code is 0 when no pusher is failing.`

/** Asks a running server how pushers are doing, and which are gone. */
export const pushStatus: Command = {
  usage: 'push status',
  summary: 'how your pushers are doing, and which were removed and why',
  help: () => HELP,
  async run(argv, world) {
    const values = read(argv)
    const report = await wholeReport(serverClient(world, values), values.user)
    world.print(values.json === true ? JSON.stringify(report, null, 2) : statusText(report))
    return report.pushers.some(({ failing_since }) => failing_since !== null) ? 1 : 0
  },
}

/** All pages as one. */
async function wholeReport(ask: ServerClient, userId: string | undefined): Promise<PusherReport> {
  const user = userId === undefined ? {} : { user_id: userId }
  const report: PusherReport = { pushers: [], removed: [] }
  let from: string | undefined = '0'
  while (from !== undefined) {
    const query = new URLSearchParams({ ...user, from })
    const page = (await ask(`/_belfry/v1/pushers?${query.toString()}`)) as PusherReport & {
      next_batch?: string
    }
    report.pushers.push(...page.pushers)
    report.removed = page.removed
    from = page.next_batch
  }
  return report
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: { ...SERVER_OPTIONS, user: { type: 'string' } } }).values
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : 'bad arguments', { cause: error })
  }
}
