import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { AccountCommands, App, CommandContext } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { runCommand } from '../../src/cli/main.ts'
import { eventually } from '../support/eventually.ts'
import { VERSION } from '../../src/lib/version.ts'
import type { Config } from '../../src/config/schema.ts'

const unexpected = () => Promise.reject(new Error('not asked for'))

/** A `CommandContext` that records the actions of a command. */
function fakeContext(
  given: {
    app?: Partial<App>
    accounts?: Partial<AccountCommands>
    stdin?: string
    env?: Record<string, string>
  } = {},
) {
  const notes = {
    out: [] as string[],
    err: [] as string[],
    steps: [] as unknown[],
    exits: [] as number[],
    logged: [] as string[],
    config: undefined as Config | undefined,
  }
  const signals: (() => void)[] = []
  const reloads: (() => void)[] = []
  const faults: ((error: Error, isFatal: boolean) => void)[] = []
  const started = Promise.withResolvers<void>()
  const note = (_fields: object, message: string) => void notes.logged.push(message)
  const app: App = {
    log: { warn: note, error: note, fatal: note },
    serverName: 'localhost',
    hasConsole: true,
    listen: () => Promise.resolve({ url: 'http://127.0.0.1:4711' }),
    close: () => Promise.resolve(void notes.steps.push('close')),
    internalSession: () => Promise.reject(new Error('the fixture has no sessions')),
    reload: (config) => Promise.resolve(void notes.steps.push(config)),
    openApi: () => Promise.resolve({ openapi: '3.1.1' }),
    accounts: {
      add: (input) =>
        Promise.resolve(void notes.steps.push(input)).then(() => ({ userId: `@${input.name}:localhost` })),
      list: unexpected,
      resetPassword: unexpected,
      deactivate: unexpected,
      changeRole: unexpected,
      login: unexpected,
      lock: unexpected,
      suspend: unexpected,
      ...given.accounts,
    },
    exportUser: unexpected,
    rooms: {
      list: unexpected,
      members: unexpected,
      shutDown: unexpected,
      purge: unexpected,
      wait: unexpected,
    },
    tokens: {
      create: unexpected,
      list: unexpected,
      get: unexpected,
      change: unexpected,
      remove: unexpected,
    },
    reports: { list: unexpected, close: unexpected },
    clusterStatus: unexpected,
    maintenance: { backUp: unexpected, verify: unexpected },
    media: {
      usage: unexpected,
      list: unexpected,
      prune: unexpected,
      remove: unexpected,
      blocked: unexpected,
      block: unexpected,
      unblock: unexpected,
    },
    ...given.app,
  }
  const context: CommandContext = {
    createApp: (config) => Promise.resolve(app).finally(() => (notes.config = config)),
    createGateway: () => Promise.reject(new Error('the fixture has no gateway')),
    checkGateway: () => Promise.reject(new Error('the fixture has no gateway')),
    readJourney: () => Promise.reject(new Error('the fixture has no gateway')),
    keepVapidKey: (file) => Promise.resolve({ publicKey: 'BPublicKey', isNew: file.startsWith('new') }),
    restore: unexpected,
    copyDatabase: unexpected,
    env: given.env ?? {},
    stdin: Readable.from([Buffer.from(given.stdin ?? '')]) as unknown as NodeJS.ReadStream,
    fetch: () => Promise.reject(new Error('the fixture has no network')),
    print: (line) => {
      notes.out.push(line)
      started.resolve()
    },
    isTerminal: false,
    complain: (line) => void notes.err.push(line),
    onOutputClosed: () => undefined,
    onSignal: (listener) => void signals.push(listener),
    onReload: (listener) => void reloads.push(listener),
    onFault: (listener) => void faults.push(listener),
    exit: (code) => void notes.exits.push(code),
  }
  return {
    context,
    notes,
    started: started.promise,
    signal: () => signals.forEach((listener) => listener()),
    reload: () => reloads.forEach((listener) => listener()),
    fault: (error: Error, isFatal: boolean) => faults.forEach((listener) => listener(error, isFatal)),
  }
}

test('the table of commands names each command by the words of its usage', async () => {
  for (const [words, load] of Object.entries(COMMANDS)) {
    const { usage } = await load()
    assert.equal(usage.replace(/( \[?[A-Z_]+\]?| \|)+$/, ''), words)
  }
})

