/** Takes `--json` out of the arguments, for commands with their own parser. */
export function jsonFlag(argv: readonly string[]): { isJson: boolean; rest: string[] } {
  return { isJson: argv.includes('--json'), rest: argv.filter((one) => one !== '--json') }
}
