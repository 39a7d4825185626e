import { type Setting, settings } from './settings.ts'

const INTRODUCTION = `# Configuration

Generated from \`src/config/schema.ts\` by \`npm run docs:config\`; do not edit.

Each setting is a key of the YAML file given with \`--config FILE\` (or \`BELFRY_CONFIG\`), an environment variable, and for
some a flag of \`belfry serve\`. Flags win over environment variables, and those over the file. An unknown key or a bad value
stops the start with one line that names it. A list is written with commas in an environment variable, a mapping as JSON; \`true\` and \`1\`, \`false\` and
\`0\` switch on and off. Durations and sizes carry their unit in their name.
`

const SECTIONS: Record<string, string> = {
  '': 'General',
  push: 'Push',
  rooms: 'Rooms',
  email: 'E-mail',
  trace: 'The journey of a notification',
  experimental: 'Experimental',
  gateway: 'The push gateway',
  metrics: 'Metrics',
  rate_limits: 'Rate limits',
  limits: 'Limits',
  quotas: 'Quotas',
}

/** The reference page, `docs/configuration.md`. */
export function configurationReference(): string {
  const groups = Object.groupBy(settings, ({ path }) => (path.length > 1 ? (path[0] ?? '') : ''))
  const sections = Object.entries(groups).map(([name, members = []]) => {
    const title = SECTIONS[name]
    if (title === undefined) throw new Error(`the section "${name}" has no title in print-reference.ts`)
    return `## ${title}\n\n${members.map(entry).join('\n')}`
  })
  return [INTRODUCTION, ...sections].join('\n')
}

function entry(setting: Setting): string {
  const names = [`\`${setting.key}\``, `\`${setting.env}\``]
  if (setting.flag !== undefined)
    names.push(`\`--${setting.flag}${setting.value === undefined ? '' : ` ${setting.value}`}\``)
  const repeat = setting.flag !== undefined && setting.kind === 'list' ? ' The flag may be repeated.' : ''
  return `- ${names.join(' · ')}, default \`${setting.fallback}\`  \n  ${setting.about}${repeat}\n`
}

if (import.meta.main) process.stdout.write(configurationReference())