test('serve prints one ready line, and closes and exits 0 on a signal', async () => {
  const { context, notes, started, signal } = fakeContext()
  const code = runCommand(['serve', '--listen', '127.0.0.1:0', '--open-registration'], context)
  await started
  assert.deepEqual(notes.out, ['belfry listening on http://127.0.0.1:4711'])
  assert.equal(notes.config?.open_registration, true)
  assert.deepEqual(notes.steps, [])
  signal()
  assert.equal(await code, 0)
  assert.deepEqual([notes.steps, notes.err], [['close'], []])
})

test('a second signal exits 1 at once unless it is the same signal passed on', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const closing = Promise.withResolvers<void>()
  const { context, notes, started, signal } = fakeContext({ app: { close: () => closing.promise } })
  let now = 5_000
  t.mock.method(performance, 'now', () => now)
  const code = runCommand(['serve'], context)
  await started
  signal()
  now += 50
  signal()
  assert.deepEqual(notes.exits, [])
  now += 1000
  signal()
  assert.deepEqual(notes.exits, [1])
  t.mock.timers.tick(10_000)
  assert.deepEqual([notes.exits, notes.err], [[1, 1], []])
  assert.deepEqual(notes.logged, ['not all work could be finished before the deadline'])
  closing.resolve()
  assert.equal(await code, 0)
})

test('errors of a running server are lines of its log', async () => {
  const { context, notes, started, signal, reload, fault } = fakeContext({ app: { reload: unexpected } })
  const code = runCommand(['serve'], context)
  await started
  reload()
  fault(new Error('deprecated'), false)
  await eventually(() => notes.logged.length === 2)
  assert.deepEqual(notes.logged.toSorted(), [
    'the configuration was not reloaded: not asked for',
    'warning of the runtime',
  ])
  assert.deepEqual(notes.exits, [])
  fault(new Error('a bug'), true)
  assert.deepEqual([notes.exits, notes.logged.length, notes.err], [[1], 3, []])
  signal()
  await code
})

test('an address in use prints one line, closes opened resources and exits 1', async () => {
  const error = Object.assign(new Error('listen EADDRINUSE'), {
    code: 'EADDRINUSE',
    address: '127.0.0.1',
    port: 8008,
  })
  const { context, notes } = fakeContext({ app: { listen: () => Promise.reject(error) } })
  assert.equal(await runCommand(['serve'], context), 1)
  assert.deepEqual(notes.err, ['belfry: cannot listen on 127.0.0.1:8008: the address is already in use'])
  assert.deepEqual([notes.steps, notes.out], [['close'], []])
})

test('a failed start prints its own error when closing fails as well', async () => {
  const { context, notes } = fakeContext({
    app: {
      listen: () => Promise.reject(new Error('the database is damaged')),
      close: () => Promise.reject(new Error('nothing works')),
    },
  })
  assert.equal(await runCommand(['serve'], context), 1)
  assert.deepEqual(notes.err, ['belfry: the database is damaged'])
})

test('a failed start exits when closing never ends', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const isClosing = Promise.withResolvers<void>()
  const { context, notes } = fakeContext({
    app: {
      listen: () => Promise.reject(new Error('the database is damaged')),
      close: () => {
        isClosing.resolve()
        return new Promise(() => undefined)
      },
    },
  })
  const code = runCommand(['serve'], context)
  await isClosing.promise
  t.mock.timers.tick(10_000)
  assert.equal(await code, 1)
  assert.deepEqual(notes.err, ['belfry: the database is damaged'])
})

test('an error on the command line prints one line and exits 2', async () => {
  for (const [argv, message] of [
    [[], 'belfry: the command is missing; see belfry --help'],
    [['sing'], 'belfry: unknown command "sing"; see belfry --help'],
    [['user', 'remove', 'x'], 'belfry: unknown command "user remove"; see belfry --help'],
    [['serve', '--lisen', 'x'], 'belfry: unknown flag --lisen'],
    [['serve', 'extra'], 'belfry: unexpected argument "extra"'],
    [['serve', '--admin'], 'belfry: unknown flag --admin'],
    [['user', 'add'], 'belfry: an argument is missing: belfry user add NAME'],
    [['user', 'add', 'a', 'b'], 'belfry: unexpected argument "b"'],
    [['report', 'list', 'x'], 'belfry: unexpected argument "x"'],
    [['report', 'close'], 'belfry: an argument is missing: belfry report close NUMBER'],
    [['report', 'close', 'x'], 'belfry: "x" is not the number of a report'],
  ] as const) {
    const { context, notes } = fakeContext()
    assert.equal(await runCommand(argv, context), 2)
    assert.deepEqual([notes.err, notes.out], [[message], []])
  }
})

