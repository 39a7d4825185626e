import { flagHelp } from '../config/help.ts'

export type HelpParts = {
  /** What the flags do not say: one or more lines. */
  about?: string
  /** The flags of the command, each with its text. */
  flags?: readonly (readonly [flag: string, text: string])[]
  examples: readonly string[]
  /** The meanings of the exit codes 0 and 1. */
  exitCodes?: { done?: string; failed?: string }
  /** Whether the command takes the settings of `belfry serve`. */
  hasSettings?: boolean
}

/** The text below usage and summary in `belfry COMMAND --help`: flags, examples, exit codes, settings. */
export function helpText({
  about,
  flags = [],
  examples,
  exitCodes = {},
  hasSettings = false,
}: HelpParts): string {
  const width = Math.max(0, ...flags.map(([flag]) => flag.length))
  const { done = 'done', failed = 'failed, with the reason on standard error' } = exitCodes
  const parts = [
    about,
    flags.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`).join('\n'),
    [examples.length > 1 ? 'Examples:' : 'Example:', ...examples.map((one) => `  ${one}`)].join('\n'),
    `Exit codes: 0 ${done}; 1 ${failed}; 2 an error on the command line or in the configuration.`,
    hasSettings ? `Settings, as for serve:\n${flagHelp()}` : undefined,
  ]
  return parts.filter((part) => part !== undefined && part !== '').join('\n\n')
}

/** The flag of every command. */
export const JSON_FLAG = ['--json', 'Print the result as JSON.'] as const
