import { ConfigError } from '../config/config-error.ts'
import { flagHelp } from '../config/help.ts'
import { loadCommandLine } from '../config/load.ts'
import type { App, Command, CommandContext } from './command.ts'
import { reportsText } from './report-text.ts'

// Reports of users about content, directly in the database, with or without a running server.

export const reportList = reportCommand({
  usage: 'report list',
  summary: 'list the reports of users about events, rooms and users',
  parse(given) {
    if (given[0] !== undefined) throw new ConfigError(`unexpected argument "${given[0]}"`)
  },
  async work(app) {
    const reports = await app.reports.list()
    return { text: reportsText(reports), json: { reports } }
  },
})

export const reportClose = reportCommand({
  usage: 'report close NUMBER',
  summary: 'delete a report that has been dealt with, or several',
  parse(given) {
    if (given.length === 0) throw new ConfigError('report close needs the NUMBER of a report')
    return given.map(numberIn)
  },
  async work(app, ids) {
    for (const id of ids) await app.reports.close(id)
    return { text: `closed ${ids.join(', ')}`, json: { closed: ids } }
  },
})

function numberIn(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new ConfigError(`"${text}" is not the number of a report`)
  return Number(text)
}

type ReportCommand<Input> = {
  usage: string
  summary: string
  /** Throws a `ConfigError` for arguments that are not allowed. */
  parse: (given: readonly string[]) => Input
  work: (app: App, input: Input) => Promise<{ text: string; json: unknown }>
}

function reportCommand<Input>({ usage, summary, parse, work }: ReportCommand<Input>): Command {
  return {
    usage,
    summary,
    help: () => `  --json  Print the result as JSON.\n\nSettings, as for serve:\n${flagHelp()}`,
    async run(argv: readonly string[], context: CommandContext) {
      const given = loadCommandLine({ argv, env: context.env, switches: ['json'] })
      const input = parse(given.positionals)
      const app = await context.createApp(given.config, 'command')
      try {
        const { text, json } = await work(app, input)
        context.print(given.switches.has('json') ? JSON.stringify(json, null, 2) : text)
      } finally {
        await app.close()
      }
      return 0
    },
  }
}