test('--version prints the version, with or without a command', async () => {
  for (const argv of [['--version'], ['version'], ['serve', '--version'], ['user', 'list', '--version']]) {
    const { context, notes } = fakeContext()
    assert.equal(await runCommand(argv, context), 0)
    assert.deepEqual(notes.out, [`belfry ${VERSION}`])
    assert.match(VERSION, /^\d+\.\d+\.\d+/)
  }
})

test('an invalid environment variable stops the start', async () => {
  const { context, notes } = fakeContext({ env: { BELFRY_LISTEN: 'nowhere' } })
  assert.equal(await runCommand(['serve'], context), 2)
  assert.match(notes.err.join(), /^belfry: bad value for "listen" \(from BELFRY_LISTEN\)/)
  assert.equal(notes.config, undefined)
})

test('--help prints the help of every command', async () => {
  for (const [argv, expected] of [
    [['--help'], /belfry serve .*belfry user add NAME/s],
    [['help'], /belfry serve/],
    [['serve', '--help'], /--listen HOST:PORT/],
    [['user', 'add', '-h'], /--admin/],
  ] as const) {
    const { context, notes } = fakeContext()
    assert.equal(await runCommand(argv, context), 0)
    assert.match(notes.out.join('\n'), expected)
  }
})

test('user add reads the password from the first line of standard input', async () => {
  const { context, notes } = fakeContext({ stdin: 'pass wörd \r\nsecond line' })
  assert.equal(await runCommand(['user', 'add', '--data', '/d', 'bob', '--admin'], context), 0)
  assert.deepEqual(notes.steps, [{ name: 'bob', password: 'pass wörd ', admin: true }, 'close'])
  assert.deepEqual(notes.out, ['created @bob:localhost'])
  assert.equal(notes.config?.data, '/d')
})

test('user add without a password creates no account, and a refusal prints one line', async () => {
  const empty = fakeContext({ stdin: '\n' })
  assert.equal(await runCommand(['user', 'add', 'bob'], empty.context), 2)
  assert.deepEqual(empty.notes.steps, [])
  const taken = fakeContext({
    stdin: 'p',
    accounts: { add: () => Promise.reject(new Error('@bob:localhost exists already')) },
  })
  assert.equal(await runCommand(['user', 'add', 'bob'], taken.context), 1)
  assert.deepEqual(
    [taken.notes.err, taken.notes.steps],
    [['belfry: @bob:localhost exists already'], ['close']],
  )
})

test('openapi prints only the document, and removes its empty database', async () => {
  const { context, notes } = fakeContext()
  assert.equal(await runCommand(['openapi', '--data', '/d', '--log-level', 'debug'], context), 0)
  assert.deepEqual(notes.out, [JSON.stringify({ openapi: '3.1.1' }, null, 2)])
  assert.deepEqual(notes.steps, ['close'])
  const { database, log_level: level } = notes.config ?? assert.fail('no application')
  assert.equal(level, 'silent')
  assert.ok(database.kind === 'sqlite' && !database.path.startsWith('/d'))
  assert.equal(existsSync(dirname(database.path)), false)
})

test('gateway vapid prints only the public key', async () => {
  const { context, notes } = fakeContext()
  assert.equal(await runCommand(['gateway', 'vapid', 'new.pem'], context), 0)
  assert.equal(await runCommand(['gateway', 'vapid', 'old.pem'], context), 0)
  assert.deepEqual(notes.out, ['BPublicKey', 'BPublicKey'])
  assert.deepEqual(notes.err, ['belfry: new.pem holds a new private key; keep a copy of it in a safe place'])
})

test('gateway vapid requires exactly one file', async () => {
  for (const argv of [[], ['a', 'b'], ['--force', 'a']]) {
    const { context, notes } = fakeContext()
    assert.equal(await runCommand(['gateway', 'vapid', ...argv], context), 2)
    assert.equal(notes.err.length, 1)
    assert.deepEqual(notes.out, [])
  }
})
