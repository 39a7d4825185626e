import { type Setting, settings } from './settings.ts'

const INTRODUCTION = `# Configuration

Generated from \`src/config/schema.ts\` by \`npm run docs:config\`; do not edit.

Each setting is a key of the YAML file (\`--config FILE\` or \`BELFRY_CONFIG\`) and an environment variable. Some are also flags
of \`belfry serve\`. Flags override environment variables, and these override the file. With an unknown key or an invalid value
the server does not start, and prints one line with its name. In an environment variable, a list is separated by commas and a mapping is JSON;
\`true\` and \`1\` mean on, \`false\` and \`0\` mean off. The name of a duration or size ends with its unit.
`

const SECTIONS: Record<string, string> = {
  '': 'General',
  registration: 'Registration',
  push: 'Push',
  rooms: 'Rooms',
  retention: 'Retention of messages',
  encryption: 'Encryption',
  user_directory: 'The user directory',
  presence: 'Presence',
  media: 'Media',
  email: 'E-mail',
  cluster: 'Several processes',
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
