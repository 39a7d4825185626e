import { resolve } from 'node:path'
import { ConfigError } from '../config/config-error.ts'
import { flagHelp } from '../config/help.ts'
import { loadCommandLine } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { OnProgress } from '../lib/progress.ts'
import type { Command, CommandContext } from './command.ts'
import { withProgressBar } from './progress-bar.ts'

export type MaintenanceInput = {
  config: Config
  context: CommandContext
  /** The only argument; empty for a command without one. */
  argument: string
  switches: ReadonlySet<string>
  onProgress: OnProgress
}

/** `code`: the exit code; default 0. */
export type MaintenanceOutput = { text: string; json: unknown; code?: 0 | 1 }

export type MaintenanceCommand = {
  usage: string
  summary: string
  example: string
  /** The meanings of the exit codes 0 and 1. */
  exitCodes: { done: string; failed: string }
  switches?: Readonly<Record<string, string>>
  work: (input: MaintenanceInput) => Promise<MaintenanceOutput>
}

/** A command on the whole database: it shows a progress bar, and its help has an example and the exit codes. */
export function maintenanceCommand(command: MaintenanceCommand): Command {
  const { usage, summary, example, exitCodes, switches = {}, work } = command
  const takesArgument = / [A-Z]+$/.test(usage)
  const lines = [...Object.entries(switches), ['json', 'Print the result as JSON.']]
  const help = lines.map(([name, about]) => `  --${name}  ${about}`).join('\n')
  const codes = `Exit codes: 0 ${exitCodes.done}; 1 ${exitCodes.failed}; 2 an error on the command line or in the configuration.`
  return {
    usage,
    summary,
    help: () => `${help}\n\nExample: ${example}\n\n${codes}\n\nSettings, as for serve:\n${flagHelp()}`,
    async run(argv, context) {
      const given = loadCommandLine({ argv, env: context.env, switches: ['json', ...Object.keys(switches)] })
      const [argument, extra] = given.positionals
      const unexpected = takesArgument ? extra : argument
      if (unexpected !== undefined) throw new ConfigError(`unexpected argument "${unexpected}"`)
      if (takesArgument && argument === undefined)
        throw new ConfigError(`an argument is missing: belfry ${usage}`)
      const { text, json, code } = await withProgressBar(context, (onProgress) =>
        work({
          config: given.config,
          context,
          argument: argument ?? '',
          switches: given.switches,
          onProgress,
        }),
      )
      context.print(given.switches.has('json') ? JSON.stringify(json, null, 2) : text)
      return code ?? 0
    },
  }
}

/** The absolute path of a folder on the command line. */
export const folderIn = (argument: string): string => resolve(argument)
