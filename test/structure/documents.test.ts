import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { metricsPage } from '../../scripts/print-metrics.ts'
import { COMMANDS, commandIn } from '../../src/cli/commands.ts'
import { settings } from '../../src/config/settings.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
/**
 * Those that describe the present program. The changelog, the decisions and the measurements also describe
 * earlier ones.
 */
const FOLDERS = ['docs', 'docs/operations', 'examples', 'deploy', 'packages/*']
const DOCUMENTS = globSync(['*.md', ...FOLDERS.map((folder) => `${folder}/*.md`)], { cwd: root })
  .filter((file) => file !== 'CHANGELOG.md' && file !== 'docs/measurements.md')
  .toSorted()
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')

/**
 * Commands in code blocks and in code spans, without a comment at their end and with the lines that a
 * backslash joins.
 */
function commandsIn(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```(?:sh|bash)?\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block.replaceAll('\\\n', ' ').split('\n'),
  )
  const spans = [...markdown.replaceAll(/^```.*?^```/gms, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, span = '']) => span,
  )
  return [...blocks, ...spans].flatMap((line) => {
    const [, command] = /^(?:.*[\s/])?belfry ((?:[a-z]|--).*)$/.exec(line) ?? []
    return command === undefined ? [] : [command.replace(/\s+#.*$/, '').split(/\s[|>&]|;/)[0] ?? '']
  })
}

async function commandFault(command: string): Promise<string | undefined> {
  const words = command.split(/[\s,]+/)
  const first = words[0] ?? ''
  if (first.startsWith('--') || first === 'listening') return undefined
  const name = commandIn(words)
  if (name === undefined)
    return Object.keys(COMMANDS).some((known) => known.startsWith(first)) ? undefined : 'no such command'
  const found = await COMMANDS[name]?.()
  const help = `${found?.usage} ${found?.help()}`
  const unknown = words
    .filter((word) => /^--[a-z]/.test(word))
    .map((word) => word.split('=')[0] ?? '')
    .filter((option) => !new RegExp(`${option}(?![\\w-])`).test(help))
  return unknown.length > 0 ? `its help does not list ${unknown.join(', ')}` : undefined
}

test('every belfry command in the documents exists with its options', async () => {
  const faults: string[] = []
  let count = 0
  for (const file of DOCUMENTS)
    for (const command of commandsIn(textOf(file))) {
      count++
      const fault = await commandFault(command)
      if (fault !== undefined) faults.push(`${file}: belfry ${command}: ${fault}`)
    }
  assert.ok(count > 60, `${count} commands were found`)
  assert.deepEqual(faults, [])
  assert.equal(await commandFault('push trace --planted'), 'its help does not list --planted')
  assert.equal(await commandFault('planted'), 'no such command')
})

test('every setting and metric that the documents name exists', async () => {
  const metrics = await metricsPage()
  const sections = new Set(settings.flatMap(({ path }) => (path.length > 1 ? [path[0] ?? ''] : [])))
  const keys = settings.map(({ key }) => key)
  const isSetting = (name: string) =>
    keys.some((key) => key === name || key.startsWith(`${name}.`) || name.startsWith(`${key}.`))
  const environment = new Set(settings.map(({ env }) => env))
  const faultsIn = (markdown: string) => {
    const spans = [...markdown.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span)
    const named = spans.flatMap(
      (span) => /^([a-z_]+)\.[a-z_0-9]+(?:\.[a-z_0-9]+)*(?=$|[: ])/.exec(span)?.slice(0, 2) ?? [],
    )
    const unknown = spans.flatMap((span) => {
      const [name, section = ''] = /^([a-z_]+)\.[a-z_0-9]+(?:\.[a-z_0-9]+)*(?=$|[:=])/.exec(span) ?? []
      return name !== undefined &&
        sections.has(section) &&
        !FILES.test(name) &&
        !OTHER_KEYS.has(name) &&
        !isSetting(name)
        ? [name]
        : []
    })
    const variables = [...markdown.matchAll(/\bBELFRY_[A-Z0-9_]+\b/g)]
      .map(([name]) => name)
      .filter((name) => !environment.has(name) && !OTHER_VARIABLES.has(name))
    const missing = [...markdown.matchAll(/\bbelfry_[a-z0-9_]*[a-z0-9]\b/g)]
      .map(([name]) => name)
      .filter(
        (name) =>
          !metrics.includes(`\`${name.replace(/_(?:count|sum|bucket)$/, '')}\``) &&
          !metrics.includes(`\`${name}\``),
      )
    return { faults: [...unknown, ...variables, ...missing], count: named.length }
  }
  const all = DOCUMENTS.map((file) => ({ file, ...faultsIn(textOf(file)) }))
  assert.deepEqual(
    all.flatMap(({ file, faults }) => faults.map((name) => `${file}: ${name}`)),
    [],
  )
  assert.ok(all.reduce((sum, { count }) => sum + count, 0) > 100)
  assert.deepEqual(faultsIn('`push.planted` BELFRY_PLANTED belfry_planted_total').faults.length, 3)
})

/** Names of files and folders that look like settings. */
const FILES = /\.(?:ts|md|yaml|yml|json|db|pem|log|js|sh|service|conf)$/
/** Keys of Sygnal's configuration, and of `GET /health`. */
const OTHER_KEYS = new Set([
  'metrics.prometheus',
  'metrics.opentracing',
  'metrics.sentry',
  'cluster.missing_roles',
])
/** Read by the commands, the launcher, the tests and the installation, not by the configuration. */
const OTHER_VARIABLES = new Set(['BELFRY_TOKEN', 'BELFRY_URL', 'BELFRY_CONFIG', 'BELFRY_'])

/** The anchor of a heading: lower case, without punctuation, with hyphens for spaces. */
const anchorOf = (heading: string) =>
  heading
    .replaceAll(/\]\([^)]*\)/g, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

/** What is wrong with the links of a document: the file or the section does not exist. */
function linkFaults(file: string, markdown: string): string[] {
  return [...markdown.replaceAll(/^```.*?^```/gms, '').matchAll(/\]\(([^)\s#]*)(?:#([^)\s]*))?\)/g)].flatMap(
    ([, path = '', section]) => {
      if (/^[a-z]+:/.test(path)) return []
      const target = path === '' ? file : join(dirname(file), path)
      if (!existsSync(join(root, target))) return [`${file}: ${path} does not exist`]
      if (section === undefined || !target.endsWith('.md')) return []
      const headings = [...textOf(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        anchorOf(heading),
      )
      return headings.includes(section) ? [] : [`${file}: ${target} has no section ${section}`]
    },
  )
}

test('every link between documents leads to a file and a section that exist', () => {
  const files = globSync('{*,docs/**/*,examples/*,deploy/**/*,packages/*/*}.md', { cwd: root })
  assert.ok(files.length > 80, `${files.length} documents`)
  assert.deepEqual(
    files.flatMap((file) => linkFaults(file, textOf(file))),
    [],
  )
  assert.deepEqual(
    linkFaults('README.md', '[a](docs/planted.md) [b](docs/api.md#planted) [c](docs/api.md#how-to-read-it)'),
    ['README.md: docs/planted.md does not exist', 'README.md: docs/api.md has no section planted'],
  )
})
