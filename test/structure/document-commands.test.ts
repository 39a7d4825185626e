import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { blocksIn } from '../support/document-blocks.ts'

// Each block of commands in the documents is run by a test, or stands here with the reason why not.
// `test/structure/documents.test.ts` checks the commands and options of `belfry` in all of them.

const root = fileURLToPath(new URL('../../', import.meta.url))
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')

const README_COMMANDS = 'test/journeys/readme-commands.test.ts'
const DOCUMENT_COMMANDS = 'test/journeys/document-commands.test.ts'
const GUIDES = 'test/journeys/guides.test.ts'
const TUTORIAL = 'test/support/tutorial.ts'
const NOT_RUN = 'not run: '

/**
 * The blocks of each document in their order: how each begins, and the file that runs it or the reason why
 * none does.
 */
const BLOCKS: Readonly<Record<string, readonly (readonly [begins: string, by: string])[]>> = {
  'README.md': [
    [
      'npm start',
      `${NOT_RUN}it installs packages and runs all tests; test/cli/launch.test.ts runs npm start`,
    ],
    ...['S=', 'curl ', 'curl ', 'curl ', 'EVENT=', 'curl ', 'curl '].map(
      (begins) => [begins, README_COMMANDS] as const,
    ),
    [
      'BELFRY_TOKEN=$ALICE bin/belfry push trace',
      `${NOT_RUN}docs/explain.md has the same command with its output`,
    ],
    ['bin/belfry gateway --listen', DOCUMENT_COMMANDS],
  ],
  'deploy/README.md': [
    ['cp deploy/example.env', `${NOT_RUN}it needs a container runtime; test/deploy/ checks the files`],
    [
      'sudo cp deploy/systemd',
      `${NOT_RUN}it needs root and systemd; test/deploy/systemd.test.ts checks the units`,
    ],
  ],
  'docs/api.md': [['bin/belfry openapi', DOCUMENT_COMMANDS]],
  'docs/developing.md': ['bin/belfry start', 'B=', 'export', 'curl', 'bin/belfry push explain'].map(
    (begins) => [begins, GUIDES] as const,
  ),
  'docs/device-rules.md': [['curl ', README_COMMANDS]],
  'docs/doctor.md': [['curl ', README_COMMANDS]],
  'docs/email.md': [
    ['BELFRY_TOKEN=… bin/belfry push test', DOCUMENT_COMMANDS],
    ['curl $S/v3/account/3pid', DOCUMENT_COMMANDS],
  ],
  'docs/explain.md': ['curl ', 'curl ', 'curl ', 'BELFRY_TOKEN=$ALICE'].map(
    (begins) => [begins, README_COMMANDS] as const,
  ),
  'docs/gateway.md': [
    ['bin/belfry gateway --config', DOCUMENT_COMMANDS],
    ['bin/belfry gateway check', GUIDES],
    [
      'bin/belfry gateway trace',
      `${NOT_RUN}the section "A first gateway" has the same command, which is run`,
    ],
    ['curl -H "Authorization: Bearer $ALICE" http', README_COMMANDS],
    ['curl -H "Authorization: Bearer $ALICE" -X POST', README_COMMANDS],
  ],
  'docs/operating.md': [
    ['sudo useradd', `${NOT_RUN}it needs root`],
    ['bin/belfry serve', 'test/journeys/configured-server.test.ts'],
    ['sudo cp', `${NOT_RUN}it needs root and systemd; test/deploy/systemd.test.ts checks the unit`],
    ['belfry backup', DOCUMENT_COMMANDS],
    ['systemctl stop', `${NOT_RUN}it needs systemd; test/journeys/move-database.test.ts copies a database`],
  ],
  'docs/operations/administration.md': [['BELFRY_TOKEN=$(belfry login', DOCUMENT_COMMANDS]],
  'docs/operations/cluster.md': [['belfry serve --roles', DOCUMENT_COMMANDS]],
  'docs/pushers.md': ['BELFRY_TOKEN=', 'curl '].map((begins) => [begins, README_COMMANDS] as const),
  'docs/scale.md': [['node scripts/print-scale.ts', DOCUMENT_COMMANDS]],
  'docs/schedules.md': ['UNTIL=', 'curl ', 'curl ', 'curl ', 'curl ', 'curl '].map(
    (begins) => [begins, README_COMMANDS] as const,
  ),
  'docs/tutorial.md': ['npx belfry start', 'belfry()', 'S=', 'ALICE=', 'export'].map(
    (begins) => [begins, TUTORIAL] as const,
  ),
  'docs/web-push.md': [['bin/belfry gateway vapid', DOCUMENT_COMMANDS]],
  'examples/README.md': ['node examples/bot.mjs', 'node examples/unifiedpush-receiver.mjs'].map(
    (begins) => [begins, 'test/examples/examples.test.ts'] as const,
  ),
  'packages/push-rules/README.md': [
    [
      'npm install belfry-push-rules',
      `${NOT_RUN}it needs a registry; test/push-rules/package.test.ts installs the tarball`,
    ],
  ],
}

