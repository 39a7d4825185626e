import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { launchProcess } from '../support/process.ts'
import { type Client, clients, missingPrograms, run } from './clients.ts'

const USAGE = `npm run test:clients -- [NAME ...]

Runs programs of other clients against a server: ${clients.map(({ name }) => name).join(', ')}.
The first run downloads and builds them. A client without its language on this machine is skipped, with the reason.
The exit code is 1 if a client failed.`

const PASSWORD = 'correct horse'
const USERS = ['alice', 'bob']
const RUN_MS = 300_000

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  })
  const unknown = positionals.filter((name) => clients.every((client) => client.name !== name))
  if (values.help || unknown.length > 0) {
    console.log(USAGE)
    return values.help ? 0 : 2
  }
  let failed = 0
  for (const client of clients) {
    if (positionals.length > 0 && !positionals.includes(client.name)) continue
    if (!(await passes(client))) failed++
  }
  return failed > 0 ? 1 : 0
}

/** False if the client could not be built, or if a step of its program or a response of the server was wrong. */
async function passes(client: Client): Promise<boolean> {
  const missing = missingPrograms(client.needs)
  if (missing.length > 0) {
    console.log(`${client.name}: skipped, because ${missing.join(' and ')} cannot be found`)
    return true
  }
  console.log(`${client.name}:`)
  try {
    await client.prepare()
    await (client.startsServer
      ? run(client.command, { env: client.env ?? {}, timeout: RUN_MS })
      : runAgainstServer(client))
    console.log(`${client.name}: passed`)
    return true
  } catch (error) {
    console.error(`${client.name}: failed: ${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}

async function runAgainstServer({ command }: Client): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-client-'))
  const store = join(folder, 'store')
  mkdirSync(store)
  const server = launchProcess({ data: join(folder, 'data') })
  try {
    const url = await server.ready
    for (const username of USERS) await register(url, username)
    const env = { BELFRY_URL: url, BELFRY_PASSWORD: PASSWORD, BELFRY_CLIENT_STORE: store }
    await run(command, { env, timeout: RUN_MS })
  } finally {
    await server.end('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function register(url: string, username: string): Promise<void> {
  const body = { username, password: PASSWORD, auth: { type: 'm.login.dummy' }, inhibit_login: true }
  const response = await fetch(`${url}/_matrix/client/v3/register`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`the registration of ${username} got ${response.status}`)
}

process.exitCode = await main()
