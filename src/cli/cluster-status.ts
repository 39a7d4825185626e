import { ConfigError } from '../config/config-error.ts'
import { flagHelp } from '../config/help.ts'
import { loadCommandLine } from '../config/load.ts'
import { clusterStatusText } from './cluster-status-text.ts'
import type { Command } from './command.ts'

/** The processes on the database, directly from it: also when none of them responds. */
export const clusterStatus: Command = {
  usage: 'cluster status',
  summary: 'list the processes on the database, what each does, and what waits',
  help: () => `  --json  Print the result as JSON.

The exit code is 1 when no live process has one of the roles.

Example:
  belfry cluster status --database postgres://belfry@db/belfry

Settings, as for serve:
${flagHelp()}`,
  async run(argv, context) {
    const given = loadCommandLine({ argv, env: context.env, switches: ['json'] })
    const [stray] = given.positionals
    if (stray !== undefined) throw new ConfigError(`unexpected argument "${stray}"`)
    const app = await context.createApp(given.config, 'command')
    try {
      const status = await app.clusterStatus()
      context.print(given.switches.has('json') ? JSON.stringify(status, null, 2) : clusterStatusText(status))
      return status.missing_roles.length === 0 ? 0 : 1
    } finally {
      await app.close()
    }
  },
}
