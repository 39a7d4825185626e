import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { COMMANDS } from '../../src/cli/commands.ts'
import { processContext, runCommand } from '../../src/cli/main.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { foundingPusher, loginUser, PASSWORD, registerUser } from '../support/client.ts'
import {
  clusterUrl,
  emptyPostgresUrl,
  newPostgresUrl,
  temporaryFolder,
  newDataFolder,
} from '../support/databases.ts'
import { upload } from '../support/media.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'

test('the help of every command has an example of it, the exit codes and --json', async () => {
  for (const [words, load] of Object.entries(COMMANDS)) {
    const help = (await load()).help()
    assert.match(help, new RegExp(`^Examples?:\\n( {2}.*\\n)*? {2}belfry ${words}( |$)`, 'm'), words)
    assert.match(
      help,
      /^Exit codes: 0 .+; 1 .+; 2 an error on the command line or in the configuration\.$/m,
      words,
    )
    assert.match(help, /^ {2}--json {2,}\S/m, words)
  }
})

/** `lines`: of a command that serves: after so many it gets a signal. `code`: default 0. */
type Run = { args: readonly string[]; input?: string; lines?: number; code?: number }

async function run(words: string, { args, input = '', lines }: Run, env: Record<string, string>) {
  const printed: string[] = []
  const complaints: string[] = []
  const stdin = new PassThrough()
  stdin.end(input)
  const signal: (() => void)[] = []
  const context = {
    ...processContext({ passwordCost: CHEAP }),
    env: { BELFRY_LOG_LEVEL: 'silent', ...env },
    stdin: stdin as unknown as NodeJS.ReadStream,
    isTerminal: false,
    drawOnTerminal: undefined,
    print: (line: string) => {
      printed.push(line)
      if (printed.length === lines) for (const stop of signal) stop()
    },
    complain: (line: string) => void complaints.push(line),
    onOutputClosed: () => undefined,
    onSignal: (listener: () => void) => void signal.push(listener),
    onReload: () => undefined,
    onFault: () => undefined,
    // Called ten seconds after the signal, in a process that still runs.
    exit: () => undefined,
  }
  const code = await runCommand([...words.split(' '), ...args, '--json'], context)
  return { code, printed, complaints }
}

/** One JSON text, or one in each line. */
function assertJson(printed: readonly string[], words: string): void {
  assert.ok(printed.length > 0, `${words} prints nothing`)
  const texts = printed.length === 1 ? printed : printed.flatMap((text) => text.split('\n'))
  for (const text of texts) assert.doesNotThrow(() => void JSON.parse(text), `${words}: not JSON: ${text}`)
}

test('every command prints JSON with --json', async (t) => {
  const { runs, env } = await argumentsOfAll(t)
  const cluster = clusterUrl()
  if (typeof cluster === 'string') {
    const database = await newPostgresUrl(cluster)
    runs['worker'] = { args: ['--database', database, '--listen', '127.0.0.1:0'], lines: 1 }
    const source = ['--data', newDataFolder(t), '--server-name', 'localhost']
    await run('user add', { args: ['zoe', ...source], input: PASSWORD }, {})
    runs['database copy'] = { args: [await emptyPostgresUrl(cluster), ...source] }
  }
  const skipped = typeof cluster === 'string' ? [] : ['worker', 'database copy']
  assert.deepEqual([...Object.keys(runs), ...skipped].toSorted(), Object.keys(COMMANDS).toSorted())
  for (const [words, wanted] of Object.entries(runs)) {
    const { code, printed, complaints } = await run(words, wanted, words.startsWith('push') ? env : {})
    assert.equal(code, wanted.code ?? 0, `${words}: ${complaints.join(' ')}`)
    assertJson(printed, words)
  }
})

