import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBelfry } from '../../src/app.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { loadConfig } from '../../src/config/load.ts'

type ResponseObject = { description?: string; content?: Record<string, { schema?: unknown }> }
type Operation = {
  summary?: string
  security?: unknown[]
  responses?: Record<string, ResponseObject>
}
export type OpenApiDocument = { paths: Record<string, Record<string, Operation>> } & Record<string, unknown>

/** The OpenAPI document of a server with its default settings. */
export async function openApiDocument(): Promise<OpenApiDocument> {
  const data = await mkdtemp(join(tmpdir(), 'belfry-reference-'))
  try {
    const config = loadConfig({ argv: ['--data', data, '--log-level', 'silent'], env: {} })
    const app = await createBelfry(config)
    try {
      return (await app.openApi()) as OpenApiDocument
    } finally {
      await app.close()
    }
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

/** The pages of the site that are made from the code alone, by their path. */
export function referencePages(document: OpenApiDocument, commands: string): Map<string, string> {
  return new Map([
    ['docs/reference/commands.md', commands],
    ['docs/reference/endpoints.md', endpointsPage(document)],
    ['docs/reference/errors.md', errorsPage(document)],
  ])
}

/** The command line, as each command describes itself in `--help`. */
export async function commandsPage(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  const sections = commands.map(
    (command) =>
      `## belfry ${command.usage}\n\n${escaped(capital(command.summary))}.\n\n\`\`\`text\n${command.help().trim()}\n\`\`\`\n`,
  )
  return [
    '# Command line',
    '',
    'From the help of each command: `belfry COMMAND --help` prints the same. In a checkout the command is `bin/belfry`. The exit code is 0 for success, 1 for a failure, and 2 for an error on the command line or in the configuration.',
    '',
    ...sections,
  ].join('\n')
}

function endpointsPage({ paths }: OpenApiDocument): string {
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, { summary = '', security, responses = {} }]) =>
        `| \`${method.toUpperCase()} ${path}\` | ${escaped(summary)} | ${access(security)} | ${Object.keys(responses).join(', ')} |`,
    ),
  )
  return [
    '# Endpoints',
    '',
    `All ${rows.length} endpoints of a server with its default settings, from the [OpenAPI document](/docs/api.md), which is also [a file of this site](/openapi.json){target="_self"}.`,
    '',
    '| endpoint | purpose | access token | statuses |',
    '| --- | --- | --- | --- |',
    ...rows.toSorted(),
    '',
  ].join('\n')
}

/** `{}` in the list of the OpenAPI document means that requests without a token are accepted. */
function access(security: unknown[] | undefined): string {
  if (security === undefined || security.length === 0) return 'no'
  return security.some((one) => Object.keys(one as object).length === 0) ? 'optional' : 'yes'
}

function errorsPage({ paths }: OpenApiDocument): string {
  const uses = new Map<string, { statuses: Set<string>; endpoints: Set<string> }>()
  for (const [path, operations] of Object.entries(paths))
    for (const [method, { responses = {} }] of Object.entries(operations))
      for (const [status, response] of Object.entries(responses))
        for (const code of codesIn(response)) {
          const use = uses.get(code) ?? { statuses: new Set(), endpoints: new Set() }
          use.statuses.add(status)
          use.endpoints.add(`\`${method.toUpperCase()} ${path}\``)
          uses.set(code, use)
        }
  const rows = [...uses]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([code, { statuses, endpoints }]) => {
      const some = [...endpoints].slice(0, 3).join(', ')
      const more = endpoints.size > 3 ? ` and ${endpoints.size - 3} more` : ''
      return `| \`${code}\` | ${[...statuses].toSorted().join(', ')} | ${some}${more} |`
    })
  return [
    '# Error codes',
    '',
    'Every error is a JSON object with `errcode` and `error`; `error` says what is wrong and what to change. The list is made from the [OpenAPI document](/docs/api.md): each endpoint lists the codes that it can return.',
    '',
    '| errcode | statuses | endpoints |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

/** The codes that a schema of a response names, at any depth: `enum` or `const` of `errcode`. */
function codesIn(response: unknown): Set<string> {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'errcode')
        for (const code of JSON.stringify(inner).matchAll(/"((?:M|ORG)[_.][A-Z_.]+)"/g))
          found.add(code[1] ?? '')
      visit(inner)
    }
  }
  visit(response)
  return found
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
const escaped = (text: string) => text.replaceAll('|', '\\|')
