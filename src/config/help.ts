import { settings } from './settings.ts'

/** The flags of every command that takes the configuration, for `--help`: one line each, aligned. */
export function flagHelp(): string {
  const rows = settings.flatMap(({ flag, value, about, fallback, kind }): [string, string][] => {
    if (flag === undefined) return []
    const repeat = kind === 'list' ? ' (may be repeated)' : ''
    const shown = value === undefined || kind === 'list' ? '' : ` [${fallback}]`
    return [[`--${flag}${value === undefined ? '' : ` ${value}`}`, `${about}${repeat}${shown}`]]
  })
  rows.push(['--config FILE', 'A YAML file with any of the keys in docs/configuration.md.'])
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right.replaceAll('`', '')}`).join('\n')
}