const documents = globSync(['*.md', '{docs,examples,deploy,packages}/**/*.md'], { cwd: root })
  .filter((file) => !/node_modules|^docs\/decisions\/|^CHANGELOG/.test(file))
  .toSorted()

const beginningOf = (block: string) => block.split('\n', 1)[0] ?? ''

/** What is wrong with the list for one document. */
function faultsIn(file: string, markdown: string): string[] {
  const listed = BLOCKS[file] ?? []
  const blocks = blocksIn(markdown, '(?:sh|bash|shell|console)')
  const faults = blocks.flatMap((block, at) => {
    const [begins = ''] = listed[at] ?? []
    return begins !== '' && block.startsWith(begins) ? [] : [`${file}: not listed: ${beginningOf(block)}`]
  })
  const extra = listed.slice(blocks.length).map(([begins]) => `${file}: no such block: ${begins}`)
  return [...faults, ...extra]
}

test('each block of commands in the documents is run by a test, or listed with the reason why not', () => {
  assert.ok(documents.length > 30, `${documents.length} documents`)
  assert.deepEqual(
    Object.keys(BLOCKS).filter((file) => !documents.includes(file)),
    [],
  )
  assert.deepEqual(
    documents.flatMap((file) => faultsIn(file, textOf(file))),
    [],
  )
  const planted = `${textOf('docs/scale.md')}\n\`\`\`sh\nplanted\n\`\`\`\n`
  assert.deepEqual(faultsIn('docs/scale.md', planted), ['docs/scale.md: not listed: planted'])
})

test('the file that runs the blocks of a document names the document, and the reasons name tests that exist', () => {
  for (const [file, blocks] of Object.entries(BLOCKS))
    for (const [begins, by] of blocks) {
      const [, reason] = by.split(NOT_RUN)
      if (reason === undefined) assert.ok(textOf(by).includes(file), `${by} does not name ${file}: ${begins}`)
      else
        for (const [name] of reason.matchAll(/(?:test|docs)\/[\w./-]*\w/g))
          assert.ok(existsSync(join(root, name)), `${name}, of ${file}`)
    }
})

test('every script of npm, and every file of the repository, that a command in the documents names exists', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
  const faultsOf = (markdown: string) => {
    const code = [
      ...blocksIn(markdown, '(?:sh|bash|shell|console)'),
      ...[...markdown.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span),
    ].join('\n')
    const unknown = [...code.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => !Object.hasOwn(scripts, name))
    const missing = [
      ...code.matchAll(
        /(?<![\w/.-])(?:test|scripts|examples|deploy|bench)\/[\w./-]+\.(?:[cm]?[jt]s|ya?ml|service|env)\b/g,
      ),
    ]
      .map(([name]) => name)
      .filter((name) => !existsSync(join(root, name)))
    return [...unknown, ...missing]
  }
  assert.deepEqual(
    documents.flatMap((file) => faultsOf(textOf(file)).map((name) => `${file}: ${name}`)),
    [],
  )
  assert.deepEqual(faultsOf('`npm run planted` and `node scripts/planted.ts`'), [
    'planted',
    'scripts/planted.ts',
  ])
})