/** The arguments of each command, in an order in which all of them succeed. */
async function argumentsOfAll(
  t: TestContext,
): Promise<{ runs: Record<string, Run>; env: Record<string, string> }> {
  const server = await startTestServer(t)
  const at = ['--data', server.data]
  await server.accounts.add({ name: 'root', password: PASSWORD, admin: true })
  const [alice, bob, root] = [
    await registerUser(server.url, 'alice'),
    await registerUser(server.url, 'bob'),
    await loginUser(server.url, 'root'),
  ]
  const gateway = await startPokeReceiver(t)
  await alice.post('/pushers/set', foundingPusher(gateway.url))
  const roomId = await alice.createRoom()
  await bob.post(`/join/${encodeURIComponent(roomId)}`)
  const eventId = await bob.say(roomId, 'hello')
  await gateway.waitFor(({ event_id: id }) => id === eventId)
  await alice.post(`/rooms/${encodeURIComponent(roomId)}/report/${encodeURIComponent(eventId)}`, {})
  const file = `mxc://${await upload(server.url, bob, { body: 'a file' })}`
  const folder = temporaryFolder(t)
  const config = join(folder, 'gateway.yaml')
  writeFileSync(config, 'http: {port: 0}\napps: {up: {type: unifiedpush}}\n')
  const of = ['--config', config, '--data', newDataFolder(t)]
  const backup = join(folder, 'backup')
  const runs: Record<string, Run> = {
    start: { args: ['--listen', '127.0.0.1:0', '--data', newDataFolder(t)], lines: 2 },
    serve: { args: ['--listen', '127.0.0.1:0', '--data', newDataFolder(t)], lines: 1 },
    gateway: { args: of, lines: 1 },
    'gateway check': { args: of.slice(0, 2) },
    'gateway vapid': { args: [join(folder, 'vapid.pem')] },
    'gateway trace': { args: [eventId, ...of], code: 1 },
    openapi: { args: [] },
    'push doctor': { args: ['--user', alice.userId] },
    'push explain': { args: [roomId, eventId, '--user', alice.userId] },
    'push journeys': { args: ['--user', alice.userId] },
    'push trace': { args: [eventId, '--user', alice.userId] },
    'push status': { args: ['--user', alice.userId] },
    'push test': { args: ['--token-file', fileWith(folder, alice.token)] },
    'cluster status': { args: at },
    backup: { args: [backup, ...at] },
    restore: { args: [backup, '--data', join(folder, 'restored')] },
    verify: { args: at },
    'user add': { args: ['carol', ...at], input: PASSWORD },
    'user list': { args: at },
    'user password': { args: ['carol', ...at], input: 'another one' },
    'user promote': { args: ['carol', ...at] },
    'user demote': { args: ['carol', ...at] },
    'user lock': { args: ['carol', ...at] },
    'user unlock': { args: ['carol', ...at] },
    'user suspend': { args: ['carol', ...at] },
    'user unsuspend': { args: ['carol', ...at] },
    'user export': { args: ['bob', join(folder, 'bob.json'), ...at] },
    login: { args: ['carol', ...at] },
    'user deactivate': { args: ['carol', '--yes', ...at] },
    'token create': { args: ['one', ...at] },
    'token list': { args: at },
    'token delete': { args: ['one', ...at] },
    'report list': { args: at },
    'report close': { args: ['1', ...at] },
    'media usage': { args: at },
    'media list': { args: at },
    'media prune': { args: ['30', ...at] },
    'media block': { args: [file, ...at] },
    'media blocked': { args: at },
    'media remove': { args: [file, '--yes', ...at] },
    'room list': { args: at },
    'room members': { args: [roomId, ...at] },
    'room shutdown': { args: [roomId, '--yes', ...at] },
    'room purge': { args: [roomId, '--yes', ...at] },
  }
  return { runs, env: { BELFRY_URL: server.url, BELFRY_TOKEN: root.token } }
}

function fileWith(folder: string, text: string): string {
  const file = join(folder, 'token')
  writeFileSync(file, text)
  return file
}
