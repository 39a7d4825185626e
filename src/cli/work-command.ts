import { resolve } from 'node:path'
import { ConfigError } from '../config/config-error.ts'
import { loadCommandLine } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { OnProgress } from '../lib/progress.ts'
import type { App, Command, CommandContext } from './command.ts'
import { type HelpParts, helpText, JSON_FLAG } from './help-text.ts'
import { withProgressBar } from './progress-bar.ts'

export type WorkInput = {
  config: Config
  context: CommandContext
  /** The arguments, as many as `usage` names. */
  given: readonly string[]
  switches: ReadonlySet<string>
  /** The values of its flags that take one. */
  options: Readonly<Record<string, string | undefined>>
  onProgress: OnProgress
}

/** `code`: the exit code; default 0. */
export type WorkOutput = { text: string; json: unknown; code?: 0 | 1 }

export type WorkCommand = Pick<HelpParts, 'about' | 'examples' | 'exitCodes'> & {
  /** As typed: `user add NAME`, `media list [USER]`, `media remove MXC_URI | USER`. */
  usage: string
  summary: string
  /** The last argument may be given several times. */
  mayRepeat?: boolean
  /** Each flag without a value, with its text. */
  switches?: Readonly<Record<string, string>>
  /** Each flag with a value: the name of the value, and its text. */
  options?: Readonly<Record<string, { value: string; about: string }>>
  /** Called before the work. @throws ConfigError for arguments that are not allowed */
  check?: (input: Pick<WorkInput, 'given' | 'switches' | 'options'>) => void
  work: (input: WorkInput) => Promise<WorkOutput>
}

/**
 * A command that does one task and ends: it prints its result as text or as JSON, and shows a bar while it
 * takes long.
 */
export function workCommand(command: WorkCommand): Command {
  const { usage, summary, switches = {}, options = {}, work } = command
  return {
    usage,
    summary,
    help: () =>
      helpText({
        ...command,
        flags: [
          ...Object.entries(options).map(
            ([name, { value, about }]) => [`--${name} ${value}`, about] as const,
          ),
          ...Object.entries(switches).map(([name, about]) => [`--${name}`, about] as const),
          JSON_FLAG,
        ],
        hasSettings: true,
      }),
    async run(argv, context) {
      const read = loadCommandLine({
        argv,
        env: context.env,
        switches: ['json', ...Object.keys(switches)],
        options: Object.keys(options),
      })
      const given = checkedArguments(read.positionals, command)
      command.check?.({ ...read, given })
      const { text, json, code } = await withProgressBar(context, (onProgress) =>
        work({ ...read, context, given, onProgress }),
      )
      context.print(read.switches.has('json') ? JSON.stringify(json, null, 2) : text)
      return code ?? 0
    },
  }
}

/** A task on the database, with or without a running server. */
export const onApp =
  (work: (app: App, input: WorkInput) => Promise<WorkOutput>): WorkCommand['work'] =>
  async (input) => {
    const app = await input.context.createApp(input.config, 'command')
    try {
      return await work(app, input)
    } finally {
      await app.close()
    }
  }

function checkedArguments(
  given: readonly string[],
  { usage, mayRepeat = false }: WorkCommand,
): readonly string[] {
  const names = usage
    .replaceAll(' | ', '|')
    .split(' ')
    .filter((word) => /^\[?[A-Z]/.test(word))
  const needed = names.filter((name) => !name.startsWith('['))
  const extra = given[names.length]
  if (extra !== undefined && !mayRepeat) throw new ConfigError(`unexpected argument "${extra}"`)
  if (given.length < needed.length) throw new ConfigError(`an argument is missing: belfry ${usage}`)
  return given
}

/** @throws ConfigError unless the switch `--yes` was given */
export function requireYes(switches: ReadonlySet<string>, what: string): void {
  if (!switches.has('yes')) throw new ConfigError(`${what} cannot be undone; repeat the command with --yes`)
}

/** The absolute path of a file or folder on the command line. */
export const pathIn = (argument: string): string => resolve(argument)

/** For the examples in the help. */
export const EXAMPLE_CONFIG = '--config /etc/belfry/belfry.yaml'
