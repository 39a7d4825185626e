import { parseArgs } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import type { Command } from './command.ts'
import { type PusherReport, statusText } from './push-status-text.ts'
import { helpText } from './help-text.ts'
import { SERVER_HELP, SERVER_OPTIONS, serverClient, type ServerClient } from './server-client.ts'

const ABOUT = `  --user USER_ID     The pushers of this user; needs an administrator's token
                     [default: all users for an administrator, otherwise the owner of the token]
${SERVER_HELP}`

/** Prints the status of pushers on a running server, and the removed ones. */
export const pushStatus: Command = {
  usage: 'push status',
  summary: 'show the status of your pushers, and the removed ones with the reason',
  help: () =>
    helpText({
      about: ABOUT,
      examples: ['belfry push status --user @alice:example.org'],
      exitCodes: { done: 'no pusher is failing', failed: 'a pusher is failing, or the command failed' },
    }),
  async run(argv, context) {
    const values = read(argv)
    const report = await wholeReport(serverClient(context, values), values.user)
    context.print(values.json === true ? JSON.stringify(report, null, 2) : statusText(report))
    return report.pushers.some(({ failing_since }) => failing_since !== null) ? 1 : 0
  },
}

/** Joins all pages. */
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
