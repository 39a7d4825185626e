import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { scalePage, valuesFrom } from '../../scripts/print-scale.ts'
import { loadGatewayConfig } from '../../src/config/gateway-file.ts'
import { loadConfig } from '../../src/config/load.ts'
import { call, registerUser } from '../support/client.ts'
import { temporaryFolder } from '../support/databases.ts'
import { belfryLines, shellBlocks } from '../support/document-blocks.ts'
import { runHere } from '../support/run-command.ts'
import { startTestServer } from '../support/server.ts'
import { createEmailFixture, linkIn } from './email-fixture.ts'

// Runs the commands of the reference pages. `test/structure/document-commands.test.ts` lists the blocks of
// all documents with the test of each.

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The block of a document that begins so. */
function blockOf(file: string, begins: string): string {
  const block = shellBlocks(file).find((one) => one.startsWith(begins))
  assert.ok(block !== undefined, `${file} has a block that begins with ${begins}`)
  return block
}

/** What a script prints. `belfry` is that of this repository. */
async function shell(script: string, env: Record<string, string>): Promise<string> {
  const child = spawn('bash', ['-euc', `belfry() { bin/belfry "$@"; }\n${script}`], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const printed = await text(child.stdout)
  return printed.trim()
}

test('docs/operating.md: a backup is made while the server runs, is restored into an empty database, and has no fault', async (t) => {
  const server = await startTestServer(t)
  await registerUser(server.url, 'alice')
  const folder = temporaryFolder(t)
  const config = (name: string, data: string) => {
    const file = join(folder, name)
    writeFileSync(file, `server_name: localhost\ndata: ${data}\n`)
    return file
  }
  const running = config('running.yaml', server.data)
  const empty = config('empty.yaml', join(folder, 'restored'))
  const [backup, restore, verify, ...more] = belfryLines(blockOf('docs/operating.md', 'belfry backup'))
  assert.ok(backup && restore && verify && more.length === 0)
  for (const [words, file] of [
    [backup, running],
    [restore, empty],
    [verify, empty],
  ] as const) {
    const args = words.map((word) =>
      word
        .replace('/etc/belfry/belfry.yaml', file)
        .replace('/var/backups/belfry/today', join(folder, 'today')),
    )
    const { code, out, err } = await runHere(args)
    assert.equal(code, 0, `${words.join(' ')}: ${out}${err}`)
  }
})

test('docs/operations/administration.md: a script gets a token and uses it', async (t) => {
  const server = await startTestServer(t)
  await registerUser(server.url, 'alice')
  const file = join(temporaryFolder(t), 'belfry.yaml')
  writeFileSync(file, `server_name: localhost\ndata: ${server.data}\n`)
  const script = blockOf('docs/operations/administration.md', 'BELFRY_TOKEN=$(belfry login')
  const printed = await shell(script.replace('/etc/belfry/belfry.yaml', file), { BELFRY_URL: server.url })
  assert.match(printed, /no pushers/i)
})

test('docs/web-push.md, docs/api.md and docs/scale.md: a key, the endpoints and a computation are printed', async (t) => {
  const folder = temporaryFolder(t)
  const [vapid = []] = belfryLines(blockOf('docs/web-push.md', 'bin/belfry gateway vapid'))
  const key = await runHere(vapid.map((word) => word.replace('/etc/belfry', folder)))
  assert.equal(key.code, 0, key.err)
  assert.match(key.out, /\bB[\w-]{86}\b/)
  assert.match(readFileSync(join(folder, 'vapid.pem'), 'utf8'), /PRIVATE KEY/)

  const [openapi = []] = belfryLines(blockOf('docs/api.md', 'bin/belfry openapi'))
  const document = JSON.parse((await runHere(openapi)).out) as { openapi: string; paths: object }
  assert.ok(document.openapi.startsWith('3.1') && Object.keys(document.paths).length > 100)

  const [, inputs = ''] =
    /^node scripts\/print-scale\.ts (.+)$/m.exec(blockOf('docs/scale.md', 'node ')) ?? []
  assert.notEqual(scalePage(valuesFrom(inputs.split(' '))), scalePage())
})

test('README.md, docs/gateway.md and docs/operations/cluster.md: the programs accept their command lines', () => {
  const apps = 'apps:\n  org.example.up: { type: unifiedpush }\n'
  for (const [file, begins] of [
    ['README.md', 'bin/belfry gateway --listen'],
    ['docs/gateway.md', 'bin/belfry gateway --config'],
  ] as const) {
    const [[, ...argv] = []] = belfryLines(blockOf(file, begins))
    const { config } = loadGatewayConfig({ argv, env: {}, readFile: () => apps })
    assert.deepEqual([config.data, config.listen.port], ['/var/lib/belfry-gateway', 5000], file)
  }
  const own = 'server_name: example.org\ndatabase: postgres://belfry@db.example.org/belfry\n'
  const lines = belfryLines(blockOf('docs/operations/cluster.md', 'belfry serve --roles'))
  assert.deepEqual(
    lines.map(([program]) => program),
    ['serve', 'worker', 'gateway'],
  )
  for (const [, ...argv] of lines) loadConfig({ argv, env: {}, readFile: () => own })
})

test('docs/email.md: an address is added and gets a pusher, and a test mail arrives', async (t) => {
  const fixture = await createEmailFixture(t)
  const { url, mailServer } = fixture
  const registered = await call(`${url}/_matrix/client/v3/register`, {
    body: { username: 'ada', password: 'adas-secret', auth: { type: 'm.login.dummy' } },
  })
  const token = String(registered.body['access_token'])
  const env = { S: `${url}/_matrix/client`, ADA: token, BELFRY_URL: url }
  const [ask = '', confirmed = ''] = blockOf('docs/email.md', 'curl $S/v3/account/3pid').split(/^#.*$/m)
  const { sid } = JSON.parse(await shell(ask, env)) as { sid: string }
  const mail = await mailServer.waitFor((one) => one.to[0] === 'ada@example.org')
  await call(linkIn(mail, url, 'validate'), { method: 'POST' })
  assert.equal(await shell(confirmed.replace('"sid":"…"', `"sid":"${sid}"`), env), '{}{}')
  const check = blockOf('docs/email.md', 'BELFRY_TOKEN=… bin/belfry push test').replace('…', token)
  assert.match(
    await shell(check, env),
    /^ada@example\.org \(m\.email, [0-9a-f]{12}\): ok, the mail server accepted it \(status 250, \d+ ms\)$/,
  )
})
